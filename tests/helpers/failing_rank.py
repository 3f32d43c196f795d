"""Run `lsnn ARGS...` as one of several ranks; one fails: ``failing_rank.py RANK HOW ARGS``.

HOW is "in a block", where others learn of it, "alone", where they do not, or "silently", which
leaves them waiting: the process ends itself by SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
from typing import Any

from lsnn_core.cli import main
from lsnn_core.errors import NumericalError
from lsnn_core.learning.trainer import Trainer
from lsnn_core.ranks.launch import launched
from lsnn_core.simulation.example_block import ExampleBlock

STEPS_BEFORE = 5


def fails_in_a_block() -> None:
    forward, begun = ExampleBlock.forward, 0

    def failing(self: ExampleBlock, *arguments: Any) -> Any:
        nonlocal begun
        begun += 1
        if begun > STEPS_BEFORE:
            raise NumericalError("this block overflowed")
        return forward(self, *arguments)

    ExampleBlock.forward = failing  # type: ignore[method-assign]


def fails_alone(silently: bool) -> None:
    step = Trainer.step

    def failing(self: Trainer) -> None:
        if self.iteration == STEPS_BEFORE:
            if silently:
                os.kill(os.getpid(), signal.SIGKILL)
            raise ZeroDivisionError("a mistake of one rank")
        step(self)

    Trainer.step = failing  # type: ignore[method-assign]


if __name__ == "__main__":
    rank, how, *command = sys.argv[1:]
    if launched().rank == int(rank):
        if how == "in a block":
            fails_in_a_block()
        else:
            fails_alone(how == "silently")
    sys.exit(main(command))
