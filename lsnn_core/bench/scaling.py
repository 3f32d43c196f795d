"""Cost against size: one thing is varied at a time, the rest stays as in a workload."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from ..errors import UsageError
from ..text import hint, show
from .measure import Options, Row, measure, write_problem
from .workloads import W1P, Workload, dense_digits, large


class Point(NamedTuple):
    """One place on an axis; an `x` of None stands for the measured firing rate."""

    x: float | None
    load: Workload
    batch: int
    kernel: str = ""  # "list" or "matrix"; empty: as the engine chooses


@dataclass(frozen=True)
class Measured:
    """A point with what was found.

    Parameters
    ----------
    axis, x
        What was varied, and its value.
    kernel
        "list" or "matrix" where both were measured, else empty.
    row
        The measurement.
    """

    axis: str
    x: float
    kernel: str
    row: Row

    def as_json(self) -> dict[str, object]:
        """All numbers by name."""
        return {"x": self.x, "kernel": self.kernel, **self.row.as_json()}


def _neurons() -> Iterator[Point]:
    for n in (300, 1_000, 3_000, 10_000, 30_000, 100_000):
        yield Point(n, large(n), 1)


def _connections() -> Iterator[Point]:
    for fan_out in (10, 30, 100, 300, 1_000):
        load = large(4_000, fan_out, f"fan-out {fan_out}")
        yield Point(4_000 * fan_out, load, 1)


def _batch() -> Iterator[Point]:
    for batch in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        yield Point(batch, W1P, batch)


def _steps() -> Iterator[Point]:
    for n_steps in (100, 300, 1_000, 3_000, 10_000, 30_000):
        yield Point(n_steps, replace(W1P, name=f"T {n_steps}", n_steps=n_steps), 16)


def _rate() -> Iterator[Point]:
    for gain in (0.2, 0.3, 0.4, 0.7, 1.2, 2.0):
        yield Point(None, replace(W1P, name=f"gain {gain}", gain_in=gain), 64)


def _connectivity() -> Iterator[Point]:
    for percent in (5, 10, 20, 40, 60, 80, 100):
        load = dense_digits(percent / 100, name=f"{percent} %")
        for kernel in ("list", "matrix"):
            yield Point(percent / 100, load, 64, kernel)


AXES: Mapping[str, Callable[[], Iterator[Point]]] = {
    "neurons": _neurons,
    "connections": _connections,
    "batch": _batch,
    "steps": _steps,
    "rate": _rate,
    "connectivity": _connectivity,
}


def choose(names: Sequence[str]) -> list[str]:
    """Return the axes of these names, all if there is none."""
    for name in names:
        if name not in AXES:
            raise UsageError(f"axis {show(name)} does not exist; {hint(name, AXES)}")
    return list(dict.fromkeys(names or AXES))


def scale(
    axis: str, folder: str, options: Options, peak: float, points: Sequence[Point] | None = None
) -> Iterator[Measured]:
    """Measure loss and gradient at all points of one axis."""
    for point in AXES[axis]() if points is None else points:
        problem = write_problem(point.load, point.batch, folder)
        row = measure(point.load, point.batch, "gradient", problem, options, peak, point.kernel)
        yield Measured(axis, row.rate_hz if point.x is None else point.x, point.kernel, row)


def by_axis(measured: Sequence[Measured]) -> dict[str, list[dict[str, object]]]:
    """All points as JSON, by axis."""
    axes = dict.fromkeys(point.axis for point in measured)
    return {name: [p.as_json() for p in measured if p.axis == name] for name in axes}
