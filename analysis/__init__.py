"""Figures from run files alone: `lsnn figure NAME RUN.h5`, and panels for figures of your own.

    from matplotlib.figure import Figure
    from analysis import raster, thresholds

    fig = Figure(figsize=(3.25, 4))
    above, below = fig.subplots(2)
    raster(above, "run.h5")  # or what `LSNN.forward` returned
    thresholds(below, "run.h5")
    fig.savefig("mine.pdf")

`raster`, `thresholds` and `voltages` draw a run, live or from a file; other panels take arrays.
`RunFigure` makes a figure of panels, which `lsnn figure` draws as wide as it is asked to.

The names of `panels`, `reading` and the modules beside them are handed on. They are looked for on
first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .blocks import *  # noqa: F403
    from .colours import *  # noqa: F403
    from .look import *  # noqa: F403
    from .panels import *  # noqa: F403
    from .reading import *  # noqa: F403
    from .runfigure import *  # noqa: F403
    from .sheet import *  # noqa: F403
    from .style import *  # noqa: F403


def _homes() -> Iterator[ModuleType]:
    """Import one by one what is handed on, Matplotlib's part last: what needs none loads none."""
    for home in ("colours", "look", "reading", "style", "blocks", "sheet", "runfigure", "panels"):
        yield importlib.import_module(f".{home}", __name__)


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return sorted(name for home in _homes() for name in home.__all__)
    if not name.startswith("_"):
        for home in _homes():
            if name in home.__all__:
                return getattr(home, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return [*globals(), *__getattr__("__all__")]
