"""Keep BLAS to one thread, so that a sum is added up in the same order everywhere.

Blocks of examples are spread over threads of our own; BLAS would spread each product again, over as
many threads as the machine has, and cut it differently on each.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy  # noqa: F401 - its BLAS must be loaded before `_controller` looks for libraries
import threadpoolctl

_inside = threading.Lock()
_entries = 0
_limit: Any = None


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
