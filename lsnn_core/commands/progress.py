"""Show a training run on the terminal: a bar with loss, accuracy, rates and the time left."""

from __future__ import annotations

import os
import shlex
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from tqdm import tqdm

from ..errors import INTERRUPTED
from ..files import RunLock, remove_orphans
from ..learning.health import Health
from ..learning.trainer import Trainer
from ..ranks.exchange import current
from ..runs.metrics_file import MetricsFile, beside
from ..runs.signals import held_back
from ..runs.training_run import TrainingRun
from ..text import printable
from ..words import LONGEST_LINE, say, words

SMOOTHING = 20  # iterations that the shown accuracy and loss are averaged over
LINE_EVERY_S = 30.0  # without a terminal: one line as often as this


def report_losses(run: TrainingRun) -> None:
    """Name what lies in the run file and cannot be kept when it is written again."""
    for thing in run.extras.lost:
        say(f"{run.path}: {thing}; it is no part of a run and will not be kept")


@contextmanager
def sole_writer(path: str | os.PathLike[str]) -> Iterator[None]:
    """Hold the run file's lock, tell what was found there, and clear away what the dead left.

    Of ranks that train together the first holds it for all.
    """
    with ExitStack() as held:

        def take() -> None:
            with held_back():  # a signal before the marker that was made is ours would leave it
                lock = held.enter_context(RunLock(path))
            if lock.note:
                say(lock.note)
            for orphan in [*lock.removed, *remove_orphans(path)]:
                say(f"removed {orphan}, left by a process that was killed")

        current().first(take)
        yield


def train(run: TrainingRun, metrics: str | None = None) -> int:
    """Train to the end with a bar; returns the exit code.

    With `metrics` a line for each iteration goes to that file, beside the run's if it is "".
    """
    if metrics is None or current().rank > 0:
        return _train(run, lambda trainer: None)
    with MetricsFile(metrics or beside(run.path), run.trainer) as lines:
        return _train(run, lines.add)


def _train(run: TrainingRun, record: Callable[[Trainer], None]) -> int:
    trainer = run.trainer
    total = trainer.config.training.iterations
    begun = time.monotonic()
    shown, begin, health = words(), trainer.iteration, Health(trainer.config)
    with tqdm(total=total, initial=begin, unit="it", disable=not shown.isatty(), file=shown) as bar:
        spoken = begun

        def on_iteration(trainer: Trainer) -> None:
            nonlocal spoken
            record(trainer)
            for line in [*health.look(trainer.metrics), *trainer.said]:
                bar.clear()
                say(f"warning: {line}")
            trainer.said.clear()
            bar.update()
            bar.set_postfix_str(summary(trainer), refresh=False)
            if bar.disable and time.monotonic() - spoken > LINE_EVERY_S:
                spoken = time.monotonic()
                say(f"{trainer.iteration}/{total} {summary(trainer)}")

        status = run.run(on_iteration)
    seconds = time.monotonic() - begun
    say(f"{status} after {trainer.iteration} iterations, {seconds:.0f} s: {run.path}")
    if status == "interrupted":
        say(f"go on with: lsnn resume {shlex.quote(os.fspath(run.path))}")
        return INTERRUPTED
    for split in ("validation", "validation_average", "test", "test_average"):
        for name in sorted(trainer.metrics.values):
            if name.startswith(f"{split}/"):
                print(printable(f"{name.replace('/', ' ')} {trainer.metrics.last(name):.4f}"))
    return 0


def summary(trainer: Trainer) -> str:
    """Newest numbers in one line."""
    metrics = trainer.metrics
    words = []
    for name, values in metrics.values.items():
        split, _, key = name.partition("/")
        if split == "train" and key in ("loss", "accuracy", "error", "recall_error", "mse"):
            recent = values[-SMOOTHING:]
            words.append(f"{key} {sum(recent) / len(recent):.3f}")
        elif split == "train" and key.startswith("rate_") and key.endswith("_hz"):
            words.append(f"{key[5:-3]} {values[-1]:.0f} Hz")
        elif name == "train/skipped":
            words.append(f"{values[-1]:.0f} batches skipped")
        elif split == "validation" and key in ("accuracy", "error"):
            words.append(f"validation {values[-1]:.3f}")
    return printable(", ".join(words), LONGEST_LINE)
