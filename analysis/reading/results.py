"""What runs came to: one number for each run, and runs of one recipe together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.files import is_duration
from lsnn_core.text import printable

from .kinds import kind_of
from .published import Row
from .run import Run

RECORDS = "lsnn evaluate RUN.h5"
L2L_ERRORS = "recordings/l2l/errors"
"""As a row's metric: the mean squared error of the guesses recorded there."""
LONGEST_COMMAND = 2000  # characters; a file may be a stranger's


@dataclass(frozen=True)
class Result:
    """One run's number and what it took.

    Attributes
    ----------
    value
        In the unit of the published row.
    recipe, seed, iterations, batch
        Of the run; iterations done.
    kind
        A key of `analysis.reading.kinds.KINDS`.
    average
        The same number with averaged weights, None if there are none.
    weights
        Weights and biases that are not zero, None if the file has none.
    seconds, cpu_seconds
        Time spent on training, on the clock and by processors; None if the file does not tell.
    command
        What trains such a run.
    """

    value: float
    recipe: str
    seed: int
    iterations: int
    batch: int
    kind: str
    average: float | None
    weights: int | None
    seconds: float | None
    cpu_seconds: float | None
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

    @property
    def average(self) -> float | None:
        """Mean over the runs with averaged weights, None where a run has none."""
        return _mean([result.average for result in self.results])

    @property
    def seconds(self) -> float | None:
        """Mean time of a run on the clock, None where a file does not tell."""
        return _mean([result.seconds for result in self.results])

    @property
    def cpu_seconds(self) -> float | None:
        """Mean processor time of a run, None where a file does not tell."""
        return _mean([result.cpu_seconds for result in self.results])

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
    split, _, score = row.metric.partition("/")
    average = f"{split}_average/{score}"
    batch = run.setting("training", "batch")
    return Result(
        value=row.scale * (_recorded(run) if row.metric == L2L_ERRORS else _last(run, row.metric)),
        recipe=run.recipe,
        seed=run.seed,
        iterations=run.iteration,
        batch=batch if isinstance(batch, int) else 0,
        kind=kind_of(run, row),
        average=row.scale * _last(run, average) if f"metrics/{average}" in run else None,
        weights=_weights(run),
        seconds=_seconds(run.environment, "train_seconds"),
        cpu_seconds=_seconds(run.environment, "train_cpu_seconds"),
        command=_command(run),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def _last(run: Run, metric: str) -> float:
    value = float(run.series(f"metrics/{metric}", made_by=RECORDS).value[-1])
    return _number(run, f"metrics/{metric}", value)


def _recorded(run: Run) -> float:
    target = run.array(f"{L2L_ERRORS}/target", made_by=RECORDS, shape=(None, None))
    guess = run.array(f"{L2L_ERRORS}/guess", made_by=RECORDS, shape=target.shape)
    return _number(run, L2L_ERRORS, float(np.mean((guess.astype(np.float64) - target) ** 2)))


def _number(run: Run, where: str, value: float) -> float:
    if not np.isfinite(value):
        raise BadFileError(f"{run.path}: /{where}: expected a number, found {value}")
    return value


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


def _weights(run: Run) -> int | None:
    """Count the connections and biases of an LSNN, or the parameters of an RNN or LSTM."""
    if all(f"weights/{name}" in run for name in ("W_in", "W_rec", "W_out", "b_out")):
        lists = [run.weights(name).indices.size for name in ("W_in", "W_rec", "W_out")]
        return sum(lists) + run.array("weights/b_out", made_by="lsnn train", ndim=1).size
    dense = ("W_in", "W_rec", "W_out", "b", "b_out")
    if all(f"weights/dense/{name}" in run for name in dense):
        arrays = {n: run.array(f"weights/dense/{n}", made_by="lsnn train") for n in dense}
        halves = sum(np.count_nonzero(arrays[name]) for name in ("W_in", "W_rec", "W_out"))
        return int(halves) + arrays["b"].size + arrays["b_out"].size
    return None


def _seconds(environment: dict[str, Any], name: str) -> float | None:
    """Time spent on training, None if the file does not tell."""
    spent = environment.get(name)
    return float(spent) if is_duration(spent) and spent > 0 else None


def _command(run: Run) -> str:
    typed = run.environment.get("command")
    if isinstance(typed, str) and typed:
        return printable(typed, LONGEST_COMMAND)
    return f"lsnn train {run.recipe} ... (the file does not tell all)"
