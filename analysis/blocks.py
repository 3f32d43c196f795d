"""What a figure is made of: lettered panels in rows that break where they must, and in grids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure

from .style import columns, letter, rows, width_of

__all__ = ["Panel", "PanelGrid", "PanelRow", "PanelStack"]  # handed on by `analysis`

SQUEEZE = 0.72  # of its width is enough for a panel, unless it says otherwise (our choice)

Height: TypeAlias = float | Callable[[float], float]


@dataclass(frozen=True)
class Panel:
    """A part of a figure that has a letter.

    Attributes
    ----------
    draw
        Draws it on a part of a figure.
    width_in
        How wide it likes to be.
    height_in
        How high it is; a function of its width if that matters.
    least_in
        How narrow it may get beside others; most of `width_in` if 0.
    letters
        How many letters it takes: what says that panels are missing stands for all of them.
    """

    draw: Callable[[SubFigure], None]
    width_in: float
    height_in: Height
    least_in: float = 0.0
    letters: int = 1

    @property
    def least(self) -> float:
        """How narrow it may get beside others."""
        return self.least_in or SQUEEZE * self.width_in

    def height(self, width: float) -> float:
        """How high it is where it is so wide."""
        return self.height_in(width) if callable(self.height_in) else self.height_in

    def place(self, part: SubFigure, names: Sequence[str]) -> None:
        """Draw it, and name it."""
        if any(names):
            letter(part, ", ".join(names))
        self.draw(part)


@dataclass(frozen=True)
class PanelStack:
    """Panels below one another, as one thing in a row."""

    panels: tuple[Panel, ...]

    @property
    def width_in(self) -> float:
        """How wide the widest likes to be."""
        return max(panel.width_in for panel in self.panels)

    @property
    def least(self) -> float:
        """How narrow they may get."""
        return max(panel.least for panel in self.panels)

    @property
    def letters(self) -> int:
        """How many letters they take."""
        return sum(panel.letters for panel in self.panels)

    def height(self, width: float) -> float:
        """How high all are."""
        return sum(panel.height(width) for panel in self.panels)

    def place(self, part: SubFigure, names: Sequence[str]) -> None:
        """Draw them."""
        width, left = width_of(part), list(names)
        for one, panel in zip(
            rows(part, [p.height(width) for p in self.panels]), self.panels, strict=True
        ):
            panel.place(one, left[: panel.letters])
            left = left[panel.letters :]


@dataclass(frozen=True)
class PanelRow:
    """Panels side by side, that break into several lines where the figure is narrow.

    Attributes
    ----------
    items
        Panels, or stacks of them.
    legend
        What stands above all, and its title.
    legend_title
        Above the legend.
    """

    items: tuple[Panel | PanelStack, ...]
    legend: tuple[Artist, ...] = ()
    legend_title: str = ""

    @property
    def width_in(self) -> float:
        """How wide it likes to be."""
        return sum(item.width_in for item in self.items)

    @property
    def letters(self) -> int:
        """How many letters it takes."""
        return sum(item.letters for item in self.items)

    def only(self, place: int) -> PanelRow:
        """The same with the only panel that has the letter with number `place`."""
        flat = [
            p
            for item in self.items
            for p in (item.panels if isinstance(item, PanelStack) else (item,))
        ]
        ends = [sum(p.letters for p in flat[: k + 1]) for k in range(len(flat))]
        chosen = next(p for p, end in zip(flat, ends, strict=True) if place < end)
        return PanelRow((chosen,), self.legend, self.legend_title)

    def lines(self, width: float, names: Sequence[str]) -> list[Line]:
        """Break it into lines of a figure so wide."""
        found: list[Line] = []
        left, names = list(self.items), list(names)
        while left:
            n = 1
            while n < len(left) and sum(i.least for i in left[: n + 1]) <= width:
                n += 1
            here, left = left[:n], left[n:]
            taken = sum(item.letters for item in here)
            found.append(_side_by_side(here, width, names[:taken]))
            names = names[taken:]
        return found


@dataclass(frozen=True)
class PanelGrid:
    """Axes of one size in line with each other, as many side by side as there is room for.

    Attributes
    ----------
    panels
        Each draws on its axes.
    size_in
        How wide and high a panel likes to be.
    columns
        How many are side by side at most.
    legend, legend_title
        What stands above all, and its title.
    one_ylabel
        Whether the label of y is the same everywhere, and so stands at the left alone.
    """

    panels: tuple[Callable[[Axes], None], ...]
    size_in: tuple[float, float]
    columns: int = 3
    legend: tuple[Artist, ...] = ()
    legend_title: str = ""
    one_ylabel: bool = False

    @property
    def n_columns(self) -> int:
        """How many are side by side where there is room."""
        return min(len(self.panels), self.columns)

    @property
    def width_in(self) -> float:
        """How wide it likes to be."""
        return self.n_columns * self.size_in[0]

    @property
    def letters(self) -> int:
        """How many letters it takes."""
        return len(self.panels)

    def only(self, place: int) -> PanelGrid:
        """The same with the only panel that has the letter with number `place`."""
        return PanelGrid(
            (self.panels[place],), self.size_in, 1, self.legend, self.legend_title, self.one_ylabel
        )

    def lines(self, width: float, names: Sequence[str]) -> list[Line]:
        """All of it: its lines are of one piece, so that axes are in line."""
        n = min(self.n_columns, max(1, int(width / (SQUEEZE * self.size_in[0]))))
        n_rows = -(-len(self.panels) // n)

        def draw(part: SubFigure) -> None:
            grid = list(part.subplots(n_rows, n, squeeze=False).flat)
            for ax in grid[len(self.panels) :]:
                ax.remove()
            for k, (ax, panel) in enumerate(zip(grid, self.panels, strict=False)):
                panel(ax)
                if names[k]:
                    _axes_letter(ax, names[k])
                if self.one_ylabel and k % n:
                    ax.set_ylabel("")

        return [Line(self.size_in[1] * n_rows, draw)]


@dataclass(frozen=True)
class Line:
    """What goes over the whole width of a figure: its height in inches, and what draws it."""

    height_in: float
    draw: Callable[[SubFigure], None]


def _side_by_side(items: Sequence[Panel | PanelStack], width: float, names: Sequence[str]) -> Line:
    total = sum(item.width_in for item in items)
    widths = [item.width_in * width / total for item in items]

    def draw(part: SubFigure) -> None:
        left = list(names)
        for one, item in zip(columns(part, widths), items, strict=True):
            item.place(one, left[: item.letters])
            left = left[item.letters :]

    return Line(max(i.height(w) for i, w in zip(items, widths, strict=True)), draw)


def _axes_letter(ax: Axes, name: str) -> None:
    """Name axes by a bold letter above their upper left corner."""
    ax.annotate(
        name, (0, 1), xycoords="axes fraction", xytext=(-26, 3), textcoords="offset points",
        weight="bold", fontsize=9, ha="left", va="bottom", annotation_clip=False,
    )  # fmt: skip
