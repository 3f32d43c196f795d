"""Threads: how many may run, some of our own for the blocks of a batch, and BLAS on one.

Blocks of examples are spread over threads of our own; BLAS would spread each product again, over as
many threads as the machine has, and cut it differently on each: sums would be added up in another
order. A batch system or `taskset` keeps some processors from a process. And `os.fork` copies a pool
without its threads: what is given to the copy waits for ever.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy  # noqa: F401 - its BLAS must be loaded before `_controller` looks for libraries
import threadpoolctl

T = TypeVar("T")
Result = TypeVar("Result")

_inside = threading.Lock()
_entries = 0
_limit: Any = None
_sharers = 1


def usable_processors() -> list[int]:
    """Return their numbers: all of the machine's, where a system keeps none back (macOS)."""
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def processor_count() -> int:
    """How many threads can run at once: of this process, if others have the same processors."""
    return max(len(usable_processors()) // _sharers, 1)


def share_processors(count: int) -> None:
    """Let so many processes, this one included, have the processors together."""
    global _sharers
    _sharers = count


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


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let BLAS use one thread meanwhile, in the whole process.

    Entered again before it is left, in the same thread or in another one, it lasts until the last
    one leaves. With a BLAS that threadpoolctl cannot tell (Accelerate on macOS) nothing happens,
    and results may depend on its number of threads; its own environment variable then sets it.
    """
    global _entries, _limit
    with _inside:
        if _entries == 0:
            _limit = _controller().limit(limits=1)
        _entries += 1
    try:
        yield
    finally:
        with _inside:
            _entries -= 1
            if _entries == 0:
                _let_any_thread_set()
                _limit.restore_original_limits()
                _let_any_thread_set()


def _let_any_thread_set() -> None:
    """Since threadpoolctl 3.8 only the thread that set a number may set another: forget which."""
    clear = getattr(threadpoolctl.OpenBLASController, "clear_controlling_thread", None)
    if clear is not None:
        clear(force=True)


@functools.cache
def _controller() -> Any:
    """What sets the loaded BLAS libraries; made once, because it looks at all loaded libraries."""
    return threadpoolctl.ThreadpoolController().select(user_api="blas")
