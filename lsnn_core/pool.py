"""Threads that work on the blocks of a batch, in a process that was forked, too.

`os.fork` copies a pool without its threads: what is given to the copy waits for ever.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")
Result = TypeVar("Result")


class Pool:
    """Some threads; with one worker, none but the caller's own.

    Parameters
    ----------
    workers
        How many items are worked on at the same time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._open()

    def map(self, work: Callable[[T], Result], items: Iterable[T]) -> Iterator[Result]:
        """Results in the order of `items`; an exception in any thread surfaces here."""
        if self._threads is not None and self._process != os.getpid():
            self._open()  # the threads of before live in the other process
        return map(work, items) if self._threads is None else self._threads.map(work, items)

    def close(self) -> None:
        """End the threads."""
        if self._threads is not None and self._process == os.getpid():
            self._threads.shutdown()

    def _open(self) -> None:
        self._process = os.getpid()
        self._threads = ThreadPoolExecutor(self.workers) if self.workers > 1 else None
