"""How many threads BLAS uses, as threadpoolctl sees it."""

from __future__ import annotations

import numpy  # noqa: F401 - loads its BLAS
import pytest
import threadpoolctl

from lsnn_core import threads


def blas_threads() -> set[int]:
    """Numbers of threads of the BLAS libraries in this process."""
    found = threadpoolctl.threadpool_info()
    return {library["num_threads"] for library in found if library["user_api"] == "blas"}


def two_blas_threads() -> threadpoolctl.threadpool_limits:
    """A context in which BLAS uses two threads, if it can be told."""
    if not blas_threads():
        pytest.skip("no BLAS that can be told")
    threads._controller.cache_clear()  # it knows what was loaded when it was first asked
    return threadpoolctl.threadpool_limits(limits=2, user_api="blas")
