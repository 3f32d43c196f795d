"""The `lsnn` command: find the verb, run it, turn errors into one line and an exit code.

Exit codes: 0 done, 1 failed, 2 usage, 3 bad file, 4 numerical failure, 130 interrupted. Results go
to stdout, words for people to stderr (see `words`). A verb is an entry point of the group
``lsnn.commands``; only the chosen one is imported, and all of them for ``--help``, so their modules
import nothing heavy.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import EntryPoint
from typing import Protocol

from . import plugins
from .commands.by_ranks import by_ranks
from .errors import INTERRUPTED, LsnnError
from .ranks.launch import BY_RANKS, launched
from .runs.signals import leaving_at_once
from .version import __version__
from .words import guarded_streams, say

_ABOUT = "Train recurrent spiking networks with adaptive neurons (LSNNs) on a CPU."


class Command(Protocol):
    """What the entry point of a verb stands for."""

    help: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the verb's own arguments."""

    def run(self, args: argparse.Namespace) -> int:
        """Do the work and return the exit code."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run ``lsnn ARGV...`` and return its exit code."""
    given = list(sys.argv[1:] if argv is None else argv)
    with guarded_streams():
        if given and given[0] in BY_RANKS and launched().size > 1:
            return by_ranks(lambda: _ended(given))
        code, message = _ended(given)
        if message:
            say(f"lsnn: error: {message}")
        return code


def _ended(argv: list[str]) -> tuple[int, str]:
    """Run it; return the exit code, and what is to be said of an error."""
    try:
        with leaving_at_once():
            code = _run(argv)
            sys.stdout.flush()  # what cannot be written shows here, not at exit
            return code, ""
    except LsnnError as error:
        return error.exit_code, str(error)
    except BrokenPipeError:  # the reader has seen enough
        return 1, ""
    except OSError as error:  # a full disk, a forbidden folder: the message says which
        return 1, str(error)
    except KeyboardInterrupt:
        return INTERRUPTED, "interrupted"


def _run(argv: list[str]) -> int:
    try:
        return _dispatch(argv)
    except SystemExit as end:  # how argparse ends: after --help, or after saying what was wrong
        return end.code if isinstance(end.code, int) else 1


def _dispatch(argv: list[str]) -> int:
    if not argv or argv[0].startswith("-"):
        parser = _top_parser()
        parser.parse_args(argv)  # ends here for --help, --version and unknown options
        parser.error("which verb? `lsnn --help` lists them")
    verb, *rest = argv
    command: Command = plugins.load(plugins.COMMANDS, verb)
    parser = argparse.ArgumentParser(
        prog=f"lsnn {verb}", description=command.help, allow_abbrev=False
    )
    command.add_arguments(parser)
    return command.run(parser.parse_args(rest))


def _top_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lsnn",
        usage="lsnn VERB ...",
        description=_ABOUT,
        epilog="verbs (`lsnn VERB --help` tells more):\n" + _verb_lines(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lsnn {__version__}")
    return parser


def _verb_lines() -> str:
    points = plugins.find(plugins.COMMANDS)
    width = max(map(len, points), default=0)
    return "\n".join(f"  {name:{width}}  {_help(point)}" for name, point in points.items())


def _help(point: EntryPoint) -> str:
    try:
        return str(plugins.load_point(point).help)
    except LsnnError as error:  # one broken package must not take the others' help away
        return f"({error})"
