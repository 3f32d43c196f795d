"""How the gradient passes through spikes: an example forwards, and the same example backwards.

A, forwards: spikes, the potential against the threshold of one neuron of R and one of A, and psi,
which opens a neuron to errors near its threshold. B, backwards: what of the loss flows from step
to step through potentials, dL/dV, and through adaptation, dL/db. C: how much of it is left, over
many examples, by BPTT and by e-prop, which lets no error pass from neuron to neuron.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colors import SymLogNorm
from matplotlib.figure import SubFigure
from matplotlib.lines import Line2D

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...panels.ticks import spike_ticks
from ...reading.run import open_run
from ...reading.walk import Walk, stored_walk
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import PAGE_IN, width_of

Array = npt.NDArray[Any]

NAME_IN, LEFT_IN, RIGHT_IN = (
    0.05,
    0.95,
    0.12,
)  # where names of rows and the time axis begin, and end
TOP_IN, BOTTOM_IN, GAP_IN = 0.27, 0.4, 0.07
RASTER_IN, INSIDE_IN, PSI_IN, FLOW_IN = 0.95, 0.6, 0.8, 1.2
REACH_IN = 1.75
FAINTEST = 1e-4  # of the largest: below it colours fade to black in proportion (our choice)
DECADES = 7  # of the norms, that are shown
COLOURS = {"R": PALETTE["R_E"], "A": PALETTE["A"]}
FLOW = "berlin"  # of Crameri's colours: dark at 0, told apart with every common colour blindness
STYLES: dict[str, Any] = {"BPTT": "-", "e-prop": (0, (3, 1.2))}


class Row(NamedTuple):
    """One of several rows over a time axis."""

    height_in: float
    name: str
    remark: str
    colour: str
    draw: Callable[[Axes], None]
    scale: bool = False  # whether its colours need one


def load(paths: Sequence[str]) -> Walk:
    """Read what one run recorded of an example that was walked back.

    Raises
    ------
    BadFileError
        If a run has no such recording (named, with the command that records it).
    """
    with open_run(one_path("bptt", paths)) as run:
        return stored_walk(run)


def sheet(data: Walk) -> Sheet:
    """Forwards (A), backwards (B) and how far (C), over one time axis."""
    panels = [
        Panel(partial(_draw_rows, rows=rows, titles=titles, data=data), PAGE_IN, _height(rows))
        for rows, titles in (
            (_forwards(data), ("forwards: what the network does  \u2192", "is read")),
            (_backwards(data), ("\u2190  backwards: what the loss wants", "")),
        )
    ]
    blocks = [PanelRow((panel,)) for panel in panels]
    if data.reach:
        reach = Panel(partial(_draw_reach, data=data), PAGE_IN, REACH_IN)
        blocks.append(PanelRow((reach,), _reach_handles(data)))
    return Sheet(tuple(blocks), _note(data))


def _forwards(data: Walk) -> list[Row]:
    shown = {"R": np.arange(data.n_regular), "A": np.arange(data.n_regular, data.nodes.size)}
    open_ = data.psi.sum(axis=0)
    inside = [
        Row(
            INSIDE_IN, "$V$ and $B$", f"of one in {name}", COLOURS[name],
            partial(_draw_inside, data=data, k=int(mine[open_[mine].argmax()]), name=name),
        )
        for name, mine in shown.items()
        if mine.size
    ]  # fmt: skip
    spikes = Row(
        RASTER_IN, "spikes", _numbers(shown), PALETTE["X"], partial(_draw_spikes, data=data)
    )
    psi = Row(
        PSI_IN, r"$\psi$", "bright: open\nto errors", PALETTE["X"], partial(_draw_psi, data=data)
    )
    return [spikes, *inside, psi]


def _backwards(data: Walk) -> list[Row]:
    rows = [
        Row(
            FLOW_IN,
            r"$dL/dV$",
            "potentials",
            PALETTE["X"],
            partial(_draw_flow, values=data.d_V, data=data),
            scale=True,
        )
    ]
    if data.n_regular < data.nodes.size:
        of_a = data.d_b[:, data.n_regular :]
        share = of_a.shape[1] / data.nodes.size
        rows.append(
            Row(
                max(share * FLOW_IN, 0.4), r"$dL/db$", "adaptation", COLOURS["A"],
                partial(_draw_flow, values=of_a, data=data),
            )
        )  # fmt: skip
    return rows


def _height(rows: Sequence[Row]) -> float:
    return TOP_IN + sum(row.height_in for row in rows) + GAP_IN * (len(rows) - 1) + BOTTOM_IN


def _place(part: SubFigure, bottom_in: float, height_in: float, total_in: float) -> Axes:
    """Make axes at a place in inches, so that those of all panels are in line."""
    width = width_of(part)
    across = (width - LEFT_IN - RIGHT_IN) / width
    return part.add_axes((LEFT_IN / width, bottom_in / total_in, across, height_in / total_in))


def _draw_rows(part: SubFigure, rows: Sequence[Row], titles: tuple[str, str], data: Walk) -> None:
    """Draw rows below one another over the example's time."""
    total, top = _height(rows), _height(rows) - TOP_IN
    for row in rows:
        top -= row.height_in
        ax = _place(part, top, row.height_in, total)
        top -= GAP_IN
        row.draw(ax)
        _name(ax, row)
        ax.set_xlim(*_span(data))
        ax.tick_params(labelbottom=row is rows[-1])
        if row is rows[0]:
            ax.set_title(titles[0], loc="left", fontsize=8)
            ax.set_title(titles[1], loc="right", fontsize=7)
    ax.set_xlabel("time (ms)")
    if any(row.scale for row in rows):
        _draw_scale(part, total)


def _name(ax: Axes, row: Row) -> None:
    """Name a row at the left end of the panel."""
    at = -(LEFT_IN - NAME_IN) / (width_of(ax))
    look: dict[str, Any] = {"transform": ax.transAxes, "ha": "left"}
    ax.text(at, 0.53, row.name, color=row.colour, weight="bold", va="bottom", **look)
    ax.text(at, 0.47, row.remark, fontsize=7, va="top", **look)


def _span(data: Walk) -> tuple[float, float]:
    return float(data.time_ms[0]), float(data.time_ms[-1]) + float(np.diff(data.time_ms[:2]).sum())


def _numbers(shown: dict[str, Array]) -> str:
    return "\n".join(f"{mine.size} of {name}" for name, mine in shown.items() if mine.size)


def _draw_spikes(ax: Axes, data: Walk) -> None:
    for p in data.populations:
        mine = np.isin(p.node_ids, data.nodes) & np.isin(p.node_ids, p.nodes)
        if mine.any():
            spike_ticks(ax, p.times_ms[mine], p.node_ids[mine], nodes=data.nodes, color=p.colour)
    _rows_axis(ax, data.nodes.size)
    _shade(ax, data)


def _draw_inside(ax: Axes, data: Walk, k: int, name: str) -> None:
    """Draw V under B; where V is far from it, its distance tells nothing and is cut off."""
    top = float(data.B[:, k].max())
    ax.plot(data.time_ms, data.V[:, k], color=COLOURS[name], linewidth=0.7)
    ax.plot(data.time_ms, data.B[:, k], color=PALETTE["X"], linewidth=1.0)
    ax.set_ylim(-1.3 * top, 1.6 * top)
    ax.set_yticks([0, 1] if top < 3 else [0, round(top)])
    _shade(ax, data)


def _draw_psi(ax: Axes, data: Walk) -> None:
    _image(ax, data.psi, data, cmap="gray", vmin=0.0, vmax=float(data.psi.max()) or 1.0)


def _draw_flow(ax: Axes, values: Array, data: Walk) -> None:
    _image(ax, values, data, cmap=FLOW, norm=SymLogNorm(FAINTEST, vmin=-1.0, vmax=1.0))


def _image(ax: Axes, values: Array, data: Walk, **look: Any) -> None:
    """Draw values (S, M), the first neuron below as in a raster."""
    n = values.shape[1]
    ax.imshow(
        values.T, aspect="auto", origin="lower", interpolation="none",
        extent=(*_span(data), -0.5, n - 0.5), **look,
    )  # fmt: skip
    _rows_axis(ax, n)
    ax.axvline(data.read_ms, color="white", linewidth=0.7, linestyle=":")


def _rows_axis(ax: Axes, n: int) -> None:
    ax.set_ylim(-0.5, n - 0.5)
    ax.set_yticks([0, n - 1] if n > 1 else [0], ["1", str(n)] if n > 1 else ["1"])


def _shade(ax: Axes, data: Walk) -> None:
    ax.axvspan(data.read_ms, _span(data)[1], color=PALETTE["window"], zorder=0, linewidth=0)


def _draw_scale(part: SubFigure, total_in: float) -> None:
    """Draw the scale of colours below the names of rows."""
    width = width_of(part)
    box = ((NAME_IN + 0.06) / width, 0.2 / total_in, 0.62 / width, 0.07 / total_in)
    ax = part.add_axes(box)
    marks = np.linspace(0.0, 1.0, 128)
    ax.imshow(marks[None], cmap=FLOW, aspect="auto", extent=(0.0, 1.0, 0.0, 1.0))
    ax.set_xticks([0, 0.5, 1], ["\u22121", "0", "1"], fontsize=6)
    ax.tick_params(length=0, pad=1.5)
    ax.set_yticks([])


def _draw_reach(part: SubFigure, data: Walk) -> None:
    """Draw norms against the time before the loss reads, which runs as in the panels above."""
    ax = _place(part, BOTTOM_IN, REACH_IN - BOTTOM_IN - GAP_IN, REACH_IN)
    for (rule, name), norm in data.reach.items():
        shown = np.where(norm > 0, norm, np.nan)  # zeros are gaps
        ax.plot(data.lag_ms, shown, color=COLOURS[name], linestyle=STYLES[rule], linewidth=1.1)
        if rule == "BPTT" and np.any(norm > 0):
            first = int(np.argmax(norm > 0))
            lag = data.lag_ms[first:]
            leak = norm[first] * np.exp((lag[0] - lag) / data.tau_ms[name])
            ax.plot(lag, leak, color=COLOURS[name], linestyle=":", linewidth=0.8)
    top = max(float(norm.max()) for norm in data.reach.values()) or 1.0
    ax.set_yscale("log")
    ax.set_ylim(top * 10.0**-DECADES, 3 * top)
    low, high = _span(data)
    ax.set_xlim(data.read_ms - low, data.read_ms - high)
    ax.axvspan(0.0, data.read_ms - high, color=PALETTE["window"], zorder=0, linewidth=0)
    ax.set_xticks([t for t in ax.get_xticks() if 0 <= t <= data.read_ms - low])
    ax.set_xlabel("time before the loss reads (ms)")
    _name(ax, Row(0.0, r"$|dL/dV|$", "root mean\nsquare", PALETTE["X"], lambda _: None))


def _reach_handles(data: Walk) -> tuple[Line2D, ...]:
    lines = [(name, STYLES[rule], f"{name}, {rule}") for rule, name in data.reach]
    leaks = {"R": r"$\exp(-t/\tau_m)$", "A": r"$\exp(-t/\tau_a)$"}
    lines += [(name, ":", leaks[name]) for rule, name in data.reach if rule == "BPTT"]
    return tuple(
        Line2D([], [], color=COLOURS[name], linestyle=style, label=label)
        for name, style, label in lines
    )


def _note(data: Walk) -> str:
    """Say what is shown; what is not there is not spoken of."""
    text = (
        "A: the neurons that fire most; V and B in thresholds at rest, cut off where V is far from"
        " B. B: red, a larger value then would raise the loss, blue, lower it; shares of the"
        f" largest, in logarithmic colours, black below {FAINTEST:g}."
    )
    if not data.reach:
        return text
    over = f"over neurons and {data.n_examples} examples" if data.n_examples > 1 else "over neurons"
    text += f" C: {over}."
    if ("e-prop", "R") in data.reach or ("e-prop", "A") in data.reach:
        text += " E-prop lets no error pass from neuron to neuron."
    return text + " Dotted: what the membrane, or the adaptation, keeps by itself."


figure = RunFigure(title="BPTT", load=load, sheet=sheet)
