"""Sweeps whose processes, workers or ranks die end complete, with the files of one left alone."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from lsnn_core.files import read_run
from tests.helpers.program import ROOT, lsnn, results
from tests.helpers.sweeps import sweep

pytestmark = [pytest.mark.timeout(280), pytest.mark.slow]
SEEDS = range(1, 7)
CLUSTER = """
import os, sys
from distributed import Client, LocalCluster
if __name__ == "__main__":
    options = dict(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None)
    with LocalCluster(**options) as cluster, Client(cluster) as client:
        print(cluster.scheduler_address, *client.run(os.getpid).values(), flush=True)
        sys.stdin.read()
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert "6 of 6 complete" in finish(sweep(folder, "--seeds", "1..6", "--jobs", "2"))
    return folder


def finish(arguments: list[str]) -> str:
    """What a sweep that ends well tells."""
    done = lsnn(*arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def start(arguments: list[str]) -> subprocess.Popen[str]:
    command, pipe = [sys.executable, "-m", "lsnn_core", *arguments], subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True)


def wait_for(folder: Path, count: int) -> None:
    """Wait until so many runs have been begun."""
    deadline = time.monotonic() + 100
    while len(list(folder.glob("*.h5"))) < count:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def children(pid: int) -> list[int]:
    """Processes that a process has started and that train."""
    listed = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [p for p in map(int, listed) if b"spawn_main" in Path(f"/proc/{p}/cmdline").read_bytes()]


def equal(folder: Path, other: Path, seeds: range = SEEDS) -> bool:
    names = [f"store-recall-{seed}.h5" for seed in seeds]
    return all(results(folder / name) == results(other / name) for name in names)


def test_a_worker_process_that_is_killed_costs_nothing(undisturbed, tmp_path):
    process = start(sweep(tmp_path, "--seeds", "1..6", "--jobs", "2"))
    wait_for(tmp_path, 3)
    os.kill(children(process.pid)[0], signal.SIGKILL)
    _, err = process.communicate(timeout=200)
    assert process.returncode == 0, err
    assert equal(tmp_path, undisturbed)


@pytest.mark.parametrize("name", ["SIGINT", "SIGKILL"])
def test_a_sweep_that_ends_is_gone_on_with(undisturbed, tmp_path, name):
    arguments = sweep(tmp_path, "--seeds", "1..6", "--jobs", "2")
    process = start(arguments)
    wait_for(tmp_path, 3)
    workers = children(process.pid)
    process.send_signal(signal.Signals[name])
    process.communicate(timeout=60)
    assert process.returncode == (130 if name == "SIGINT" else -9)
    deadline = time.monotonic() + 30  # workers leave a checkpoint and end, too
    while any(Path(f"/proc/{pid}").exists() for pid in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert list(tmp_path.glob("*.lock")) == []
    shown = lsnn(*arguments, "--status").stdout
    assert "complete" in shown
    assert "waiting" in shown
    done = lsnn(*arguments)
    assert done.returncode == 0, done.stderr
    assert equal(tmp_path, undisturbed)


def test_a_run_that_fails_is_reported_and_the_rest_goes_on(tmp_path):
    (tmp_path / "store-recall-2.h5").write_text("no run")
    done = lsnn(*sweep(tmp_path, "--seeds", "1..3", "--jobs", "2"))
    assert done.returncode == 1
    assert "2 of 3 complete" in done.stderr
    assert "store-recall-2: failed" in done.stderr
    assert "store-recall-2.h5" in (tmp_path / "store-recall-2.error.txt").read_text()
    assert (tmp_path / "store-recall-2.h5").read_text() == "no run"


def test_a_finished_sweep_is_left_alone(undisturbed):
    before = {path: path.stat().st_mtime_ns for path in undisturbed.glob("*.h5")}
    done = lsnn(*sweep(undisturbed, "--seeds", "1..6"))
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in undisturbed.glob("*.h5")} == before


def test_dask_workers_that_are_killed_cost_nothing(undisturbed, tmp_path):
    pytest.importorskip("distributed")
    pipe = subprocess.PIPE
    script = tmp_path / "cluster.py"
    script.write_text(CLUSTER)
    folder = tmp_path / "runs"
    folder.mkdir()
    cluster = subprocess.Popen(
        [sys.executable, str(script)], cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )
    try:
        address, *workers = cluster.stdout.readline().split()
        process = start(sweep(folder, "--seeds", "1..12", "--scheduler", address))
        for count, worker in zip((3, 6), workers, strict=True):
            wait_for(folder, count)
            os.kill(int(worker), signal.SIGKILL)
        _, err = process.communicate(timeout=200)
    finally:
        cluster.communicate("", timeout=60)
    assert process.returncode == 0, err
    assert "12 of 12 complete" in err
    finish(sweep(undisturbed, "--seeds", "7..12", "--jobs", "2"))
    assert equal(folder, undisturbed, range(1, 13))


def test_ranks_of_mpi_train_too(undisturbed, tmp_path):
    pytest.importorskip("mpi4py")
    mpiexec = Path(sys.executable).with_name("mpiexec")
    found = str(mpiexec) if mpiexec.exists() else shutil.which("mpiexec")
    if found is None:
        pytest.skip("no mpiexec")
    command = [found, "-n", "3", sys.executable, "-m", "mpi4py.futures", "-m", "lsnn_core"]
    done = subprocess.run(
        [*command, *sweep(tmp_path, "--seeds", "1..3", "--mpi")],
        cwd=ROOT, capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for seed in (1, 2, 3):
        name = f"store-recall-{seed}.h5"
        assert results(tmp_path / name) == results(undisturbed / name)


def test_a_cluster_that_is_not_there_is_named(tmp_path):
    pytest.importorskip("distributed")
    done = lsnn(*sweep(tmp_path, "--scheduler", "nonsense://1"))
    assert done.returncode == 2
    assert "--scheduler nonsense://1: does not answer" in done.stderr


def test_what_is_not_installed_is_named(tmp_path):
    code = (
        "import sys; sys.modules['distributed'] = None; sys.modules['mpi4py'] = None\n"
        "from lsnn_core.cli import main\nsys.exit(main(sys.argv[1:]))"
    )
    for option, extra in ((["--scheduler", "tcp://x"], "dask"), (["--mpi"], "mpi")):
        done = subprocess.run(
            [sys.executable, "-c", code, *sweep(tmp_path, *option)],
            cwd=ROOT, capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert done.returncode == 2
        assert f"pip install 'lsnn[{extra}]'" in done.stderr


def test_a_running_sweep_is_seen_from_another_terminal(tmp_path):
    arguments = sweep(tmp_path, "--seeds", "1..3", "--jobs", "1", "--set=training.iterations=2000")
    process = start(arguments)
    try:
        wait_for(tmp_path, 1)
        deadline, shown = time.monotonic() + 60, ""
        while "recall_error" not in shown and time.monotonic() < deadline:
            shown = lsnn(*arguments, "--status").stdout
        assert "2 waiting, 1 running" in shown
        assert "min left" in shown
    finally:
        process.terminate()
        process.communicate(timeout=60)
    with read_run(tmp_path / "store-recall-1.h5") as run:
        assert run.status == "interrupted"
