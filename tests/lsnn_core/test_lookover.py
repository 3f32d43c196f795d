"""A file on which the HDF5 library crashes ends a process of its own, not this one."""

from __future__ import annotations

import os
import signal
import sys

import h5py
import numpy as np
import pytest

from lsnn_core import lookover
from lsnn_core.cli import main
from lsnn_core.errors import BadFileError
from lsnn_core.files.guarded import open_guarded

pytestmark = pytest.mark.timeout(60)


@pytest.fixture(autouse=True)
def fresh():
    lookover.stop()
    yield
    lookover.stop()


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "run.h5"
    with h5py.File(path, "w") as file:
        file["group/numbers"] = np.arange(5)
    return path


def dies_on(path, monkeypatch, end):
    """Let the child do `end`, a statement, where it would survey the file."""
    code = (
        "import os, sys, time, lsnn_core.files.guarded as guarded\n"
        "import lsnn_core.files.surveyor as surveyor\n"
        "survey = guarded.GuardedFile.survey\n"
        "def crash(self, look):\n"
        f"    if self.name == {str(path)!r}:\n        {end}\n    survey(self, look)\n"
        "guarded.GuardedFile.survey = crash\n"
        "surveyor.serve()\n"
    )
    monkeypatch.setattr("lsnn_core.lookover.COMMAND", [sys.executable, "-c", code])


def test_a_whole_file_is_looked_over_by_one_child_again_and_again(path):
    lookover.look_over(path)
    first = lookover._child._process.pid
    lookover.look_over(path)

    assert lookover._child._process.pid == first != os.getpid()


def test_a_crash_is_an_error_and_the_next_file_gets_another_child(path, tmp_path, monkeypatch):
    dies_on(path, monkeypatch, f"os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    with pytest.raises(BadFileError, match="HDF5 library crashes") as caught:
        lookover.look_over(path)

    assert str(caught.value).startswith(f"{path}: ")
    other = tmp_path / "other.h5"
    h5py.File(other, "w").close()
    lookover.look_over(other)


def test_a_crash_is_code_3_and_one_line(path, monkeypatch, capsys):
    dies_on(path, monkeypatch, f"os.kill(os.getpid(), {int(signal.SIGSEGV)})")

    assert main(["inspect", str(path)]) == 3
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "Segmentation fault" in err


@pytest.mark.parametrize(
    "how",
    ["time.sleep(100)", "surveyor.limit(2**32, 1)\n        while True: 0"],
)
def test_a_file_that_keeps_the_library_busy_for_ever_is_refused(path, monkeypatch, how):
    monkeypatch.setattr("lsnn_core.lookover.SECONDS", 20.0)
    dies_on(path, monkeypatch, how)
    with pytest.raises(BadFileError, match="does not come back"):
        lookover.look_over(path)


@pytest.mark.parametrize(
    "command", [["/nowhere/python"], [sys.executable, "-c", "raise SystemExit(1)"]]
)
def test_where_no_child_can_start_the_file_is_read_all_the_same(path, monkeypatch, command):
    monkeypatch.setattr("lsnn_core.lookover.COMMAND", command)
    lookover.look_over(path)
    lookover.look_over(path)


def test_what_is_no_file_is_left_to_the_one_who_opens_it(tmp_path):
    os.mkfifo(tmp_path / "fifo")
    for name in ("fifo", "nowhere", "."):
        lookover.look_over(tmp_path / name)

    assert lookover._child is None


def test_what_the_library_calls_damaged_is_refused_unopened(path):
    # HDF5 1.14.6 frees what it never set on its way out of an error in a group like this: it may
    # crash there, or seem to survive
    with h5py.File(path, "w", libver="latest") as file:
        for number in range(40):
            file[f"group/number {number:02}"] = number
    raw = path.read_bytes()
    at = raw.index(b"number 07")
    path.write_bytes(raw[:at] + b"\xff" * 4 + raw[at + 4 :])

    with pytest.raises(BadFileError, match=r"HDF5 says: .*checksum|crashes") as caught:
        lookover.look_over(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert lookover._child is None  # who has seen this reads no other file


def test_the_words_are_those_of_the_reader(path, capsys):
    path.write_bytes(path.read_bytes()[:1500])  # cut short
    with pytest.raises(BadFileError) as of_the_child:
        lookover.look_over(path)
    with pytest.raises(BadFileError) as of_the_reader, open_guarded(path):
        pass

    assert str(of_the_child.value) == str(of_the_reader.value)


def test_damage_in_numbers_is_left_to_whoever_reads_them(path):
    with h5py.File(path, "w") as file:
        file.create_dataset("numbers", data=np.arange(1000), chunks=(100,), fletcher32=True)
        file["other"] = 5
    raw, found = path.read_bytes(), np.arange(300, 400).tobytes()
    path.write_bytes(raw.replace(found[:400], found[:390] + bytes(10)))
    lookover.look_over(path)

    with open_guarded(path) as file:
        assert file.value("other") == 5
        with pytest.raises(BadFileError, match="damaged"):
            file.value("numbers")
