"""What runs came to: one number for each run, and runs of one recipe together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.files import is_duration
from lsnn_core.text import printable

from .published import Row
from .run import Run

RECORDS = "lsnn evaluate RUN.h5"
L2L_ERRORS = "recordings/l2l/errors"
"""As a row's metric: the mean squared error of the guesses recorded there."""


@dataclass(frozen=True)
class Result:
    """One run's number and what it took.

    Attributes
    ----------
    value
        In the unit of the published row.
    seed, iterations, batch
        Of the run; iterations done.
    seconds
        Time spent on training, None if the file does not tell.
    command
        What trains such a run.
    """

    value: float
    seed: int
    iterations: int
    batch: int
    seconds: float | None
    command: str

    @property
    def examples(self) -> int:
        """Examples trained on."""
        return self.iterations * self.batch


@dataclass(frozen=True)
class Group:
    """Runs of one recipe, at least one, ordered by seed."""

    results: tuple[Result, ...]

    @property
    def values(self) -> tuple[float, ...]:
        """One number per run."""
        return tuple(result.value for result in self.results)

    @property
    def mean(self) -> float:
        """Mean over the runs."""
        return float(np.mean(self.values))

    @property
    def sd(self) -> float | None:
        """Standard deviation over the runs (of a sample), None for a single one."""
        return float(np.std(self.values, ddof=1)) if len(self.values) > 1 else None

    def best(self, row: Row) -> float:
        """The best run's number."""
        return max(self.values) if row.higher_is_better else min(self.values)


def result(run: Run, row: Row) -> Result:
    """Read what a run came to in the terms of a published row.

    Raises
    ------
    BadFileError
        If the run was never tested, or its number is none.
    """
    where = row.metric if row.metric == L2L_ERRORS else f"metrics/{row.metric}"
    value = row.scale * (_recorded(run) if where == L2L_ERRORS else _measured(run, where))
    if not np.isfinite(value):
        raise BadFileError(f"{run.path}: /{where}: expected a number, found {value}")
    batch = run.setting("training", "batch")
    return Result(
        value=value,
        seed=run.seed,
        iterations=run.iteration,
        batch=batch if isinstance(batch, int) else 0,
        seconds=_seconds(run.environment),
        command=_command(run),
    )


def grouped(results: Iterable[tuple[str, Result]]) -> dict[str, Group]:
    """Return results by recipe, ordered by seed."""
    by_recipe: dict[str, list[Result]] = {}
    for recipe, one in results:
        by_recipe.setdefault(recipe, []).append(one)
    return {
        recipe: Group(tuple(sorted(runs, key=lambda r: (r.seed, r.value))))
        for recipe, runs in by_recipe.items()
    }


def refuse_duplicates(figure: str, runs: Sequence[tuple[str, int, str]]) -> None:
    """Refuse two files of one recipe and seed: they are no two samples.

    `runs` are (recipe, seed, path).
    """
    seen: dict[tuple[str, int], str] = {}
    for recipe, seed, path in runs:
        before = seen.get((recipe, seed))
        if before is not None:
            raise UsageError(
                f"figure {figure}: {before} and {path} are both {recipe} with seed {seed};"
                " name one of them, or train another seed with --set seed=N"
            )
        seen[recipe, seed] = path


def _measured(run: Run, name: str) -> float:
    return float(run.series(name, made_by=RECORDS).value[-1])


def _recorded(run: Run) -> float:
    target = run.array(f"{L2L_ERRORS}/target", made_by=RECORDS, shape=(None, None))
    guess = run.array(f"{L2L_ERRORS}/guess", made_by=RECORDS, shape=target.shape)
    return float(np.mean((guess.astype(np.float64) - target) ** 2))


def _seconds(environment: dict[str, Any]) -> float | None:
    """Time spent on training, None if the file does not tell."""
    spent = environment.get("train_seconds")
    return float(spent) if is_duration(spent) and spent > 0 else None


def _command(run: Run) -> str:
    typed = run.environment.get("command")
    if isinstance(typed, str) and typed:
        return printable(typed)
    return f"lsnn train {run.recipe} ... (the file does not tell all)"
