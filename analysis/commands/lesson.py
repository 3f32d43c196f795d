"""`lsnn lesson [N]`: list the lessons on how a spiking network learns, or read and run one."""

from __future__ import annotations

import argparse
from pathlib import Path

from lsnn_core.errors import UsageError

from .display import without_display


class LessonCommand:
    """List the lessons, run one, or write it as a notebook."""

    help = "how the gradient passes through spikes, in lessons to read and to run"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the lesson and what to do with it."""
        parser.add_argument(
            "number", metavar="N", nargs="?", type=int, help="which; all are listed without it"
        )
        parser.add_argument(
            "--solutions", action="store_true", help="the answers to its exercises instead"
        )
        parser.add_argument(
            "--notebook", action="store_true",
            help="do not run it: write it as a Jupyter notebook, and print its name",
        )  # fmt: skip
        parser.add_argument(
            "--out", metavar="FOLDER", type=Path, default=Path(),
            help="where pictures and notebooks go (the current folder)",
        )  # fmt: skip

    def run(self, args: argparse.Namespace) -> int:
        """List, run or write."""
        from ..lessons.cells import lesson, lessons

        if args.number is None:
            _refuse_without_lesson(args)
            for one in lessons():
                print(f"{one.number}  {one.title}")
            return 0
        chosen = lesson(args.number)
        script = chosen.solutions if args.solutions else chosen.path
        if not args.out.is_dir():
            raise UsageError(f"out {str(args.out)!r}: folder does not exist; create it first")
        if args.notebook:
            return _write_notebook(script, args.out, solutions=args.solutions)
        _play(script, args.out)
        return 0


def _refuse_without_lesson(args: argparse.Namespace) -> None:
    for name in ("solutions", "notebook"):
        if getattr(args, name):
            raise UsageError(f"--{name}: expected a lesson's number, too, such as 1, found none")


def _play(script: Path, out: Path) -> None:
    with without_display():
        from ..lessons.cells import play
        from ..lessons.pictures import pictures_into

        with pictures_into(out) as written:
            play(script)
    for picture in written:
        print(f"picture: {picture}")


def _write_notebook(script: Path, out: Path, *, solutions: bool) -> int:
    from lsnn_core.files import publish

    from ..lessons.cells import notebook

    target = out / f"{script.stem}{'_solutions' if solutions else ''}.ipynb"
    publish(target, notebook(script).encode())
    print(target)
    return 0


lesson = LessonCommand()
