"""How much memory this machine has, and this process holds."""

from __future__ import annotations

import os
import pathlib
from typing import Final

UNKNOWN_PROGRAM: Final = 125 * 2**20  # of a program that has just started, where none tells
_LIMITS: Final = (
    pathlib.Path("/sys/fs/cgroup/memory.max"),
    pathlib.Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"),
)


def physical_bytes() -> int | None:
    """Physical memory, None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None


def usable_bytes() -> int | None:
    """Physical memory, or what a container or a batch system leaves us of it."""
    known = [physical_bytes(), *map(_limit, _LIMITS)]
    return min((count for count in known if count), default=None)


def resident_bytes() -> int:
    """What this process holds now; a guess where the system does not tell."""
    try:
        pages = pathlib.Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, AttributeError):
        return UNKNOWN_PROGRAM


def _limit(path: pathlib.Path) -> int | None:
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):  # not this kind of system; "max"
        return None
