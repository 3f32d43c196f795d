"""A figure, drawn as `lsnn figure` draws it, but not saved."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from matplotlib.figure import Figure

from analysis import style


def picture(module: ModuleType, data: Any) -> Figure:
    """Return what a figure's module draws of what it has loaded."""
    with style.context():
        fig = style.new_figure()
        module.draw(fig, data)
    return fig
