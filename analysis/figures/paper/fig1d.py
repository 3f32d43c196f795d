"""One digit through the network: spikes of X, R and A, thresholds, softmax readout.

Figure 1D of the paper. From the top: the digit and its pixels in the order shown, spikes of the
input X, of the excitatory and inhibitory regular neurons R and of the adaptive neurons A,
thresholds of some adaptive neurons, and the softmax readout, with the window in which it is read.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from lsnn_core.errors import BadFileError

from ...colours import PALETTE
from ...panels.digit import digit, pixel_sequence
from ...panels.rows import TICK_IN, row_name
from ...panels.softmax import readout_window, softmax_readout
from ...panels.ticks import spike_ticks
from ...panels.traces import traces
from ...reading.populations import Population, adaptive, inputs, neuron_signs, regular
from ...reading.run import Run, open_run
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import TEXT_IN, width_of

Array = npt.NDArray[Any]

DT_MS = 1.0
NAME_IN = 0.62
RECORDS = "lsnn evaluate RUN.h5, on a run of a digit task such as smnist-deepr"
EXAMPLE = "recordings/example"
PIXEL_ORDER = f"{EXAMPLE}/pixel_order"


@dataclass(frozen=True)
class Fig1dData:
    """What the figure shows.

    Attributes
    ----------
    image
        Grey values, (rows, columns).
    shown
        The same numbers, filled in row by row in the order in which they are shown.
    permuted
        Whether that order is not row by row.
    label, prediction
        Classes.
    ms_per_pixel, duration_ms, readout_start_ms
        Times of the example; the readout is read from `readout_start_ms` to the end.
    channels, prompt
        The input X, and its last channel apart if that is a prompt: silent during the image.
    neurons
        R and A, as far as the network has them.
    threshold, baseline
        B_j(t) (T, k) and b0_j (k) of some adaptive neurons; None in a network without them.
    softmax
        (T, n_out).
    about
        Traces the picture to its run.
    """

    image: Array
    shown: Array
    permuted: bool
    label: int
    prediction: int
    ms_per_pixel: float
    duration_ms: float
    readout_start_ms: float
    channels: Population
    prompt: Population | None
    neurons: tuple[Population, ...]
    threshold: Array | None
    baseline: Array | None
    softmax: Array
    about: str


def load(path: str) -> Fig1dData:
    """Read what the figure shows from one run file.

    Raises
    ------
    BadFileError
        If the file lacks a panel's data (named, with the command that records it), or its arrays
        contradict each other.
    """
    with open_run(path) as run:
        return read(run)


def sheet(data: Fig1dData) -> Sheet:
    """A column over one time axis, which is a single panel."""
    return Sheet.of(partial(draw_panels, data=data), TEXT_IN, height_in(data))


def height_in(data: Fig1dData) -> float:
    """Return the height in inches that gives each panel its room."""
    return sum(_heights(data)) + 0.5


def draw_panels(part: SubFigure, data: Fig1dData) -> None:
    """Draw a column of rows over one time axis, their names to the left."""
    rasters = (data.channels, *data.neurons)
    heights = _heights(data)
    widths = [NAME_IN, width_of(part) - NAME_IN]
    grid = part.subplots(len(heights), 2, width_ratios=widths, height_ratios=heights, squeeze=False)
    names, panels = list(grid[:, 0]), list(grid[:, 1])
    _draw_stimulus(names[0], panels[0], data)
    for name, panel, population in zip(names[1:], panels[1:], rasters, strict=False):
        _draw_raster(name, panel, population, data)
    if data.threshold is not None:
        _draw_thresholds(names[-2], panels[-2], data.threshold, data.baseline)
    _draw_softmax(names[-1], panels[-1], data)
    _share_time(panels, data)


def _heights(data: Fig1dData) -> list[float]:
    """Return the heights of the panels in inches."""
    rasters = [_raster_height(p) for p in (data.channels, *data.neurons)]
    return [0.5, *rasters, *([] if data.threshold is None else [0.6]), 0.75]


def read(run: Run) -> Fig1dData:
    """Read what the figure shows from an open run; see `load`."""
    image = run.array(f"{EXAMPLE}/image", made_by=RECORDS, ndim=2)
    softmax = run.array(f"{EXAMPLE}/softmax", made_by=RECORDS, ndim=2)
    n_steps, n_out = softmax.shape
    if not image.size or image.size > n_steps or not n_out:
        raise BadFileError(
            f"{run.path}: /{EXAMPLE}: an image of {image.shape} pixels and a softmax of"
            f" {softmax.shape} cannot be of one example; record it with: {RECORDS}"
        )
    ms_per_pixel = DT_MS * _integer(run, "steps_per_pixel", 1, n_steps // image.size)
    channels, prompt = inputs(run, ms_per_pixel * image.size)
    threshold, baseline = _thresholds(run, n_steps)
    return Fig1dData(
        image=image,
        shown=image.ravel()[_pixel_order(run, image.size)].reshape(image.shape),
        permuted=PIXEL_ORDER in run,
        label=_integer(run, "label", 0, n_out - 1),
        prediction=_integer(run, "prediction", 0, n_out - 1),
        ms_per_pixel=ms_per_pixel,
        duration_ms=DT_MS * n_steps,
        readout_start_ms=DT_MS * _integer(run, "readout_start", 0, n_steps - 1),
        channels=channels,
        prompt=prompt,
        neurons=(*regular(run), *adaptive(run)),
        threshold=threshold,
        baseline=baseline,
        softmax=softmax,
        about=run.about,
    )


def _pixel_order(run: Run, n_pixels: int) -> Array:
    """Return which pixel is shown when: row by row unless the file says otherwise."""
    if PIXEL_ORDER not in run:
        return np.arange(n_pixels)
    order = run.array(PIXEL_ORDER, made_by=RECORDS, ndim=1, length=n_pixels)
    if not np.array_equal(np.sort(order), np.arange(n_pixels)):
        raise BadFileError(
            f"{run.path}: /{PIXEL_ORDER}: expected each of the pixels 0 to {n_pixels - 1} once"
        )
    return order.astype(np.int64)


def _thresholds(run: Run, n_steps: int) -> tuple[Array | None, Array | None]:
    """Return B_j(t) and b0_j of the recorded adaptive neurons, None without such neurons."""
    n_regular, sign = neuron_signs(run)
    if n_regular == sign.size:
        return None, None
    threshold = run.array(f"{EXAMPLE}/threshold", made_by=RECORDS, ndim=2, length=n_steps)
    k = threshold.shape[1]
    nodes = run.array(f"{EXAMPLE}/threshold_nodes", made_by=RECORDS, ndim=1, length=k)
    if k == 0 or nodes.min() < n_regular or nodes.max() >= sign.size:
        raise BadFileError(
            f"{run.path}: /{EXAMPLE}/threshold_nodes: expected adaptive neurons,"
            f" {n_regular} to {sign.size - 1}"
        )
    b0 = run.array("neurons/b0", made_by="lsnn train", ndim=1, length=sign.size)
    return threshold, b0[nodes.astype(np.int64)]


def _integer(run: Run, name: str, low: int, high: int) -> int:
    return run.integer(f"{EXAMPLE}/{name}", low, high, made_by=RECORDS)


def _raster_height(population: Population) -> float:
    """Return a height in inches that gives each neuron its room and no population all of it."""
    return float(np.clip(0.0105 * population.nodes.size, 0.4, 1.1))


def _draw_stimulus(name: Axes, panel: Axes, data: Fig1dData) -> None:
    digit(name, data.image)
    name.set_anchor("W")
    pixel_sequence(panel, data.shown, ms_per_pixel=data.ms_per_pixel)
    verdict = "correct" if data.label == data.prediction else f"taken for a {data.prediction}"
    order = "permuted" if data.permuted else "row by row"
    panel.set_title(f"pixels of a {data.label}, {order} ({verdict})", loc="left")
    panel.set_title("readout", loc="right")


def _draw_raster(name: Axes, panel: Axes, population: Population, data: Fig1dData) -> None:
    p = population
    tall = TICK_IN * p.nodes.size / _raster_height(p)
    spike_ticks(panel, p.times_ms, p.node_ids, nodes=p.nodes, color=p.colour, height=max(0.9, tall))
    panel.set_yticks([0, p.nodes.size - 1], ["1", str(p.nodes.size)])
    row_name(name, p.name, p.remark, p.colour)
    if p is data.channels and data.prompt is not None:
        _draw_prompt(panel, data.prompt, data)


def _draw_prompt(panel: Axes, prompt: Population, data: Fig1dData) -> None:
    """Draw the prompt's spikes tall and above the other channels: one row among 80 is not seen."""
    n = data.channels.nodes.size
    tall = max(1.0, 0.12 * n)
    row = n + 0.75 * tall
    spike_ticks(
        panel, prompt.times_ms, prompt.node_ids, nodes=prompt.nodes, bottom=row, height=tall
    )
    panel.set_ylim(-1.0, row + 0.75 * tall)
    image_ms = data.image.size * data.ms_per_pixel
    panel.text(0.99 * image_ms, row, "prompt", ha="right", va="center", fontsize=7)


def _draw_thresholds(name: Axes, panel: Axes, threshold: Array, baseline: Array | None) -> None:
    time_ms = DT_MS * np.arange(len(threshold))
    traces(panel, threshold, time_ms=time_ms, baseline=baseline)
    panel.margins(y=0.1)
    panel.locator_params(axis="y", nbins=3)
    row_name(name, "$B_j(t)$", f"of the {threshold.shape[1]} in A\nthat fire most", PALETTE["A"])


def _draw_softmax(name: Axes, panel: Axes, data: Fig1dData) -> None:
    lines = softmax_readout(
        panel, data.softmax, label=data.label, prediction=data.prediction, dt_ms=DT_MS
    )
    classes = {data.prediction: f"{data.prediction} (chosen)", data.label: f"{data.label} (true)"}
    row_name(name, "Y", "softmax", PALETTE["Y"], at=0.8)
    name.legend(
        [lines[k] for k in classes], list(classes.values()), loc="lower left", handlelength=1.2,
        borderaxespad=0, borderpad=0,
    )  # fmt: skip


def _share_time(panels: list[Axes], data: Fig1dData) -> None:
    """Give all panels one time axis, labelled below the last, and shade the readout window."""
    for panel in panels:
        panel.set_xlim(0, data.duration_ms)
        readout_window(panel, data.readout_start_ms, data.duration_ms)
    for panel in panels[:-1]:
        panel.tick_params(labelbottom=False)
    panels[-1].set_xlabel("time (ms)")


figure = RunFigure(
    title="Fig. 1D",
    load=lambda paths: load(one_path("fig1d", paths)),
    sheet=sheet,
)
