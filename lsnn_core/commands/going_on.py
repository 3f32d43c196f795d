"""Go on with the run of a file, as `resume` does, and `train` if it was begun before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence

from ..config.tables import RunConfig
from ..runs.training_run import TrainingRun
from ..words import say
from .progress import report_losses, train


def go_on(
    path: str | os.PathLike[str],
    overrides: Sequence[str] = (),
    require: Callable[[RunConfig], None] = lambda config: None,
    metrics: str | None = None,
) -> int:
    """Restore a run, whose lock is held, and train to its end; returns the exit code.

    `require` is asked whether this is the run that is wanted, before it is trained.
    """
    run = TrainingRun.resume(path, overrides=overrides)
    t = run.trainer
    try:
        require(t.config)
    except BaseException:
        t.close()
        raise
    report_losses(run)
    if run.complete:
        say(f"{path}: complete after {t.iteration} iterations; nothing to do")
        t.close()
        return 0
    for note in filter(None, (run.note, run.about_length)):
        say(note)
    say(f"{path}: going on from iteration {t.iteration}")
    return train(run, metrics)
