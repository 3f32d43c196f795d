"""What a training measures, line by line as it goes: a file for whoever looks on.

Each line is a JSON object: ``iteration``, ``seconds`` since this process began to train, and all
that was recorded at that iteration (``"train/loss"``, ``"validation/accuracy"`` ...; null for what
is no number). The run file is what counts; this one may be lost, and costs no training if it cannot
be written.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import pathlib
import time
from collections.abc import Iterator
from typing import Any, Final, Self, TextIO

from ..errors import UsageError
from ..files import publish
from ..learning.trainer import Trainer
from ..text import printable

MAX_LINE: Final = 2**20


def beside(run: str | os.PathLike[str], suffix: str = ".metrics.jsonl") -> pathlib.Path:
    """Return what lies beside a run file: its lines, ``run.metrics.jsonl`` beside ``run.h5``."""
    return pathlib.Path(run).with_suffix(suffix)


class MetricsFile:
    """Writes the lines of a training, entered for as long as it goes.

    Lines of a run that was taken up again at an earlier iteration are dropped from there on.
    """

    def __init__(self, path: str | os.PathLike[str], trainer: Trainer) -> None:
        self.path = pathlib.Path(path)
        self._file: TextIO | None = None
        self._begun = time.monotonic()
        name = f"--metrics {printable(self.path)}"
        if self.path.exists() and not self.path.is_file():
            raise UsageError(f"{name}: is not a regular file; choose another name")
        try:
            self._keep(trainer.iteration)
            self._file = open(self.path, "a", 1, "utf-8")  # noqa: SIM115 (closed at exit; by line)
        except OSError as error:
            raise UsageError(
                f"{name}: cannot be written ({error.strerror}); choose another"
            ) from error

    def __enter__(self) -> Self:
        """Return itself, open."""
        return self

    def __exit__(self, *_: object) -> None:
        """Write what is left."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()

    def add(self, trainer: Trainer) -> None:
        """Write the line of the iteration that has just ended."""
        if self._file is None:
            return
        line: dict[str, Any] = {"iteration": trainer.iteration}
        line["seconds"] = round(time.monotonic() - self._begun, 3)
        for name, steps in trainer.metrics.steps.items():
            if steps and steps[-1] == trainer.iteration:
                value = trainer.metrics.values[name][-1]
                line[name] = value if math.isfinite(value) else None
        try:
            self._file.write(json.dumps(line) + "\n")
        except OSError:  # a full disk: the run file says so, if it comes to that
            self._file = None

    def _keep(self, iteration: int) -> None:
        """Leave the lines of iterations up to `iteration`."""
        if self.path.exists():
            kept = [json.dumps(line) for line in read_lines(self.path) if done(line) <= iteration]
            publish(self.path, "".join(f"{line}\n" for line in kept).encode())


def done(line: dict[str, Any]) -> int:
    """Return the iteration of a line."""
    return int(line["iteration"])


def read_lines(path: str | os.PathLike[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines of a metrics file; what is none (half a line, another's) is left out."""
    with open(path, encoding="utf-8", errors="replace") as file:
        while text := file.readline(MAX_LINE):
            line = parsed(text)
            if line is not None:
                yield line


def parsed(text: str) -> dict[str, Any] | None:
    """Return what a whole line says; None if it is none."""
    if not text.endswith("\n"):
        return None
    try:
        line = json.loads(text)
    except (ValueError, RecursionError):
        return None
    known = isinstance(line, dict) and type(line.get("iteration")) is int
    return line if known and isinstance(line.get("seconds"), int | float) else None
