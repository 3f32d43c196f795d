"""The one decorator of all kernels: `numba.njit` with a cache that can be trusted.

Numba's own cache does not notice a change in another file than the function's, dies on a damaged
entry, and numbers its entries: two processes that fill it at once can meet old code under a new
number. Here an entry is named after a hash of *all* kernel sources and its signature, and an entry
that cannot be read is rebuilt.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pathlib
from collections.abc import Callable
from typing import Any

import numba
from numba.core.caching import FunctionCache, IndexDataCacheFile

_FOLDER = pathlib.Path(__file__).parent


@functools.cache
def source_hash() -> str:
    """Hash of the kernel sources: part of every cache entry and of every run file."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.glob("*.py")):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


class NamedEntries(IndexDataCacheFile):
    """An index and its entries, each named after what it is, so that a name means one thing."""

    def save(self, key: Any, data: Any) -> None:
        """Write an entry, then tell of it; entries of other sources make room."""
        known = self._load_index()
        name = self._name_of(key)
        if not known:
            for old in pathlib.Path(self._cache_path).glob(self._data_name_pattern.format("*")):
                old.unlink(missing_ok=True)
        self._save_data(name, data)
        self._save_index({**known, **self._load_index(), key: name})

    def _name_of(self, key: Any) -> str:
        digest = hashlib.sha256((self._source_stamp + repr(key)).encode()).hexdigest()
        return self._data_name_pattern.format(digest[:24])


class HealingCache(FunctionCache):
    """Numba's cache, keyed by the kernel sources; unreadable entries are dropped, not fatal."""

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        own = pathlib.Path(py_func.__code__.co_filename).read_bytes()
        stamp = source_hash() + hashlib.sha256(own).hexdigest()
        self._cache_file = NamedEntries(self._cache_path, self._impl.filename_base, stamp)
        self._cache_file._data_name_pattern = f"{self._impl.filename_base}.{{}}.nbc"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None if there is none that can be read."""
        try:
            found = super().load_overload(sig, target_context)
        except Exception:  # a pickle can fail in any way; compiling again always works
            self._drop()
            return None
        if found is not None and found.signature.args != tuple(sig):
            self._drop()  # somebody exchanged the files
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
    """A kernel that only kernels call, and that becomes part of them.

    Called as a function it would take hundreds of words of arrays on the stack, and count a
    reference to each of them.
    """
    return _compiled(function, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True)


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    njit: Any = numba.njit  # its stubs do not know the wrapper options
    dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
    with contextlib.suppress(RuntimeError, OSError):
        dispatcher._cache = HealingCache(function)  # else: no place to write; compile each time
    return dispatcher
