"""What a picture's text looks like once it is laid out, for tests of overlap and clipping."""

from __future__ import annotations

from typing import Any
from unittest import mock

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis import style


def one_axes() -> Any:
    """Return a lone axes in our style."""
    with style.context():
        return style.new_figure(3.25, 2).subplots()


def text_boxes(fig: Figure) -> dict[str, np.ndarray]:
    """Return the box (left, bottom, right, top), in pixels, of each text that `fig` shows."""
    boxes, draw = {}, Text.draw

    def record(text: Text, renderer: Any) -> None:
        draw(text, renderer)
        if text.get_visible() and text.get_text().strip():
            name = f"{text.get_text()!r} #{len(boxes)}"
            boxes[name] = np.array(text.get_window_extent(renderer).extents)

    with style.context(), mock.patch.object(Text, "draw", record):
        FigureCanvasAgg(fig).draw()
    return boxes


def flaws(fig: Figure) -> list[str]:
    """Return what is wrong with the text of `fig`: beyond the page, or on other text."""
    boxes = list(text_boxes(fig).items())
    width, height = fig.get_size_inches() * fig.dpi
    page = np.array([0, 0, width, height])
    clipped = [f"{a} is clipped" for a, box in boxes if not _within(box, page)]
    overlaps = [
        f"{a} and {b} overlap"
        for i, (a, one) in enumerate(boxes)
        for b, two in boxes[i + 1 :]
        if np.all(one[:2] < two[2:] - 0.5) and np.all(two[:2] < one[2:] - 0.5)
    ]
    return clipped + overlaps


def _within(box: np.ndarray, page: np.ndarray) -> bool:
    return bool(np.all(box[:2] >= page[:2] - 0.5) and np.all(box[2:] <= page[2:] + 0.5))
