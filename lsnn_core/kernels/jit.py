"""The one decorator of all kernels: `numba.njit` with a cache that can be trusted.

Numba's own cache does not notice a change in another file than the function's, and dies on a
damaged entry. Here an entry is valid only for one hash of *all* kernel sources, and an entry that
cannot be read is rebuilt.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pathlib
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache

_FOLDER = pathlib.Path(__file__).parent


@functools.cache
def source_hash() -> str:
    """Hash of the kernel sources: part of every cache entry and of every run file."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class HealingCache(FunctionCache):
    """Numba's cache, keyed by the kernel sources; unreadable entries are dropped, not fatal."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        own = pathlib.Path(py_func.__code__.co_filename).read_bytes()
        self._cache_file._source_stamp = source_hash() + hashlib.sha256(own).hexdigest()

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None if there is none that can be read."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # a pickle can fail in any way; compiling again always works
            self._drop()
            return None
        if found is not None and found.signature.args != tuple(sig):
            self._drop()  # two processes that began with no cache gave one name to two entries
            return None
        return found

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function for the next process, if that can be done."""
        try:
            super().save_overload(sig, data)
        except Exception:
            self._drop()  # a damaged index, a full disk: the compiled function still runs

    def _drop(self) -> None:
        try:
            self.flush()
        except OSError:
            self.disable()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile on first call: releases the GIL, divides like NumPy, no fastmath (it hides NaN)."""
    return _compiled(function)


def inner(function: Callable[..., Any]) -> Any:
    """A kernel that only kernels call: saves compiling its wrappers for Python."""
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True)


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    njit: Any = numba.njit  # its stubs do not know the wrapper options
    dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
    with contextlib.suppress(RuntimeError, OSError):
        dispatcher._cache = HealingCache(function)  # else: no place to write; compile each time
    return dispatcher
