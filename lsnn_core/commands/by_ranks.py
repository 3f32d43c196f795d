"""A verb that several processes do together, one run over the ranks of a launcher."""

from __future__ import annotations

import traceback
from collections.abc import Callable


def by_ranks(ended: Callable[[], tuple[int, str]]) -> int:
    """Do what `ended` does as one of the ranks; return the exit code of all.

    `ended` returns an exit code, and what is to be said of an error.
    """
    from ..ranks.together import Ending, together

    def ending() -> Ending:
        try:
            return Ending(*ended())
        except Exception:
            return Ending(1, trace=traceback.format_exc())

    return together(ending)
