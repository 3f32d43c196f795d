"""`lsnn figure NAME RUN.h5 ... [-o OUT]`: draw a figure from run files.

Figures are entry points of the group ``lsnn.figures``, so a user's own package adds some with one
line in its `pyproject.toml`.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import os
from collections.abc import Sequence
from importlib.abc import InspectLoader
from importlib.machinery import PathFinder
from importlib.metadata import EntryPoint
from importlib.util import find_spec
from typing import Any

from lsnn_core import plugins
from lsnn_core.errors import UsageError

from ..formats import FORMATS, output_format
from ..look import Look
from .display import without_display
from .gallery import WHERE

_LIST = "(the figures)"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Puts the list of figures into the help, and looks for them only when help is asked for."""

    def add_text(self, text: str | None) -> None:
        super().add_text(figure_lines() if text == _LIST else text)


class FigureCommand:
    """Draw a figure from one or several run files."""

    help = "draw a figure from run files"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare NAME, the run files and the output."""
        parser.formatter_class = _Formatter
        parser.epilog = _LIST
        parser.add_argument("name", metavar="NAME", help="which figure; they are listed below")
        parser.add_argument(
            "runs", metavar="RUN.h5", nargs="+", help=f"run files to draw from; ours are {WHERE}"
        )
        parser.add_argument(
            "-o",
            "--out",
            metavar="OUT",
            help="picture ending in .pdf, .svg or .png (NAME.pdf); table1 also .csv or .md",
        )
        parser.add_argument(
            "--width", metavar="INCHES", type=float,
            help="3.5 for one column of a page, 7 for all of it, or any other; what does not fit "
            "side by side goes below one another, text keeps its size",
        )  # fmt: skip
        parser.add_argument(
            "--style", metavar="STYLE",
            help="a Matplotlib style by name, or a style file, laid over ours (a file that says "
            "svg.fonttype: none makes an SVG with text as text)",
        )  # fmt: skip
        parser.add_argument(
            "--panel", metavar="LETTER", help="draw only the panel with this letter"
        )
        parser.add_argument("--no-note", action="store_true", help="leave out the note at the foot")

    def run(self, args: argparse.Namespace) -> int:
        """Draw the figure and print the name of the picture."""
        look = Look(args.width, args.style, args.panel, note=not args.no_note)
        from lsnn_core import lookover

        lookover.start()  # while this process imports what is heavy

        with without_display():
            figure = plugins.load(plugins.FIGURES, args.name)
            out = args.out if args.out is not None else f"{args.name}.pdf"
            _check_output(out, getattr(figure, "formats", FORMATS))
            if look == Look():
                figure.draw(list(args.runs), out)
            else:
                _check_looks(args.name, figure)
                figure.draw(list(args.runs), out, look)
        print(out)
        return 0


def figure_lines() -> str:
    """Return the list of figures, a line each: its name and the first line of its docstring."""
    points = plugins.find(plugins.FIGURES)
    width = max(map(len, points), default=0)
    lines = [f"  {name:{width}}  {_first_line(point)}" for name, point in points.items()]
    return "figures:\n" + "\n".join(lines)


def _first_line(point: EntryPoint) -> str:
    """Return what a figure's module says of itself, without its full stop; nothing is imported."""
    try:
        docstring = ast.get_docstring(ast.parse(_source(point.module)))
    except (ImportError, SyntaxError, ValueError, RecursionError) as error:
        # one broken package must not take the others' help away
        return f"(figure {point.name!r} cannot be loaded from {point.value}: {error})"
    return (docstring or "").partition("\n")[0].removesuffix(".")


def _source(module: str) -> str:
    """Return a module's text, empty if it was compiled from another language.

    `importlib.util.find_spec` finds the outermost package alone: it would import every package on
    the way to a module inside it.
    """
    package, *inner = module.split(".")
    spec, name = find_spec(package), package
    for part in inner:
        name = f"{name}.{part}"
        places = spec.submodule_search_locations if spec is not None else None
        spec = None if places is None else PathFinder.find_spec(name, places)
    if spec is None:
        raise ModuleNotFoundError(f"No module named {module!r}")
    source = spec.loader.get_source(name) if isinstance(spec.loader, InspectLoader) else None
    return source or ""


def _check_looks(name: str, figure: Any) -> None:
    """Refuse to ask a figure for a look that knows of none."""
    if "look" not in inspect.signature(figure.draw).parameters:
        raise UsageError(
            f"figure {name}: takes no --width, --style, --panel or --no-note; its `draw` has no"
            " `look`"
        )


def _check_output(out: str, formats: Sequence[str]) -> None:
    """Refuse what cannot be written before anything is read or drawn."""
    output_format(out, formats)
    folder = os.path.dirname(out) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"output {out!r}: folder {folder!r} does not exist; create it first")
    if os.path.isdir(out):
        raise UsageError(f"output {out!r}: is a folder; name a file")


figure = FigureCommand()
