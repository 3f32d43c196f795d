"""A figure, drawn as `lsnn figure` draws it, but not saved."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from matplotlib.figure import Figure

from analysis import Look, style
from analysis.runfigure import PLAIN


def picture(module: ModuleType, data: Any, look: Look = PLAIN) -> Figure:
    """Return what a figure's module draws of what it has loaded."""
    with style.context():
        return module.figure.picture(data, look)
