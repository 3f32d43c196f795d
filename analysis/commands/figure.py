"""`lsnn figure NAME RUN.h5 ... [-o OUT]`: draw a figure from run files.

Figures are entry points of the group ``lsnn.figures``, so a user's own package adds some with one
line in its `pyproject.toml`.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

from lsnn_core import plugins
from lsnn_core.errors import LsnnError, UsageError

from ..style import FORMATS, output_format, without_display
from .gallery import WHERE

_LIST = "(the figures)"


class _Formatter(argparse.RawDescriptionHelpFormatter):
    """Puts the list of figures into the help, and imports them only when help is asked for."""

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

    def run(self, args: argparse.Namespace) -> int:
        """Draw the figure and print the name of the picture."""
        from lsnn_core.files import lookover as h5look

        h5look.start()  # while this process imports

        with without_display():
            figure = plugins.load(plugins.FIGURES, args.name)
            out = args.out if args.out is not None else f"{args.name}.pdf"
            _check_output(out, getattr(figure, "formats", FORMATS))
            figure.draw(list(args.runs), out)
        print(out)
        return 0


def figure_lines() -> str:
    """Return the list of figures, a line each: name and help."""
    points = plugins.find(plugins.FIGURES)
    width = max(map(len, points), default=0)
    with without_display():  # a user's own figure may import Matplotlib at once
        lines = [f"  {name:{width}}  {_help(name)}" for name in points]
    return "figures:\n" + "\n".join(lines)


def _help(name: str) -> str:
    try:
        return str(plugins.load(plugins.FIGURES, name).help)
    except LsnnError as error:  # one broken package must not take the others' help away
        return f"({error})"


def _check_output(out: str, formats: Sequence[str]) -> None:
    """Refuse what cannot be written before anything is read or drawn."""
    output_format(out, formats)
    folder = os.path.dirname(out) or "."
    if not os.path.isdir(folder):
        raise UsageError(f"output {out!r}: folder {folder!r} does not exist; create it first")
    if os.path.isdir(out):
        raise UsageError(f"output {out!r}: is a folder; name a file")


figure = FigureCommand()
