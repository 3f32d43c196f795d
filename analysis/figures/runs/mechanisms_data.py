"""What a sweep over delays, adaptation and learned constants came to, told from configurations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError, UsageError

from ...reading.run import Run, open_run
from . import memory

Array = npt.NDArray[Any]

RECORDS = "lsnn evaluate RUN.h5"
TASKS = {  # what each is called, its score in the file, and how that becomes per cent right
    "smnist": ("sequential MNIST", "accuracy", 100.0),
    "permuted": ("permuted sequential MNIST", "accuracy", 100.0),
    "store-recall": ("store-recall", "recall_error", -100.0),
}
NETWORKS = ("LIF", "LSNN")
DELAYS = (10, 30, 60, 150, 400)  # of the sweep; others are drawn where they are found
CONSTANTS = ("fixed", "learned")


class Cell(NamedTuple):
    """What was varied."""

    task: str
    network: str
    constants: str
    delays: int


@dataclass(frozen=True)
class One:
    """One run.

    Attributes
    ----------
    right
        Test score, per cent right.
    reach
        By population: norm of dL/dV by lag, as a share of its value at lag 0.
    held
        By source ("R", "A", "B"): R squared of a row of pixels by the time since it was shown;
        `held_ms` the times. Empty for tasks without pixels in rows.
    """

    right: float
    seed: int
    lag_ms: Array
    reach: dict[str, Array]
    held_ms: Array
    held: dict[str, Array]


@dataclass(frozen=True)
class MechanismsData:
    """All runs by cell, ordered by seed; `about` traces the picture to them."""

    runs: dict[Cell, tuple[One, ...]]
    about: str

    @property
    def tasks(self) -> list[str]:
        """Those with a run."""
        return [task for task in TASKS if any(cell.task == task for cell in self.runs)]

    def missing(self) -> list[Cell]:
        """Cells of the sweep without a run."""
        cells = (
            Cell(task, network, constants, delays)
            for task in TASKS
            for network in NETWORKS
            for constants in CONSTANTS
            for delays in DELAYS
        )
        return [cell for cell in cells if cell not in self.runs]


def load(paths: Sequence[str]) -> MechanismsData:
    """Read the runs of a sweep; cells are told from their configurations, not from their names.

    Raises
    ------
    BadFileError
        If a run is of another task, was never tested, or is damaged.
    UsageError
        If no file is given, or two runs have the same cell and seed.
    """
    if not paths:
        raise UsageError("figure mechanisms: expected one or more run files, found none")
    runs: dict[Cell, list[One]] = {}
    seen: dict[tuple[Cell, int], str] = {}
    about = []
    for path in paths:
        with open_run(path) as run:
            cell = cell_of(run)
            if (cell, run.seed) in seen:
                raise UsageError(
                    f"figure mechanisms: {seen[cell, run.seed]} and {run.path} are both"
                    f" {words(cell)} with seed {run.seed}; name one of them"
                )
            seen[cell, run.seed] = run.path
            runs.setdefault(cell, []).append(_read(run, cell))
            about.append(run.about)
    ordered = {cell: tuple(sorted(runs[cell], key=lambda one: one.seed)) for cell in sorted(runs)}
    return MechanismsData(ordered, "; ".join(about))


def words(cell: Cell) -> str:
    """Name a cell: "LSNN, delays to 60 ms, fixed constants, sequential MNIST"."""
    task = TASKS[cell.task][0]
    return f"{cell.network}, delays to {cell.delays} ms, {cell.constants} constants, {task}"


def cell_of(run: Run) -> Cell:
    """Tell what was varied from a run's configuration."""
    name = run.setting("task", "name")
    if name not in TASKS or run.setting("network", "model") not in (None, "lsnn"):
        raise BadFileError(
            f"{run.path}: is a run of the task {name!r}, model {run.setting('network', 'model')!r};"
            " mechanisms shows spiking networks on smnist and store-recall"
        )
    delays, adaptive = run.setting("network", "delays"), run.setting("network", "n_adaptive")
    for key, value, low in (("delays", delays, 1), ("n_adaptive", adaptive, 0)):
        if not isinstance(value, int) or value < low:
            raise BadFileError(
                f"{run.path}: /config: network.{key}: expected a whole number from {low} on,"
                f" found {value!r}"
            )
    return Cell(
        "permuted" if run.setting("task", "permuted") else name,
        "LSNN" if adaptive else "LIF",
        "learned" if run.setting("training", "learn") else "fixed",
        delays,
    )


def _read(run: Run, cell: Cell) -> One:
    _, score, scale = TASKS[cell.task]
    value = float(run.series(f"metrics/test/{score}", made_by=RECORDS).value[-1])
    lag, reach = _reach(run)
    held_ms, held = np.empty(0), {}
    if cell.task == "smnist" and memory.MEMORY in run:
        known = memory.read(run)
        held = {source: known.held(source)[1] for source in known.ink}
        held_ms = known.held(next(iter(held)))[0]
    right = scale * value if scale > 0 else 100.0 + scale * value
    return One(right, run.seed, lag, reach, held_ms, held)


def _reach(run: Run) -> tuple[Array, dict[str, Array]]:
    """Return lags and norms, each as a share of the one at lag 0; nothing if not recorded."""
    home = "recordings/gradient"
    if home not in run:
        return np.empty(0), {}
    lag = run.array(f"{home}/lag_ms", made_by=RECORDS, shape=(None,))
    reach = {}
    for population in ("R", "A"):
        if f"{home}/norm_{population}" in run:
            norm = run.array(f"{home}/norm_{population}", made_by=RECORDS, shape=lag.shape)
            if norm[0] > 0:
                reach[population] = norm.astype(np.float64) / norm[0]
    return lag, reach
