"""Ranks that train one run give the bits of one process, end together, and go on in any number."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run
from lsnn_core.runs.metrics_file import read_lines
from tests.helpers.mpi import by_ranks, mpiexec
from tests.helpers.program import ROOT, lsnn, results, train
from tests.helpers.rank_digests import KINDS

pytestmark = pytest.mark.timeout(600)  # many processes
AT_MOST_S = 10.0


def train_four_blocks(path: Path, **overrides: object) -> list[str]:
    return train(path, **{"training__batch": 64, **overrides})


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("undisturbed") / "run.h5"
    done = lsnn(*train_four_blocks(path))
    assert done.returncode == 0, done.stderr
    return path


def iteration(path: Path) -> int:
    try:
        with read_run(path) as run:
            return run.iteration
    except BadFileError:  # not there yet
        return 0


def start(count: int, arguments: list[str], path: Path) -> tuple[subprocess.Popen[str], list[int]]:
    """Start ranks; when the first checkpoint is there, return them and the launcher."""
    pipe = subprocess.PIPE
    command = mpiexec(count, "lsnn_core", *arguments)
    process = subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)
    deadline = time.monotonic() + 100
    while iteration(path) == 0:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)
    ranks = processes_of(path)
    assert len(ranks) == count
    return process, ranks


def processes_of(path: Path) -> list[int]:
    """The ranks that train into a file, in their order."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            known = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # ended, or another's
            continue
        if words[0] == sys.executable.encode() and str(path).encode() in words:
            (number,) = (word[9:] for word in known if word.startswith(b"PMI_RANK="))
            found[int(number)] = int(folder.name)
    return [found[number] for number in sorted(found)]


@pytest.mark.slow
def test_ranks_and_threads_change_no_bit_of_any_kind_of_task():
    found = {}
    for count in (1, 2, 4):
        done = by_ranks(count, "tests.helpers.rank_digests")
        assert done.returncode == 0, done.stderr
        found[count] = json.loads(done.stdout)
        assert len(found[count]) == count
    of_kind = {kind: found[1][0][f"{kind}, 1"] for kind in KINDS}

    assert len(set(of_kind.values())) == len(KINDS)
    for of_ranks in found.values():
        for of_rank in of_ranks:
            assert of_rank == {f"{kind}, {n}": of_kind[kind] for kind in KINDS for n in (1, 2)}


def test_one_of_the_ranks_writes_and_speaks(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    done = by_ranks(2, "lsnn_core", *train_four_blocks(path, training__threads=2), "--metrics")

    assert done.returncode == 0, done.stderr
    assert results(path) == results(undisturbed)
    assert done.stderr.count("30 iterations -> ") == 1
    assert done.stdout.count("test loss") == 1
    assert sorted(file.name for file in tmp_path.iterdir()) == ["run.h5", "run.metrics.jsonl"]
    told = [line["iteration"] for line in read_lines(tmp_path / "run.metrics.jsonl")]
    assert told == list(range(1, 31))


@pytest.mark.slow
@pytest.mark.parametrize("of_rank", [0, 1, 2])
def test_a_rank_that_is_killed_ends_all_and_another_number_goes_on(undisturbed, tmp_path, of_rank):
    path = tmp_path / "run.h5"
    process, ranks = start(3, train_four_blocks(path), path)
    time.sleep(random.uniform(0.0, 0.5))
    os.kill(ranks[of_rank], signal.SIGKILL)
    begun = time.monotonic()
    process.communicate(timeout=60)
    assert time.monotonic() - begun < AT_MOST_S
    assert process.returncode != 0
    assert processes_of(path) == []
    assert 0 < iteration(path) < 30
    done = by_ranks([4, 2, 1][of_rank], "lsnn_core", "resume", str(path))

    assert done.returncode == 0, done.stderr
    assert results(path) == results(undisturbed)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "to"), [("SIGTERM", "launcher"), ("SIGUSR1", 1), ("SIGTERM", 0)])
def test_a_signal_to_any_ends_all_by_one_checkpoint(undisturbed, tmp_path, name, to):
    path = tmp_path / "run.h5"
    process, ranks = start(2, train_four_blocks(path), path)
    os.kill(process.pid if to == "launcher" else ranks[to], signal.Signals[name])
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130, err
    assert err.count("go on with: lsnn resume") == 1
    with read_run(path) as run:
        assert run.status == "interrupted"
    assert lsnn("resume", str(path)).returncode == 0
    assert results(path) == results(undisturbed)


def test_a_numerical_failure_of_one_rank_ends_all_with_its_code_said_once(tmp_path):
    path = tmp_path / "run.h5"
    command = ["tests.helpers.failing_rank", "1", "in a block", *train_four_blocks(path)]
    done = by_ranks(2, *command)

    assert done.returncode == 4, done.stderr
    assert done.stderr.count("this block overflowed") == 1
    assert "Abort" not in done.stderr
    assert "iteration 2: this block overflowed; the last checkpoint is kept" in done.stderr
    assert iteration(path) == 2


@pytest.mark.parametrize(("rank", "how"), [("1", "alone"), ("0", "alone"), ("1", "silently")])
def test_a_rank_that_fails_alone_does_not_leave_the_others_waiting(tmp_path, rank, how):
    path = tmp_path / "run.h5"
    begun = time.monotonic()
    done = by_ranks(3, "tests.helpers.failing_rank", rank, how, *train_four_blocks(path))

    assert time.monotonic() - begun < 60  # starting up is most of it
    assert done.returncode == (1 if how == "alone" else 9), done.stderr
    assert done.stderr.count("ZeroDivisionError: a mistake of one rank") == (how == "alone")
    assert processes_of(path) == []


def test_a_mistake_that_all_notice_is_said_once(tmp_path):
    done = by_ranks(3, "lsnn_core", "train", "no-such-recipe", "--out", str(tmp_path / "run.h5"))

    assert done.returncode == 2
    assert done.stderr.count("does not exist") == 1
    assert list(tmp_path.iterdir()) == []


def test_ranks_of_different_runs_are_refused(tmp_path):
    path = tmp_path / "run.h5"
    command = mpiexec(1, "lsnn_core", *train_four_blocks(path, seed=1))
    other = mpiexec(1, "lsnn_core", *train_four_blocks(path, seed=2))
    done = subprocess.run(
        [*command, ":", *other[1:]], cwd=ROOT, capture_output=True, text=True, timeout=200
    )

    assert done.returncode == 2, done.stderr
    assert done.stderr.count("digest of the configuration is ") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("rank", [0, 1])
def test_without_the_extra_ranks_are_refused(tmp_path, rank):
    code = (
        "import sys; sys.modules['mpi4py'] = None\n"
        "from lsnn_core.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *train_four_blocks(tmp_path / "run.h5")],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "PMI_SIZE": "4", "PMI_RANK": str(rank)},
    )  # fmt: skip

    assert done.returncode == 2
    assert ("pip install 'lsnn[mpi]' mpich" in done.stderr) == (rank == 0)  # said once
    assert ("started as 4 processes" in done.stderr) == (rank == 0)
    assert list(tmp_path.iterdir()) == []


def test_a_launcher_of_another_mpi_is_refused(tmp_path):
    pytest.importorskip("mpi4py")
    done = subprocess.run(
        [sys.executable, "-m", "lsnn_core", *train_four_blocks(tmp_path / "run.h5")],
        cwd=ROOT, capture_output=True, text=True, timeout=60,
        env={**os.environ, "OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "0"},
    )  # fmt: skip

    assert done.returncode == 2
    assert "sees 1 of them, so the launcher is of another MPI" in done.stderr
    assert list(tmp_path.iterdir()) == []
