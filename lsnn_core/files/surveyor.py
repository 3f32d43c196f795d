"""The process that reads a foreign file before anybody else does, and may crash on it.

It is started by `lsnn_core.lookover`, which sends it paths and waits for its word.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from typing import Final

from ..errors import BadFileError
from .guarded import open_guarded

CPU_SECONDS: Final = 60
"""Processor time to look one file over; an honest one of 100 MB takes one second."""
MAX_MEMORY: Final = 4 * 2**30
"""Address space, where the system can limit it."""


def serve() -> None:
    """Read paths, a line each, and say "ok" for each file that was survived."""
    print("ok", flush=True)
    for line in sys.stdin:
        limit(MAX_MEMORY)
        with suppress(BadFileError), open_guarded(json.loads(line)) as file:
            file.survey()
        print("ok", flush=True)


def limit(memory: int) -> None:
    """End this process when it takes more memory, or more processor time from now on."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    serve()
