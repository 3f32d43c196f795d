"""What a measurement ran on: enough to compare two files of results, or to see why not to."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from ..threads import processor_count
from ..version import __version__

PACKAGES = ("numpy", "numba", "llvmlite", "scipy")
SLOWING = ("OPENBLAS_CORETYPE", "OPENBLAS_L2_SIZE")  # force an old kernel on a new processor
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def environment() -> dict[str, Any]:
    """Return processor, versions and time, ready for JSON."""
    return {
        "lsnn": __version__,
        "python": platform.python_version(),
        **{name: _version(name) for name in PACKAGES},
        "processor": _processor(),
        "processors": processor_count(),
        "machine": platform.machine(),
        "system": platform.system(),
        "load": _load(),
        "created_utc": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def measured_environment(threads: int) -> dict[str, str]:
    """Return the environment variables of a measured process that may use `threads` threads."""
    kept = {name: value for name, value in os.environ.items() if name not in SLOWING}
    return {**kept, **dict.fromkeys(THREADS, str(threads))}


def _load() -> float | None:
    """Return how many processes wanted a processor in the last minute; Windows does not count."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def _version(name: str) -> str | None:
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def _processor() -> str:
    """Return the processor's name as the system knows it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    names = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(names, platform.processor())
