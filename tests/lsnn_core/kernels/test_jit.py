"""The cache of compiled kernels never stands in the way: what is damaged or stale is built anew."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys

import pytest
from numba import types

from tests.helpers.kernel_program import DOUBLING, KernelProgram
from tests.helpers.processes import start_python


@pytest.fixture
def program(tmp_path: pathlib.Path) -> KernelProgram:
    program = KernelProgram(tmp_path)
    assert program.run("3", "2.5") == ["6", "5.0", "0"]
    return program


def cut(path: pathlib.Path) -> None:
    path.write_bytes(path.read_bytes()[:100])


def test_an_intact_cache_is_used(program):
    assert program.run("3", "2.5") == ["6", "5.0", "2"]


DAMAGES = {
    "index cut": (".nbi", cut),
    "index of noise": (".nbi", lambda path: path.write_bytes(os.urandom(500))),
    "index empty": (".nbi", lambda path: path.write_bytes(b"")),
    "code cut": (".nbc", cut),
    "code of noise": (".nbc", lambda path: path.write_bytes(os.urandom(500))),
    "code gone": (".nbc", lambda path: path.unlink()),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_a_damaged_entry_is_built_anew(program, name):
    suffix, damage = DAMAGES[name]
    for path in program.entries(suffix):
        damage(path)

    assert program.run("3", "2.5") == ["6", "5.0", "0"]


def test_an_entry_that_another_process_overwrote_is_not_used(program):
    first, second = program.entries(".nbc")
    content = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(content)

    assert program.run("3", "2.5")[:2] == ["6", "5.0"]


def test_a_change_in_any_kernel_source_invalidates(program):
    with (program.kernels / "vectors" / "lanes.py").open("a") as other:
        other.write("# changed\n")

    assert program.run("3") == ["6", "0"]


def test_old_code_never_goes_by_the_name_of_new_code(program):
    before = {path.name: path.read_bytes() for path in program.entries(".nbc")}
    (program.folder / "doubling.py").write_text(DOUBLING.replace("2 * x", "x + 3 * x"))
    assert program.run("3", "2.5") == ["12", "10.0", "0"]
    after = program.entries(".nbc")

    assert len(after) == 2  # old entries made room
    assert not before.keys() & {path.name for path in after}
    for name, code in before.items():  # as a slower process of the old version would leave them
        (after[0].parent / name).write_bytes(code)
    assert program.run("3", "2.5") == ["12", "10.0", "2"]


def test_a_change_in_the_kernels_own_file_invalidates(program):
    (program.folder / "doubling.py").write_text(DOUBLING.replace("2 * x", "4 * x / 2"))

    assert program.run("3") == ["6.0", "0"]


def test_a_process_waits_for_what_another_one_is_compiling(program):
    turns, signature = program.turns(), (types.int64,)
    made = {path: path.read_bytes() for path in program.entries(".nb[ci]")}
    for path in made:
        path.unlink()
    turns.take(signature)
    process = program.start("3")
    assert process.stdout.readline() == "ready\n"
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(2)  # without a lock it has ended by then
    for path, content in made.items():
        path.write_bytes(content)
    turns.give_back(signature)

    assert process.communicate(timeout=100) == ("6 1\n", "")


def test_who_ends_gives_back_the_turn(program):
    turns = program.turns().path
    for path in program.entries(".nb[ci]"):
        path.unlink()
    script = f"""
import os, pathlib
from numba import types
from lsnn_core.kernels.jit import CompileLocks
CompileLocks(pathlib.Path({str(turns)!r})).take((types.int64,))
os.kill(os.getpid(), 9)
"""
    process = start_python(script)
    process.communicate(timeout=100)
    assert process.returncode == -9
    assert program.run("3") == ["6", "0"]


def test_turns_leave_no_files_behind(program):
    assert [path.suffix for path in program.cache.rglob("*.lock")] == []


def test_a_turn_taken_twice_in_a_process_is_not_waited_for(program):
    turns, signature = program.turns(), (types.int64,)
    turns.take(signature)
    turns.take(signature)
    assert turns.file(signature).exists()
    turns.give_back(signature)
    assert not turns.file(signature).exists()


def test_kernels_need_no_fcntl(program):
    (program.folder / "sitecustomize.py").write_text("import sys; sys.modules['fcntl'] = None")
    environment = {**os.environ, "PYTHONPATH": f"{program.folder}", "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, str(program.folder / "main.py"), "3"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)
    assert done.stdout.split()[:2] == ["ready", "6"], done.stderr


def test_a_kernel_that_cannot_be_compiled_keeps_nobody_waiting(program):
    first = program.start(script="refused.py")
    assert first.stdout.readline() == "refused\n"
    second = program.start(script="refused.py")  # the first one is still there

    assert second.communicate("\n", timeout=100) == ("refused\n", "")
    assert first.communicate("\n", timeout=100) == ("", "")


def test_without_a_place_for_the_cache_kernels_still_run(program):
    (program.folder / "file").touch()
    program.cache = program.folder / "file" / "cache"

    assert program.run("3") == ["6", "0"]
