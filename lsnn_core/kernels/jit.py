"""The one decorator of all kernels: `numba.njit` with a cache that can be trusted.

Numba's own cache does not notice a change in another file than the function's, dies on a damaged
entry, and numbers its entries: two processes that fill it at once can meet old code under a new
number. Here an entry is named after a hash of *all* kernel sources and its signature, and an entry
that cannot be read is rebuilt. A process that needs what another one is compiling waits for it.
Entries are pickles, and reading one runs it: a folder that others may write to is not used.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import pathlib
import warnings
from collections.abc import Callable
from typing import Any, Final

import llvmlite.binding as llvm
import numba
from filelock import FileLock
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile

from .trust import stranger

LONGEST_WAIT_S: Final = 600.0  # then a process compiles what another one seems to be stuck at

_FOLDER = pathlib.Path(__file__).parent


@functools.cache
def source_hash() -> str:
    """Hash of the kernel sources: part of every cache entry and of every run file."""
    digest = hashlib.sha256()
    for path in sorted(_FOLDER.rglob("*.py")):
        digest.update(path.relative_to(_FOLDER).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()


def processor() -> str:
    """Name of the processor that kernels are compiled for: another one may round otherwise."""
    chosen = getattr(numba.config, "CPU_NAME", None)  # NUMBA_CPU_NAME
    return str(chosen or llvm.get_host_cpu_name())


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


class CompileLocks:
    """Whose turn it is to compile a function for some arguments: a lock file for each.

    The locks are the kernel's, so who dies gives them back. Where there are none, nobody waits.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self.path = path
        self._held: dict[pathlib.Path, FileLock] = {}

    def take(self, sig: Any) -> None:
        """Wait until no other process has this turn, and take it; go on without where none is."""
        path = self.file(sig)
        if path in self._held:
            return
        lock = FileLock(path, LONGEST_WAIT_S, thread_local=False, fallback_to_soft=False)
        with contextlib.suppress(OSError):
            lock.acquire()
            self._held[path] = lock

    def give_back(self, sig: Any) -> None:
        """Let another process have it."""
        path = self.file(sig)
        lock = self._held.pop(path, None)
        if lock is not None:
            with contextlib.suppress(OSError):
                path.unlink()  # who waits notices, and makes another
            with contextlib.suppress(OSError):
                lock.release()

    def file(self, sig: Any) -> pathlib.Path:
        """Return where the lock of this turn is while somebody has it."""
        digest = hashlib.sha256(repr(sig).encode()).hexdigest()
        return self.path.with_name(f"{self.path.name}.{digest[:16]}.lock")


class RefusedFolderError(PermissionError):
    """The user asks for a cache that others may write to."""


_passed_by: list[str] = []


def _trusted(locator: Any) -> Any:
    """Return a way to find a cache's folder that passes by those which others may write to."""

    class Trusted(locator):
        @classmethod
        def from_function(cls, py_func: Any, py_file: Any) -> Any:
            place = super().from_function(py_func, py_file)
            if place is None or (problem := stranger(place.get_cache_path())) is None:
                return place
            asked_for = getattr(numba.config, "CACHE_DIR", "")
            if asked_for and place.get_cache_path().startswith(asked_for):
                raise RefusedFolderError(f"NUMBA_CACHE_DIR={asked_for}: {_refusal(problem)}")
            _passed_by.append(problem)
            return None

    return Trusted


@functools.cache
def _say_that_nothing_is_kept() -> None:
    """Say once why compiling takes its time at each start, if we refused the folder there is."""
    if _passed_by:
        warnings.warn(f"compiled kernels are not kept: {_refusal(_passed_by[0])}", stacklevel=5)


def _refusal(problem: str) -> str:
    return (
        f"{problem}, and kernels kept there would run as you; delete what is in it and set "
        "NUMBA_CACHE_DIR to a folder that only you may write to"
    )


class TrustedFolders(CompileResultCacheImpl):
    """Where entries are, and how they are made: Numba's own, in folders that can be trusted."""

    _locator_classes = [*map(_trusted, CompileResultCacheImpl._locator_classes)]  # noqa: RUF012


class HealingCache(FunctionCache):
    """Numba's cache, keyed by the kernel sources; unreadable entries are dropped, not fatal."""

    _impl_class = TrustedFolders

    def __init__(self, py_func: Callable[..., Any]) -> None:
        super().__init__(py_func)
        own = pathlib.Path(py_func.__code__.co_filename).read_bytes()
        stamp = source_hash() + hashlib.sha256(own).hexdigest()
        self._locks = CompileLocks(pathlib.Path(self._cache_path, self._impl.filename_base))
        self._cache_file = NamedEntries(self._cache_path, self._impl.filename_base, stamp)
        self._cache_file._data_name_pattern = f"{self._impl.filename_base}.{{}}.nbc"

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled function, or None if there is none that can be read.

        After None it is this process's turn to compile it.
        """
        compiled = self._load(sig, target_context)
        if compiled is None:
            self._locks.take(sig)
            compiled = self._load(sig, target_context)  # somebody may have been at it
            if compiled is not None:
                self._locks.give_back(sig)
        return compiled

    def guarding_the_turn(self, compile_now: Callable[..., Any]) -> Callable[..., Any]:
        """`compile_now`, with the turn given back if it fails: Numba has nothing to save then."""

        def guarded(args: Any, return_type: Any) -> Any:
            try:
                return compile_now(args, return_type)
            except BaseException:
                self._locks.give_back(args)
                raise

        return guarded

    def holds_any(self) -> bool:
        """Whether there is an entry of these sources, for whatever arguments."""
        with contextlib.suppress(Exception):  # a pickle can fail in any way
            return bool(self._cache_file._load_index())
        return False

    def _load(self, sig: Any, target_context: Any) -> Any:
        try:
            compiled = super().load_overload(sig, target_context)
        except Exception:  # a pickle can fail in any way; compiling again always works
            self._drop()
            return None
        if compiled is not None and compiled.signature.args != tuple(sig):
            self._drop()  # somebody exchanged the files
            return None
        return compiled

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep a compiled function for the next process, if that can be done."""
        try:
            super().save_overload(sig, data)
        except Exception:
            self._drop()  # a damaged index, a full disk: the compiled function still runs
        finally:
            self._locks.give_back(sig)

    def _drop(self) -> None:
        try:
            self.flush()
        except OSError:
            self.disable()


def kernel(function: Callable[..., Any]) -> Any:
    """Compile on first call: releases the GIL, divides like NumPy, no fastmath (it hides NaN).

    No references to arrays are counted, which a network of hundreds would notice: a kernel makes no
    arrays, and those it is given outlive the call.
    """
    return _compiled(function, _nrt=False)


def kernel_with_arrays(function: Callable[..., Any]) -> Any:
    """The same for a kernel that makes arrays."""
    return _compiled(function)


def inner(function: Callable[..., Any]) -> Any:
    """A kernel that only kernels call, and that becomes part of them.

    Called as a function it would take hundreds of words of arrays on the stack.
    """
    return _compiled(
        function, _nrt=False, no_cpython_wrapper=True, no_cfunc_wrapper=True, forceinline=True
    )


def waits_in_cache(dispatcher: Any) -> bool:
    """Whether compiled code of a kernel need not be made, or could not be kept."""
    cache = getattr(dispatcher, "_cache", None)
    return not isinstance(cache, HealingCache) or cache.holds_any()


def compiler_is_off() -> bool:
    """Whether Numba was told to compile nothing: lanes are LLVM's vectors, and Python has none."""
    return bool(getattr(numba.config, "DISABLE_JIT", False))


def _refusing(function: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(function)
    def refuse(*arguments: Any) -> Any:
        raise RuntimeError(f"{function.__name__}: not compiled, NUMBA_DISABLE_JIT is set; unset it")

    return refuse


def _compiled(function: Callable[..., Any], **options: bool) -> Any:
    if compiler_is_off():
        return _refusing(function)
    njit: Any = numba.njit  # its stubs do not know the wrapper options
    dispatcher = njit(nogil=True, error_model="numpy", **options)(function)
    try:
        cache = HealingCache(function)
    except RefusedFolderError:
        raise
    except (RuntimeError, OSError):  # no place to write: compile each time
        _say_that_nothing_is_kept()
        return dispatcher
    dispatcher._cache = cache
    dispatcher._compiler.compile = cache.guarding_the_turn(dispatcher._compiler.compile)
    return dispatcher
