"""What Fig. 2 shows of a run that learned to learn, read from its file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

from ...colours import PALETTE
from ...reading.populations import Population, adaptive, regular
from ...reading.results import RECORDS
from ...reading.run import Run, Series
from .fig2_errors import Errors, code_of, read_errors

Array = npt.NDArray[Any]

SHOWN = 25  # examples of the recorded episode (paper, Fig. 2D)
ERROR_SHARE = 0.01  # of the largest possible squared error counts as good (our choice)


@dataclass(frozen=True)
class Family:
    """How a family is called, its functions' number of inputs and range (paper, section 5)."""

    name: str
    recipe: str
    inputs: int
    low: float
    high: float


NETWORKS = "target-networks"
SINUS = "sine"
FAMILIES: Mapping[str, Family] = {
    NETWORKS: Family("target networks", "l2l-tn", 2, 0.0, 1.0),
    "target-networks-literal": Family("target networks (literal)", "l2l-tn", 2, 0.0, 1.0),
    SINUS: Family("sinus functions", "l2l-sine", 1, -5.0, 5.0),
}


@dataclass(frozen=True)
class Episode:
    """The first examples of one function, and the network at work on them.

    Attributes
    ----------
    hold_ms
        How long each example is shown.
    target, guess
        (examples,).
    signals
        The inputs, a population for each signal.
    neurons
        R and A, as far as the network has them.
    """

    hold_ms: int
    target: Array
    guess: Array
    signals: tuple[Population, ...]
    neurons: tuple[Population, ...]

    @property
    def duration_ms(self) -> float:
        """Of the examples shown."""
        return float(self.hold_ms * self.target.size)


@dataclass(frozen=True)
class Probes:
    """What a network expects of one function everywhere, asked in mid-episode.

    Attributes
    ----------
    after
        (K,) examples seen before it was asked.
    x
        (G,) where it was asked.
    guess
        (K, G).
    value
        (G,), the function itself.
    shown_x, shown_value
        (examples,) it saw.
    """

    after: Array
    x: Array
    guess: Array
    value: Array
    shown_x: Array
    shown_value: Array


@dataclass(frozen=True)
class Samples:
    """Functions of the family: `value` (functions, G) at `x` (G,)."""

    x: Array
    value: Array


@dataclass(frozen=True)
class Learner:
    """One run of learning to learn; what it has not recorded is None."""

    family: Family
    code: str
    iteration: int
    status: str
    examples: int
    curve: Series | None
    episode: Episode | None
    errors: Errors | None
    samples: Samples | None
    probes: Probes | None
    adversarial: Probes | None


def family_of(run: Run) -> str:
    """Return the name of the family that a run learned.

    Raises
    ------
    BadFileError
        If the run is of another task, or its family unknown.
    """
    task, name = run.setting("task", "name"), run.setting("task", "family")
    if task != "l2l":
        raise BadFileError(
            f"{run.path}: is a run of the task {task!r}; fig2 shows learning to learn, such as"
            " `lsnn train l2l-tn` and `lsnn train l2l-sine` leave"
        )
    if not isinstance(name, str) or name not in FAMILIES:
        raise BadFileError(
            f"{run.path}: /config, task.family: expected one of {', '.join(FAMILIES)},"
            f" found {name!r}"
        )
    return name


def read(run: Run) -> Learner:
    """Read all that the figure may show of a run.

    Raises
    ------
    BadFileError
        If a recording is there in parts only, or its arrays contradict each other.
    """
    family = FAMILIES[family_of(run)]
    has = {name: f"recordings/l2l/{name}" in run for name in ("errors", "samples", "probes")}
    train = "metrics/train/mse"
    return Learner(
        family=family,
        code=code_of(run),
        iteration=run.iteration,
        status=run.status,
        examples=_setting(run, "examples"),
        curve=run.series(train, made_by="lsnn train") if train in run else None,
        episode=_episode(run, family) if "recordings/example" in run else None,
        errors=read_errors(run, family.inputs > 1) if has["errors"] else None,
        samples=_samples(run) if has["samples"] else None,
        probes=_probes(run, "probes") if has["probes"] else None,
        adversarial=_probes(run, "adversarial") if "recordings/l2l/adversarial" in run else None,
    )


def learned_at(episode: Episode, family: Family, run_length: int = 5) -> int | None:
    """Return the first example from which `run_length` in a row are guessed well; None if none."""
    good = (episode.guess - episode.target) ** 2 < ERROR_SHARE * (family.high - family.low) ** 2
    for n in range(good.size - run_length + 1):
        if good[n : n + run_length].all():
            return n
    return None


def _episode(run: Run, family: Family) -> Episode:
    home = "recordings/example"
    target = run.array(f"{home}/target", made_by=RECORDS, shape=(None,))
    x = run.array(f"{home}/x", made_by=RECORDS, shape=(target.size, None))
    hold = run.integer(f"{home}/hold_ms", 1, 1000, made_by=RECORDS)
    y = run.array(f"{home}/y", made_by=RECORDS, shape=(hold * target.size, None))
    counts = y[:, 0].reshape(-1, hold).sum(axis=1, dtype=np.float64)  # others: internal readouts
    middle, half = (family.low + family.high) / 2, (family.high - family.low) / 2
    n = min(SHOWN, target.size)
    return Episode(
        hold_ms=hold,
        target=target[:n],
        guess=(middle + half * counts)[:n],  # the readout runs from -1 to 1 over the values
        signals=_signals(run, x.shape[1]),
        neurons=(*regular(run), *adaptive(run)),
    )


def _signals(run: Run, d: int) -> tuple[Population, ...]:
    """Part the inputs into those for each x and those for the value before."""
    n_in = len(run.array("inputs/sign", made_by="lsnn train", ndim=1))
    if n_in % (d + 1):
        raise BadFileError(
            f"{run.path}: /inputs/sign: expected equally many inputs for each of {d + 1} signals,"
            f" found {n_in}"
        )
    times, ids = run.spikes("X")
    size = n_in // (d + 1)
    names = [f"$x_{k + 1}$" if d > 1 else "$x$" for k in range(d)] + ["$C(x')$"]
    remarks = [f"{size} inputs"] * d + ["value before"]
    colours = [PALETTE["X"]] * d + ["black"]
    return tuple(
        Population(name, remark, colour, times, ids, np.arange(k * size, (k + 1) * size))
        for k, (name, remark, colour) in enumerate(zip(names, remarks, colours, strict=True))
    )


def _samples(run: Run) -> Samples:
    home = "recordings/l2l/samples"
    x = run.array(f"{home}/x", made_by=RECORDS, shape=(None,))
    return Samples(x, run.array(f"{home}/value", made_by=RECORDS, shape=(None, x.size)))


def _probes(run: Run, name: str) -> Probes:
    home = f"recordings/l2l/{name}"
    after = run.array(f"{home}/after", made_by=RECORDS, shape=(None,)).astype(np.int64)
    x = run.array(f"{home}/x", made_by=RECORDS, shape=(None,))
    guess = run.array(f"{home}/guess", made_by=RECORDS, shape=(None, after.size, x.size))
    n = len(guess)
    seen = run.array(f"{home}/shown_x", made_by=RECORDS, shape=(n, None))
    if after.min() < 1 or after.max() > seen.shape[1]:
        raise BadFileError(
            f"{run.path}: /{home}/after: expected numbers of examples from 1 to {seen.shape[1]},"
            f" found {after.min()} to {after.max()}"
        )
    value = run.array(f"{home}/value", made_by=RECORDS, shape=(n, x.size))
    shown_value = run.array(f"{home}/shown_value", made_by=RECORDS, shape=seen.shape)
    shown = int(np.ptp(value, axis=1).argmax())  # flat functions show little (our choice)
    return Probes(after, x, guess[shown], value[shown], seen[shown], shown_value[shown])


def _setting(run: Run, key: str) -> int:
    value = run.setting("task", key)
    return value if isinstance(value, int) else 0
