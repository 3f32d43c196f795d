"""Which processors this process may use: a batch system or `taskset` keeps some from it."""

from __future__ import annotations

import os


def usable_processors() -> list[int]:
    """Return their numbers: all of the machine's, where a system keeps none back (macOS)."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def processor_count() -> int:
    """How many threads can run at once."""
    return len(usable_processors())
