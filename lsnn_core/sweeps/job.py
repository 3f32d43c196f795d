"""One run of a sweep, wherever it is trained: begun, gone on with, or found complete."""

from __future__ import annotations

import os
import pathlib
import shlex
import signal
import threading
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, parent_process
from types import FrameType
from typing import Final, NamedTuple

from ..config.tables import RunConfig, from_mapping
from ..config.toml import parse_toml
from ..errors import LsnnError
from ..files import LockHeld, RunLock, publish, remove_orphans
from ..learning.models import make_task
from ..learning.trainer import Trainer
from ..runs.continuing import changed, require_same
from ..runs.metrics_file import MetricsFile, beside
from ..runs.signals import caught
from ..runs.training_run import TrainingRun
from ..text import printable

PATIENCE_S: Final = 150.0
"""How long to wait for a lock: a worker that was lost may have left a lease of two minutes."""
FAILED, INTERRUPTED, COMPLETE = "failed", "interrupted", "complete"
_ENDING = threading.Event()  # this process was asked to end: begin nothing
_IDLE = threading.Event()


@dataclass(frozen=True)
class Job:
    """A run to be trained; all that a worker needs, which has our program and sees our folder.

    Parameters
    ----------
    name
        Of its file, without ``.h5``.
    group
        What it shares with runs that differ by the seed alone.
    path
        Its file.
    config
        Its configuration, TOML.
    recipe, overrides
        What one would type to train it alone.
    """

    name: str
    group: str
    path: str
    config: str
    recipe: str
    overrides: tuple[str, ...]

    @property
    def command(self) -> str:
        """What trains it alone."""
        words = [word for override in self.overrides for word in ("--set", override)]
        return shlex.join(["lsnn", "train", os.path.basename(self.recipe), *words])

    def configured(self) -> RunConfig:
        """Its configuration."""
        return from_mapping(RunConfig, parse_toml(self.config.encode(), self.name))

    @property
    def error_path(self) -> pathlib.Path:
        """Where it says why it failed, if it did."""
        return pathlib.Path(self.path).with_suffix(".error.txt")


class Outcome(NamedTuple):
    """How a job ended."""

    status: str  # "complete", "interrupted" or "failed"
    message: str = ""


def run_job(job: Job, threads: int = 1) -> Outcome:
    """Train a job to its end, on so many threads; an error is an outcome, too."""
    if _ENDING.is_set():
        return Outcome(INTERRUPTED)
    _IDLE.clear()
    try:
        job.error_path.unlink(missing_ok=True)
        status = _train(job, threads)
        if status == INTERRUPTED:
            _ENDING.set()
        return Outcome(status)
    except LsnnError as error:
        return _failed(job, str(error))
    except Exception as error:  # a task's own mistake costs its run, not the others
        trace = "".join(traceback.format_exception(error))
        return _failed(job, f"{type(error).__name__}: {error}", trace)
    finally:
        _IDLE.set()


def begin_worker() -> None:
    """Let a process of a pool end by a checkpoint: when it is told to, and when its parent dies."""
    _IDLE.set()
    for number in caught():
        signal.signal(number, _remember)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _train(job: Job, threads: int) -> str:
    config = job.configured()
    with _locked(job.path):
        remove_orphans(job.path)
        if os.path.exists(job.path):
            run = TrainingRun.resume(job.path, overrides=[f"training.threads={threads}"])
        else:
            config = changed(config, [f"training.threads={threads}"], 0)
            run = TrainingRun(Trainer(config, make_task(config)), job.path, command=job.command)
        try:
            require_same(job.path, run.trainer.config, config, seed_given=True)
            if run.complete:
                return COMPLETE
            with MetricsFile(beside(job.path), run.trainer) as lines:
                return run.run(lines.add)
        finally:
            run.trainer.close()


@contextmanager
def _locked(path: str) -> Iterator[None]:
    """Hold the lock of a run, waiting for what a lost worker may have left."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        lock = RunLock(path)
        try:
            lock.__enter__()
            break
        except LockHeld:
            if time.monotonic() > deadline or _ENDING.wait(1.0):
                raise
    try:
        yield
    finally:
        lock.__exit__(None, None, None)


def _failed(job: Job, message: str, trace: str = "") -> Outcome:
    try:
        publish(job.error_path, f"{message}\n\n{trace}".encode())
    except LsnnError as error:
        message = f"{message} ({error})"
    return Outcome(FAILED, printable(message))


def _remember(number: int, frame: FrameType | None) -> None:
    _ENDING.set()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent is None:
        return
    connection.wait([parent.sentinel])
    os.kill(os.getpid(), signal.SIGTERM)  # a checkpoint, where there is something to keep
    _IDLE.wait()
    os._exit(1)
