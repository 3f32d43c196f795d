"""Cost of loss and gradient against size, from `lsnn bench --scaling --json OUT.json`.

A panel for each thing that the benchmark varies. The one figure that is drawn from a file of
measurements (JSON, `lsnn bench --scaling`) instead of run files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from lsnn_core.errors import BadFileError
from lsnn_core.text import printable

from ...blocks import PanelGrid
from ...colours import PALETTE
from ...reading.run import LARGEST
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN, broken_title

MADE_BY = "lsnn bench --scaling --json OUT.json"
LARGEST_BYTES = 16 << 20  # a full file of measurements has some 50 kB


@dataclass(frozen=True)
class Panel:
    """What is varied in a panel, and what its title says of the rest."""

    axis: str
    xlabel: str
    title: str
    kernels: tuple[str, ...] = ("",)
    proportional: bool = False  # whether the cost should grow as x does


PANELS = (
    Panel("neurons", "neurons", "fan-out 100, batch 1", proportional=True),
    Panel("connections", "recurrent connections", "4,000 neurons, batch 1", proportional=True),
    Panel("batch", "batch", "80-220-10, 12 %"),
    Panel("steps", "steps T", "80-220-10, 12 %, batch 16"),
    Panel("rate", "firing rate (Hz)", "80-220-10, 12 %, batch 64"),
    Panel("connectivity", "connectivity", "80-220-10, batch 64", ("list", "matrix")),
)
STYLES: Mapping[str, dict[str, Any]] = {
    "": {"color": PALETTE["R_E"], "marker": "o"},
    "list": {"color": PALETTE["R_E"], "marker": "o"},
    "matrix": {"color": PALETTE["R_I"], "marker": "s"},
}
SLOPE: dict[str, Any] = {"color": PALETTE["context"], "linewidth": 0.6, "zorder": 0}


class Point(NamedTuple):
    """What was varied, time in us for each ms of each example, and by which kernel."""

    x: float
    us: float
    kernel: str


@dataclass(frozen=True)
class Curve:
    """Time in us for each ms of each example, over what was varied, ascending."""

    x: tuple[float, ...]
    us: tuple[float, ...]


@dataclass(frozen=True)
class ScalingData:
    """Curves by axis and kernel; `about` traces the picture to its measurement."""

    curves: Mapping[tuple[str, str], Curve]
    about: str

    @property
    def panels(self) -> tuple[Panel, ...]:
        """The panels that have a curve."""
        return tuple(p for p in PANELS if any((p.axis, k) in self.curves for k in p.kernels))


def load(paths: Sequence[str]) -> ScalingData:
    """Read the measurements of one file.

    Raises
    ------
    BadFileError
        If it is no file of measurements, or has none of the axes.
    """
    path = one_path("scaling", paths)
    content = _read(path)
    scaling = _table(path, content, "scaling")
    curves = {
        (panel.axis, kernel): curve
        for panel in PANELS
        for points in [_points(path, scaling, panel.axis)]
        for kernel in panel.kernels
        if (curve := _curve(points, kernel)).x
    }
    if not curves:
        raise BadFileError(f"{printable(path)}: no scaling in it; measure it with: {MADE_BY}")
    return ScalingData(curves, _origin(path, content))


def sheet(data: ScalingData) -> Sheet:
    """A panel for each axis."""
    panels = tuple(partial(_draw_panel, panel=panel, data=data) for panel in data.panels)
    return Sheet((PanelGrid(panels, (PAGE_IN / 3, 1.75), one_ylabel=True),))


def _draw_panel(ax: Axes, panel: Panel, data: ScalingData) -> None:
    ax.set_xscale("log")
    ax.set_yscale("log")
    curves = [
        (k, data.curves[panel.axis, k]) for k in panel.kernels if (panel.axis, k) in data.curves
    ]
    for kernel, curve in curves:
        ax.plot(curve.x, curve.us, label=kernel or "_", **STYLES[kernel])
    us = [value for _, curve in curves for value in curve.us]
    low, high = min(us) / 1.6, max(us) * 1.6
    if high < 10 * low:  # at least a decade: noise shall not look like a trend
        middle = math.sqrt(low * high)
        low, high = middle / math.sqrt(10), middle * math.sqrt(10)
    if panel.proportional:
        _draw_proportional(ax, curves[0][1], low, high)
    ax.set_ylim(low, high)
    _label_ticks(ax.xaxis, *ax.get_xlim())
    _label_ticks(ax.yaxis, low, high)
    ax.set_xlabel(panel.xlabel)
    ax.set_ylabel("time per example\nand ms (µs)")
    broken_title(ax, panel.title, 7)
    if len(ax.get_lines()) > 1:
        ax.legend(loc="upper left")


def _draw_proportional(ax: Axes, curve: Curve, low: float, high: float) -> None:
    """Draw, for comparison, a cost in proportion to x through the last point."""
    left, right = min(curve.x), max(curve.x)
    limits = ax.get_xlim()
    slope = curve.us[-1] / right
    start = max(left, low / slope)
    if start < right:
        ax.plot([start, right], [slope * start, slope * right], label="proportional", **SLOPE)
    ax.set_xlim(limits)


def _label_ticks(axis: Axis, low: float, high: float) -> None:
    """Label decades, and between them 2 and 5 where there are few."""
    subs = (1.0,) if high > 100 * low else (1.0, 2.0, 5.0)
    axis.set_major_locator(LogLocator(subs=subs))
    powers = high >= 1e4  # long numbers on this axis: then of all its decades
    axis.set_major_formatter(FuncFormatter(lambda value, _: _name(value, powers)))
    axis.set_minor_formatter(NullFormatter())


def _name(value: float, powers: bool) -> str:
    """Return a tick's label: a plain number, or a power of ten."""
    if not powers:
        return f"{value:,g}"
    power = math.floor(math.log10(value) + 1e-9)
    times = "" if math.isclose(value, 10.0**power) else rf"{value / 10.0**power:g}{{\cdot}}"
    return f"${times}10^{{{power}}}$"


def _read(path: str) -> dict[str, Any]:
    try:
        file = Path(path)
        if file.stat().st_size > LARGEST_BYTES:
            raise BadFileError(f"{printable(path)}: too large for measurements; name another file")
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadFileError(f"{printable(path)}: cannot be read ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise BadFileError(f"{printable(path)}: is no JSON; make it with: {MADE_BY}") from None
    if not isinstance(content, dict) or content.get("schema") != "lsnn-bench":
        raise BadFileError(f"{printable(path)}: no measurements; make them with: {MADE_BY}")
    return content


def _damaged(path: str, where: str, expected: str) -> BadFileError:
    return BadFileError(
        f"{printable(path)}: damaged ({printable(where)}: expected {expected}); make it with:"
        f" {MADE_BY}"
    )


def _table(path: str, content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    table = content.get(name)
    if not isinstance(table, dict):
        raise _damaged(path, name, "a table")
    return table


def _origin(path: str, content: Mapping[str, Any]) -> str:
    """Return what traces the picture to its measurement: machine, threads, version and time."""
    machine, options = _table(path, content, "environment"), _table(path, content, "options")
    known = {**machine, "threads": options.get("threads")}
    for name in ("processor", "threads", "lsnn", "created_utc"):
        if known.get(name) is None:
            raise _damaged(path, name, "something")
    return printable(
        f"{known['processor']}, {known['threads']} threads, lsnn {known['lsnn']}, "
        f"{known['created_utc']}"
    )


def _points(path: str, scaling: Mapping[str, Any], axis: str) -> list[Point]:
    """Return the points of one axis, none if it was not measured."""
    measured = scaling.get(axis, [])
    if not isinstance(measured, list) or not all(isinstance(one, dict) for one in measured):
        raise _damaged(path, f"scaling.{axis}", "a list of tables")
    names = ("x", "us_per_example_ms", "kernel")
    points = [Point(*map(one.get, names)) for one in measured]
    for point in points:
        if not (_is_positive(point.x) and _is_positive(point.us) and isinstance(point.kernel, str)):
            raise _damaged(path, f"scaling.{axis}", "positive numbers and a kernel's name")
    return points


def _is_positive(value: object) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return 0 < value <= LARGEST


def _curve(points: Sequence[Point], kernel: str) -> Curve:
    """Return the points of one kernel, in order of x."""
    measured = sorted((point.x, point.us) for point in points if point.kernel == kernel)
    return Curve(tuple(x for x, _ in measured), tuple(us for _, us in measured))


figure = RunFigure(
    title="Scaling",
    load=load,
    sheet=sheet,
)
