"""A remark in the middle of an axes, so that an empty panel says why it is empty."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.text import Text

from ..colours import PALETTE


def note(ax: Axes, text: str) -> Text:
    """Write `text` in grey in the middle of `ax`."""
    return ax.text(
        0.5, 0.5, text, transform=ax.transAxes, ha="center", va="center",
        color=PALETTE["X"], style="italic",
    )  # fmt: skip
