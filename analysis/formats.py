"""The formats a picture is written in, chosen by the ending of its name.

Apart from `style`, which imports Matplotlib: a verb checks a name before anything heavy is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from lsnn_core.errors import UsageError

FORMATS = ("pdf", "svg", "png")


def output_format(out: str, formats: Sequence[str] = FORMATS) -> str:
    """Return the one of `formats` that the name `out` asks for.

    Raises
    ------
    UsageError
        If the suffix is none of them.
    """
    suffix = os.path.splitext(out)[1].lower().removeprefix(".")
    if suffix in formats:
        return suffix
    known = ", ".join(f".{name}" for name in formats)
    ending = f"found .{suffix}" if suffix else "found none"
    raise UsageError(f"output {out!r}: expected a name ending in one of {known}, {ending}")
