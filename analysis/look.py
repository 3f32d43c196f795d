"""How a figure is asked to look: its width, its style, which panel, with or without its note.

Apart from `style`, which imports Matplotlib: a verb checks what was asked before that is loaded.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from lsnn_core.errors import UsageError
from lsnn_core.text import printable

__all__ = ["Look"]  # handed on by `analysis`

LEAST_IN, MOST_IN = 2.0, 40.0


@dataclass(frozen=True)
class Look:
    """What `lsnn figure` is asked for beside a figure's name and its files.

    Attributes
    ----------
    width_in
        Inches: 3.5 for one column of a page, 7 for all of it. Panels that do not fit side by side
        go below one another; text keeps its size. What suits the figure if None.
    style
        Name of a Matplotlib style, or a style file, laid over ours; None for ours alone.
    panel
        The letter of the only panel to draw; all if None.
    note
        Whether to write what stands below the panels.

    Raises
    ------
    UsageError
        If the width is no number from 2 to 40, or the panel no letter.
    """

    width_in: float | None = None
    style: str | None = None
    panel: str | None = None
    note: bool = True

    def __post_init__(self) -> None:
        """Refuse what no figure can be asked for."""
        width, panel = self.width_in, self.panel
        if width is not None and not (math.isfinite(width) and LEAST_IN <= width <= MOST_IN):
            raise UsageError(
                f"width: expected {LEAST_IN:g} to {MOST_IN:g} inches, such as 3.5 (one column) or"
                f" 7 (a page), found {width:g}"
            )
        if panel is not None and not (len(panel) == 1 and "A" <= panel <= "Z"):
            raise UsageError(
                f"panel: expected a letter from A to Z, found {printable(repr(panel), 40)}"
            )
