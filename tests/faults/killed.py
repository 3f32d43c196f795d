"""Run `lsnn ARGS...` and send this process a signal: ``killed.py PLACE N SIGNAL ARGS...``.

The signal comes at the N-th passage of PLACE, a function of the program: before or after it.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from lsnn_core.cli import main
from lsnn_core.engine import Engine

PLACES = {
    "training": (Engine, "gradient", False),
    "evaluating": (Engine, "evaluate", False),
    "writing": (os, "fsync", False),
    "before replacing": (os, "replace", False),
    "after replacing": (os, "replace", True),
}


def interrupted(
    call: Callable[..., Any], end: Callable[[], None], number: int, after: bool
) -> Callable[..., Any]:
    """Do as `call` does, but call `end` before or after the `number`-th time."""
    passages = 0

    def passing(*arguments: Any, **options: Any) -> Any:
        nonlocal passages
        passages += 1
        if passages == number and not after:
            end()
        result = call(*arguments, **options)
        if passages == number and after:
            end()
        return result

    return passing


if __name__ == "__main__":
    place, count, name, *command = sys.argv[1:]
    home, function, after = PLACES[place]
    send = lambda: os.kill(os.getpid(), signal.Signals[name])  # noqa: E731
    setattr(home, function, interrupted(getattr(home, function), send, int(count), after))
    sys.exit(main(command))
