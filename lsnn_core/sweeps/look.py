"""What can be known of a run from its files, while somebody else trains it."""

from __future__ import annotations

import os
import time
from typing import Any, Final, NamedTuple

from ..errors import LsnnError
from ..files import read_run
from ..files.lock import SILENT_S
from ..files.marker import SUFFIX
from ..runs.metrics_file import MAX_LINE, beside, parsed
from .job import COMPLETE, FAILED, Job

MEASURES: Final = ("accuracy", "error", "recall_error", "mse", "goals", "loss")
"""What a validation is judged by, the first that it has."""


class Seen(NamedTuple):
    """One run, as its files tell."""

    state: str  # "waiting", "running", "stopped", "complete" or "failed"
    iteration: int = 0
    total: int = 0
    validation: str = ""
    seconds_left: float | None = None


class Follower:
    """Reads a run's lines as they come, and what else lies beside its file."""

    def __init__(self, job: Job) -> None:
        self.job, self.total = job, job.configured().training.iterations
        self._at, self._iteration, self._validation = 0, 0, ""
        self._since: tuple[int, float] | None = None  # iteration, second: this process's first
        self._last = (0, 0.0)
        self._complete = False

    def look(self) -> Seen:
        """Say how the run is now."""
        self._read_lines()
        state = self._state()
        left = self._seconds_left() if state == "running" else None
        done = self.total if state == COMPLETE else self._iteration
        return Seen(state, done, self.total, self._validation, left)

    def _state(self) -> str:
        path = self.job.path
        if self._complete:
            return COMPLETE
        if _is_fresh(path + SUFFIX):
            return "running"
        if self.job.error_path.exists():
            return FAILED
        if not os.path.exists(path):
            return "waiting"
        return self._state_in_file()

    def _state_in_file(self) -> str:
        try:
            with read_run(self.job.path) as file:
                status, self._iteration = file.status, file.iteration
                measures = [m for m in MEASURES if f"validation/{m}" in file.metrics()]
                if measures:
                    self._validation = _shown(
                        measures[0], file.metric("validation", measures[0])[1][-1]
                    )
        except LsnnError:
            return FAILED
        self._complete = status == COMPLETE
        return COMPLETE if self._complete else "stopped"

    def _read_lines(self) -> None:
        try:
            with open(beside(self.job.path), "rb") as file:
                if os.fstat(file.fileno()).st_size < self._at:
                    self._at = 0  # it was cut when the run was taken up again
                file.seek(self._at)
                while raw := file.readline(MAX_LINE):
                    if not raw.endswith(b"\n"):
                        break
                    self._at += len(raw)
                    self._take(parsed(raw.decode(errors="replace")))
        except OSError:
            return

    def _take(self, line: dict[str, Any] | None) -> None:
        if line is None:
            return
        now = int(line["iteration"]), float(line["seconds"])
        if self._since is None or now[1] < self._last[1] or now[0] < self._last[0]:
            self._since = now
        self._last, self._iteration = now, now[0]
        for measure in MEASURES:
            value = line.get(f"validation/{measure}")
            if isinstance(value, int | float):
                self._validation = _shown(measure, value)
                break

    def _seconds_left(self) -> float | None:
        """By the pace of this process after its first iteration, which waits for compilers."""
        since = self._since or self._last
        iterations, seconds = self._last[0] - since[0], self._last[1] - since[1]
        return (self.total - self._iteration) * seconds / iterations if iterations > 0 else None


def _shown(measure: str, value: float) -> str:
    return f"{measure} {value:.4g}"


def _is_fresh(marker: str) -> bool:
    try:
        return time.time() - os.lstat(marker).st_mtime < SILENT_S
    except OSError:
        return False
