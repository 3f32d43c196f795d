"""The process that reads a foreign file before anybody else does, and may crash on it.

It is started by `lsnn_core.lookover`, which sends it paths and waits for its word.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Final

from ..errors import BadFileError
from ..text import printable
from .guarded import open_guarded
from .lists import survey_lists
from .objects import DamagedFileError

CPU_SECONDS: Final = 60
"""Processor time to look a file over; an honest run of 100 MB takes one second."""
BYTES_PER_SECOND: Final = 10_000_000
"""More for a large one: lists of unequal length are read one by one."""
MAX_MEMORY: Final = 4 * 2**30
"""Address space, where the system can limit it."""


def serve() -> None:
    """Read paths, a line each, and answer a line each: "ok", or a text (JSON) of what is damaged.

    After such a text this process ends: the library may have spoilt its memory.
    """
    print("ok", flush=True)
    for line in sys.stdin:
        path = json.loads(line)
        limit(MAX_MEMORY, CPU_SECONDS + _size(path) // BYTES_PER_SECOND)
        try:
            with open_guarded(path) as file:
                file.survey(survey_lists)
        except DamagedFileError as error:
            print(json.dumps(str(error).removeprefix(printable(path))), flush=True)
            return
        except BadFileError:
            pass  # ours: whoever reads the file says it again, if it matters there
        print("ok", flush=True)


def _size(path: str) -> int:
    with suppress(OSError):
        return os.stat(path).st_size
    return 0


def limit(memory: int, cpu_seconds: int) -> None:
    """End this process when it takes more memory, or more processor time from now on."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + cpu_seconds
        _, most = resource.getrlimit(resource.RLIMIT_CPU)
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))


if __name__ == "__main__":
    serve()
