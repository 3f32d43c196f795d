"""Keep BLAS to one thread, so that a sum is added up in the same order everywhere.

Blocks of examples are spread over threads of our own; BLAS would spread each product again, over as
many threads as the machine has, and cut it differently on each.
"""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import numpy as np

# OpenBLAS as NumPy's wheels call it, as distributions call it, and MKL: (get, set).
_NAMES = (
    ("scipy_openblas_get_num_threads64_", "scipy_openblas_set_num_threads64_"),
    ("scipy_openblas_get_num_threads", "scipy_openblas_set_num_threads"),
    ("openblas_get_num_threads64_", "openblas_set_num_threads64_"),
    ("openblas_get_num_threads", "openblas_set_num_threads"),
    ("MKL_Get_Max_Threads", "MKL_Set_Num_Threads"),
)

Control = tuple[Callable[[], int], Callable[[int], object]]


@contextmanager
def one_blas_thread() -> Iterator[None]:
    """Let NumPy's BLAS use one thread meanwhile, in the whole process.

    With a BLAS that is none of the known ones nothing happens, and results may depend on its number
    of threads; its own environment variable then sets it.
    """
    control = _control()
    if control is None:
        yield
        return
    get, put = control
    before = get()
    put(1)
    try:
        yield
    finally:
        put(before)


@functools.cache
def _control() -> Control | None:
    """How many threads BLAS uses: functions to ask and to tell, None if they are not found."""
    try:  # a symbol is looked up in the libraries that a library needs, too
        library = ctypes.CDLL(np._core._multiarray_umath.__file__)  # type: ignore[attr-defined]
    except (AttributeError, OSError):
        return None
    for get, put in _NAMES:
        if hasattr(library, get) and hasattr(library, put):
            return getattr(library, get), getattr(library, put)
    return None
