"""A digit as an image, and as the sequence of pixels that a network is shown."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.image import AxesImage
from matplotlib.patches import Rectangle, StepPatch

from ..colours import PALETTE
from .checks import matrix


def digit(ax: Axes, image: npt.ArrayLike) -> AxesImage:
    """Draw an image (rows, columns) of grey values 0 to 255, ink dark on white, in a thin frame."""
    picture = ax.imshow(matrix("image", image), cmap="gray_r", vmin=0, vmax=255, aspect="equal")
    _frame(ax, picture.get_extent())
    return picture


def pixel_sequence(ax: Axes, image: npt.ArrayLike, *, ms_per_pixel: float = 1.0) -> AxesImage:
    """Draw the pixels of an image one after another along the time axis, row by row.

    Parameters
    ----------
    ax
        Axes whose horizontal axis is time in ms.
    image
        Grey values 0 to 255, shape (rows, columns).
    ms_per_pixel
        How long each pixel is shown.
    """
    pixels = matrix("image", image).reshape(1, -1)
    extent = (0.0, pixels.size * ms_per_pixel, 0.0, 1.0)
    picture = ax.imshow(pixels, cmap="gray_r", vmin=0, vmax=255, aspect="auto", extent=extent)
    _frame(ax, extent)
    return picture


def reading_order(ax: Axes, image: npt.ArrayLike, *, n_arrows: int = 4) -> None:
    """Draw arrows over a `digit` along some of its rows: pixels are shown row by row."""
    rows, columns = matrix("image", image).shape
    for k in range(n_arrows):
        y = (k + 0.5) * rows / n_arrows - 0.5
        ax.annotate(
            "", (columns - 2, y), (0, y),
            arrowprops={
                "arrowstyle": "-|>,head_width=0.12,head_length=0.25", "linewidth": 0.5,
                "color": PALETTE["R_I"], "shrinkA": 0, "shrinkB": 0,
            },
        )  # fmt: skip


def grey_values(ax: Axes, image: npt.ArrayLike, *, ms_per_pixel: float = 1.0) -> StepPatch:
    """Draw the grey value, 0 to 1, of the pixel shown at each time in ms."""
    pixels = matrix("image", image).ravel() / 255.0
    edges = ms_per_pixel * np.arange(pixels.size + 1)
    area = ax.stairs(pixels, edges, fill=True, color=PALETTE["X"])
    ax.set_xlim(0, edges[-1])
    ax.set_ylim(0, 1.05)
    ax.set_yticks([0, 1])
    ax.set_ylabel("grey")
    return area


def _frame(ax: Axes, extent: tuple[float, float, float, float]) -> None:
    """Put a thin line around the image instead of axes, which may reach beyond it."""
    ax.tick_params(left=False, labelleft=False, bottom=False, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    left, right, bottom, top = extent
    ax.add_patch(
        Rectangle(
            (left, bottom), right - left, top - bottom, fill=False, edgecolor="black",
            linewidth=0.5, clip_on=False,
        )
    )  # fmt: skip
