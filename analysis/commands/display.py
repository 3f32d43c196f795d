"""Drawing without a display: what every verb that draws does before Matplotlib is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_display() -> Iterator[None]:
    """Let Matplotlib, if it is imported in here, draw into files, whatever MPLBACKEND says.

    It refuses to be imported where that names nothing it knows.
    """
    before = os.environ.get("MPLBACKEND")
    os.environ["MPLBACKEND"] = "agg"
    try:
        yield
    finally:
        del os.environ["MPLBACKEND"]
        if before is not None:
            os.environ["MPLBACKEND"] = before
