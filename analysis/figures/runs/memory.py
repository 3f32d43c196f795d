"""How long spikes and adaptive thresholds hold a digit's trace, of one or several runs.

Above, of the first run with adaptive neurons: the thresholds during one digit, and how well each
row of pixels can be told at each time from the spikes of R, and from the thresholds of A. Below, of
all runs: how well a row can be told some time after it was shown, how well the class, and how long
a neuron's value stays like itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from lsnn_core.errors import BadFileError, UsageError

from ...blocks import PanelGrid
from ...colours import PALETTE
from ...panels.heatmap import colour_scale, heatmap
from ...reading.run import Run, open_run
from ...reading.thresholds import RECORDS, relative_thresholds
from ...runfigure import RunFigure
from ...sheet import Sheet
from ...style import PAGE_IN, broken_title

Array = npt.NDArray[Any]

MEMORY = "recordings/memory"
SOURCES: Mapping[str, tuple[str, str]] = {
    "R": ("spikes of R", PALETTE["R_E"]),
    "A": ("spikes of A", "#7CC7AE"),
    "B": ("thresholds of A", PALETTE["A"]),
}
STYLES: tuple[Any, ...] = ("-", (0, (3, 1.2)), (0, (1, 1)), (0, (3, 1, 1, 1)))  # one for each run
# Rows of pixels whose trace is followed: those in the middle of a digit's upper half. Rows further
# out tell of one another (few digits reach them), and later ones leave no time (our choice).
HELD = slice(7, 15)
N_CLASSES = 10


@dataclass(frozen=True)
class Memory:
    """What one run's network knows of digits, by source ("R", "A", "B").

    Attributes
    ----------
    name
        The run's recipe.
    time_ms
        (S,): when it was asked, each time a row of pixels had been shown.
    ink
        (S, rows): R squared of each row's sum of grey values.
    decoded
        (S,): percentage of digits whose class was told.
    correlation
        (S,): of a neuron's value with its own k rows later, over digits.
    thresholds
        B_j(t) / b0 of A during the recorded example, (T, neurons); None without A.
    permuted
        Whether a "row" is not one of the image but as many pixels shown one after the other.
    """

    name: str
    time_ms: Array
    ink: Mapping[str, Array]
    decoded: Mapping[str, Array]
    correlation: Mapping[str, Array]
    thresholds: Array | None
    permuted: bool

    @property
    def row_ms(self) -> float:
        """How long a row of pixels is shown."""
        return float(self.time_ms[0])

    def held(self, source: str) -> tuple[Array, Array]:
        """Return times since a row of `HELD` was shown, and the mean R squared of them then."""
        ink = self.ink[source]
        rows = np.arange(*HELD.indices(ink.shape[1]))
        rows = rows[np.all(np.isfinite(ink[:, rows]), axis=0)]
        lags = np.arange(len(ink) - HELD.stop + 1)
        mean = (
            ink[rows + lags[:, None], rows].mean(axis=1)
            if rows.size
            else np.full(lags.size, np.nan)
        )
        return self.row_ms * lags, mean


@dataclass(frozen=True)
class MemoryData:
    """All runs; `shown` is the one in the panels above."""

    runs: tuple[Memory, ...]
    shown: Memory
    about: str


def load(paths: Sequence[str]) -> MemoryData:
    """Read one or several runs of sequential MNIST.

    Raises
    ------
    BadFileError
        If a run has no such recording (named, with the command that records it).
    """
    if not 1 <= len(paths) <= len(STYLES):
        raise UsageError(
            f"figure memory: expected one to {len(STYLES)} run files, found {len(paths)}"
        )
    runs, about = [], []
    for path in paths:
        with open_run(path) as run:
            runs.append(read(run))
            about.append(run.about)
    adaptive = [run for run in runs if run.thresholds is not None]
    return MemoryData(tuple(runs), (adaptive or runs)[0], "; ".join(about))


def sheet(data: MemoryData) -> Sheet:
    """Images above (A to C with adaptive neurons) and curves below."""
    shown = data.shown
    images: list[Callable[[Axes], None]] = []
    if shown.thresholds is not None:
        images.append(partial(_draw_thresholds, relative=shown.thresholds))
    sources = [s for s in ("R", "B") if s in shown.ink]
    top = max(float(np.nanmax(shown.ink[s])) for s in sources)
    images += [partial(_draw_ink, run=shown, source=source, top=top) for source in sources]
    curves = tuple(
        partial(draw, data=data) for draw in (_draw_held, _draw_decoded, _draw_correlation)
    )
    return Sheet(
        (
            PanelGrid(tuple(images), (PAGE_IN / 3, 1.9)),
            PanelGrid(curves, (PAGE_IN / 3, 1.95), legend=_handles(data)),
        )
    )


def read(run: Run) -> Memory:
    """Read what one run's network knows; see `load`."""
    time_ms = run.array(f"{MEMORY}/time_ms", made_by=f"{RECORDS}, on a run of smnist", ndim=1)
    n = time_ms.size
    if n < HELD.stop or time_ms[0] <= 0:
        raise BadFileError(
            f"{run.path}: /{MEMORY}/time_ms: expected {HELD.stop} or more times above 0"
        )
    sources = [s for s in SOURCES if f"{MEMORY}/ink_{s}" in run]
    if not sources:
        raise BadFileError(f"{run.path}: no /{MEMORY}/ink_R in it; record it with: {RECORDS}")

    def recorded(kind: str, source: str, ndim: int) -> Array:
        return run.array(f"{MEMORY}/{kind}_{source}", made_by=RECORDS, ndim=ndim, length=n)

    of_a = relative_thresholds(run)
    return Memory(
        name=run.recipe,
        time_ms=time_ms,
        ink={s: recorded("ink", s, 2) for s in sources},
        decoded={s: 100.0 * recorded("class", s, 1) for s in sources},
        correlation={s: recorded("correlation", s, 1) for s in sources},
        thresholds=None if of_a is None else of_a.relative,
        permuted=run.setting("task", "permuted") is True,
    )


def _draw_thresholds(ax: Axes, relative: Array) -> None:
    """Draw all thresholds, in the order in which they reach half of their highest value."""
    rise = relative - 1.0
    half = rise >= 0.5 * rise.max(axis=0)
    when = np.where(rise.max(axis=0) > 0, half.argmax(axis=0), len(rise))
    order = np.argsort(when, kind="stable")
    image = heatmap(ax, relative[:, order].T, end=float(len(relative)), low=1.0)
    colour_scale(ax, image, r"$B_j(t)\,/\,b^0_j$")
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("neuron of A, by onset")
    broken_title(ax, "thresholds during one digit", 7)


def _draw_ink(ax: Axes, run: Memory, source: str, top: float) -> None:
    ink = run.ink[source]
    end = float(run.time_ms[-1])
    image = heatmap(ax, ink.T, end=end, low=0.0, high=top)
    n_rows = ink.shape[1]
    rows = np.arange(n_rows + 1)
    ax.plot(rows * run.row_ms, rows + 0.5, color="white", linewidth=0.8, linestyle=":")
    ax.set_ylim(n_rows + 0.5, 0.5)
    colour_scale(ax, image, r"$R^2$")
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("group of pixels,\nas shown" if run.permuted else "row of pixels")
    broken_title(ax, f"told from the {SOURCES[source][0]}", 7)


def _draw_held(ax: Axes, data: MemoryData) -> None:
    row = "group of pixels" if any(run.permuted for run in data.runs) else "row"
    for run, source, look in _lines(data):
        since, mean = run.held(source)
        ax.plot(since, np.maximum(mean, 0.0), **look)  # below 0 is as good as nothing told
    ax.set_xlim(left=0)
    ax.set_ylim(bottom=0)
    ax.set_xlabel(f"time since the {row}\nwas shown (ms)")
    between = " " if row == "row" else "\n"
    ax.set_ylabel(f"mean $R^2$ of a{between}{row}")


def _draw_decoded(ax: Axes, data: MemoryData) -> None:
    for run, source, look in _lines(data):
        ax.plot(run.time_ms, run.decoded[source], **look)
    ax.axhline(100 / N_CLASSES, color=PALETTE["context"], linestyle=":", linewidth=0.6)
    ax.set_xlim(left=0)
    ax.set_ylim(0, 104)
    ax.set_xlabel("time (ms)")
    ax.set_ylabel("class told (%)")


def _draw_correlation(ax: Axes, data: MemoryData) -> None:
    for run, source, look in _lines(data):
        lag = run.row_ms * np.arange(run.time_ms.size)
        ax.plot(lag, run.correlation[source], **look)
    ax.axhline(0, color=PALETTE["context"], linewidth=0.6, zorder=1)
    ax.set_xlim(left=0)
    ax.set_xlabel("lag (ms)")
    ax.set_ylabel("autocorrelation")


def _lines(data: MemoryData) -> Iterator[tuple[Memory, str, dict[str, Any]]]:
    """Yield each run and source that is a line, with its look."""
    for run, style in zip(data.runs, STYLES, strict=False):
        for source in run.ink:
            yield run, source, {"color": SOURCES[source][1], "linestyle": style}


def _handles(data: MemoryData) -> tuple[Line2D, ...]:
    shown = [s for s in SOURCES if any(s in run.ink for run in data.runs)]
    handles = [Line2D([], [], color=SOURCES[s][1], label=SOURCES[s][0]) for s in shown]
    if len(data.runs) > 1:
        handles += [
            Line2D([], [], color=PALETTE["X"], linestyle=style, label=run.name)
            for run, style in zip(data.runs, STYLES, strict=False)
        ]
    return tuple(handles)


figure = RunFigure(
    title="Memory",
    load=load,
    sheet=sheet,
)
