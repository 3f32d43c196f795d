"""Words for people: values and names as they are quoted in one-line messages."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from .text_printable import printable

_LONGEST = 60


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
