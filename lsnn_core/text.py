"""Words for people: values, names and text from outside, as one-line messages quote them."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterable

_LONGEST = 60
MAX_LENGTH = 200


def show(value: object) -> str:
    """Quote `value` as Python writes it, on one line and cut to a readable length."""
    try:
        text = repr(value)
    except ValueError:  # Python refuses to print integers of more than 4300 digits
        text = f"a huge {type(value).__name__}"
    return printable(text, _LONGEST)


def hint(name: str, known: Iterable[str]) -> str:
    """Suggest the name meant by a misspelt `name`, or list all when none is near."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    if close:
        return f"did you mean {close[0]!r}?"
    return "known: " + (", ".join(names) or "none")


def printable(text: str | bytes | os.PathLike[str], limit: int = MAX_LENGTH) -> str:
    r"""Return `text` on one line, every control character escaped, cut after `limit` characters.

    A name or a comment in somebody's file can hold terminal escapes that move the cursor, rename
    the window or hide a line; ``"\x1b[2J"`` comes out as the five visible characters it is made of.
    """
    plain = os.fsdecode(text)
    cut = plain if len(plain) <= limit else plain[: limit - 3] + "..."
    return "".join(c if c.isprintable() else _escaped(c) for c in cut)


def name_problem(name: str) -> str | None:
    """Say why something cannot be the name of a group, dataset or metric; None if it can."""
    if not name or "/" in name or name in (".", "..") or len(name) > MAX_LENGTH:
        return f"is not a name (1 to {MAX_LENGTH} characters without /)"
    return None if name.isprintable() else "is not a name (it holds control characters)"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")
