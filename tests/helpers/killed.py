"""Run `lsnn ARGS...` and send this process a signal: ``killed.py PLACE N SIGNAL ARGS...``.

The signal comes at the N-th passage of PLACE, a function of the program: before or after it. Or
several come one after the other: ``SIGINT+SIGINT``.
"""

from __future__ import annotations

import os
import pkgutil
import signal
import sys
from collections.abc import Callable
from typing import Any

from lsnn_core.cli import main

PLACES = {
    "making the task": ("lsnn_core.learning.models", "make_task", True),
    "building": ("lsnn_core.learning.trainer", "make_learner", True),
    "locking": ("lsnn_core.files.lock:RunLock", "__enter__", True),
    "training": ("lsnn_core.simulation.engine:Engine", "gradient", False),
    "evaluating": ("lsnn_core.simulation.engine:Engine", "evaluate", False),
    "writing": ("os", "fsync", False),
    "before replacing": ("os", "replace", False),
    "after replacing": ("os", "replace", True),
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


class Importing:
    """Calls `end` when a module is about to be imported."""

    def __init__(self, module: str, end: Callable[[], None]) -> None:
        self.module, self.end = module, end

    def find_spec(self, name: str, path: object, target: object = None) -> None:
        if name == self.module:
            self.end()


if __name__ == "__main__":
    place, count, names, *command = sys.argv[1:]

    def send() -> None:
        for name in names.split("+"):
            os.kill(os.getpid(), signal.Signals[name])

    if place.startswith("importing "):
        sys.meta_path.insert(0, Importing(place.removeprefix("importing "), send))
    else:
        where, function, after = PLACES[place]
        home = pkgutil.resolve_name(where)
        setattr(home, function, interrupted(getattr(home, function), send, int(count), after))
    sys.exit(main(command))
