"""A quantity over time and rows as an image with a colour scale."""

from __future__ import annotations

import matplotlib
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.colorbar import Colorbar
from matplotlib.image import AxesImage

from ..colours import PALETTE
from .checks import finite, matrix


def heatmap(
    ax: Axes,
    values: npt.ArrayLike,
    *,
    end: float,
    low: float | None = None,
    high: float | None = None,
) -> AxesImage:
    """Draw `values` (rows, T), the first row above, over a time axis from 0 to `end`.

    Values that are not finite are grey. The colour map is cividis: the same in print and with every
    common colour blindness.
    """
    rows = finite(matrix("values", values))
    colours = matplotlib.colormaps["cividis"].with_extremes(bad=PALETTE["context"])
    return ax.imshow(
        np.ma.masked_invalid(rows), cmap=colours, vmin=low, vmax=high, aspect="auto",
        extent=(0.0, end, len(rows) + 0.5, 0.5),
    )  # fmt: skip


def colour_scale(ax: Axes, image: AxesImage, label: str) -> Colorbar:
    """Draw the scale of a `heatmap` to the right of its axes."""
    figure = ax.get_figure()
    assert figure is not None
    bar = figure.colorbar(image, ax=ax, pad=0.02, fraction=0.07, aspect=22)
    bar.outline.set_linewidth(0.5)
    bar.ax.tick_params(width=0.5, length=2)
    bar.set_label(label, fontsize=7, labelpad=2)
    return bar
