"""Loss, accuracy, firing rates and connectivity over iterations, of one or several runs.

With one run, colours tell quantities apart; with several, colours tell runs apart and the kind of
line tells quantities apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import UsageError

from ...blocks import PanelGrid
from ...colours import PALETTE
from ...legends import legend_above
from ...panels.curve import curve
from ...reading.quantities import PANELS, Panel, Quantity
from ...reading.run import Run, Series, open_run
from ...runfigure import RunFigure
from ...sheet import Sheet
from ...style import PAGE_IN, TEXT_IN, mark_iterations, run_colours

RECORDS = "lsnn train"
MOST_MARKERS = 40
MOST_RAW = 3  # runs; the raw values of more are a thicket
LONGEST_NAME = 32


TARGET: dict[str, Any] = {
    "color": PALETTE["X"], "linewidth": 0.6, "linestyle": (0, (1, 2)), "zorder": 1,
}  # fmt: skip


@dataclass(frozen=True)
class RunCurves:
    """The recorded curves of one run, by dataset name, in the units shown."""

    name: str
    status: str
    target_rate_hz: float | None
    curves: dict[str, Series]


@dataclass(frozen=True)
class LearningData:
    """The runs, and the panels that at least one of them fills."""

    runs: tuple[RunCurves, ...]
    panels: tuple[Panel, ...]
    about: str


def load(paths: Sequence[str]) -> LearningData:
    """Read the curves of one or several run files.

    Raises
    ------
    BadFileError
        If a file lacks all curves of a panel that every such run has (named, with the command that
        records them).
    """
    if not paths:
        raise UsageError("figure learning: expected one or more run files, found none")
    runs, about = [], []
    for path, name in zip(paths, _names(paths), strict=True):
        with open_run(path) as run:
            runs.append(read_curves(run, name))
            about.append(run.about)
    panels = tuple(panel for panel in PANELS if any(fills(run, panel) for run in runs))
    return LearningData(tuple(runs), panels, "; ".join(about))


def sheet(data: LearningData) -> Sheet:
    """A panel per quantity, the names of several runs above; a single finished one needs none."""
    n, labels = len(data.panels), [_label(run) for run in data.runs]
    n_columns = n if n <= 3 else min((n + 1) // 2, 3)
    size_in = ((TEXT_IN if n_columns < 3 else PAGE_IN) / n_columns, 1.85)
    colours = run_colours(len(data.runs)) if len(data.runs) > 1 else None
    handles = [
        Line2D([], [], color=colour, label=label)
        for colour, label in zip(colours or (), labels, strict=False)
    ]
    panels = tuple(
        partial(_draw_panel, panel=panel, runs=data.runs, colours=colours) for panel in data.panels
    )
    state = "" if colours or data.runs[0].status == "complete" else labels[0]
    return Sheet((PanelGrid(panels, size_in, n_columns, legend=tuple(handles)),), heading=state)


def _draw_panel(
    ax: Axes, panel: Panel, runs: Sequence[RunCurves], colours: Sequence[str] | None
) -> None:
    draw_panel(ax, panel, runs, colours)
    share_iterations(ax, runs)


def read_curves(run: Run, name: str, panels: Sequence[Panel] = PANELS) -> RunCurves:
    """Read the curves of all panels that the run must or may have."""
    curves = {}
    for panel in panels:
        present = [q for q in panel.quantities if q.dataset in run]
        if not present and panel.required(run):
            present = list(panel.quantities[:1])  # reading it says what is missing
        for q in present:
            stored = run.series(q.dataset, made_by=RECORDS)
            curves[q.dataset] = Series(stored.step, panel.scale * stored.value)
    target = run.setting("loss", "rate_target_hz")
    rate = float(target) if isinstance(target, (int, float)) else None
    return RunCurves(name, run.status, rate, curves)


def _names(paths: Sequence[str]) -> list[str]:
    """Return short names that tell the runs apart, whole paths if the short ones do not."""
    names = [Path(path).stem for path in paths]
    return names if len(set(names)) == len(names) else list(paths)


def fills(run: RunCurves, panel: Panel) -> bool:
    """Whether a run has any of the panel's curves."""
    return any(q.dataset in run.curves for q in panel.quantities)


def draw_panel(
    ax: Axes, panel: Panel, runs: Sequence[RunCurves], colours: Sequence[str] | None = None
) -> None:
    """Draw one panel's curves, of several runs in their own `colours`, and say which is which."""
    for i, run in enumerate(runs):
        for q in panel.quantities:
            series = run.curves.get(q.dataset)
            if series is not None:
                curve(
                    ax, series.step, series.value, window=None if q.smooth else 1,
                    raw=len(runs) <= MOST_RAW, color=colours[i] if colours else q.colour,
                    linestyle=q.linestyle,
                    marker=_marker(q, series),
                )  # fmt: skip
    if panel.rate:
        _draw_target(ax, runs)
    ax.set_ylabel(panel.title)
    if panel.log:
        ax.set_yscale("log")
    ax.set_ylim(panel.bottom, panel.top)
    _name_quantities(ax, panel, runs, grey=colours is not None)


def _marker(quantity: Quantity, series: Series) -> str:
    """Return the marker, unless a line says the same and there are too many."""
    crowded = series.step.size > MOST_MARKERS and quantity.linestyle != ""
    return "" if crowded else quantity.marker


def _draw_target(ax: Axes, runs: Sequence[RunCurves]) -> None:
    """Draw the rate that the regulariser pulls to."""
    for rate in sorted({r.target_rate_hz for r in runs if r.target_rate_hz is not None}):
        ax.axhline(rate, label="target", **TARGET)


def _name_quantities(ax: Axes, panel: Panel, runs: Sequence[RunCurves], *, grey: bool) -> None:
    """Say which line is which, where a panel has more than one kind of line."""
    shown = [q for q in panel.quantities if any(q.dataset in run.curves for run in runs)]
    handles: list[Artist] = []
    for q in shown:
        handle = Line2D([], [], linestyle=q.linestyle, marker=q.marker, label=q.name)
        handle.set_color(PALETTE["X"] if grey else q.colour)
        handles.append(handle)
    others, labels = ax.get_legend_handles_labels()  # the target, gaps: once each
    handles += dict(zip(labels, others, strict=True)).values()
    if len(handles) > 1:
        if panel.legend_above:
            legend_above(ax, handles)
        else:
            ax.legend(handles=handles, loc="best")


def share_iterations(ax: Axes, runs: Sequence[RunCurves]) -> None:
    """Show all iterations of the runs, the same in all panels."""
    steps = [series.step for run in runs for series in run.curves.values()]
    first, last = min(int(s.min()) for s in steps), max(int(s.max()) for s in steps)
    margin = max(0.02 * (last - first), 0.5)
    ax.set_xlim(first - margin, last + margin)
    mark_iterations(ax)


def _label(run: RunCurves) -> str:
    """Return the run's name as it can be printed: short, no control signs, no formula."""
    name = "".join(sign if sign.isprintable() else "?" for sign in run.name).lstrip("_") or "run"
    short = name if len(name) <= LONGEST_NAME else f"{name[:12]}...{name[-(LONGEST_NAME - 15) :]}"
    state = "" if run.status == "complete" else f" ({run.status})"
    return short.replace("$", r"\$") + state


figure = RunFigure(
    title="Learning",
    load=load,
    sheet=sheet,
)
