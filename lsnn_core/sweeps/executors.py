"""Who trains the jobs: processes of this machine, the workers of a Dask cluster, or ranks of MPI.

Each is an executor of `concurrent.futures`, and schedules by itself.
"""

from __future__ import annotations

import importlib
import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from ..errors import UsageError
from ..text import printable
from .job import begin_worker

OpenExecutor = Callable[[], AbstractContextManager[Executor]]


@contextmanager
def local(jobs: int) -> Iterator[Executor]:
    """So many processes; they end by a checkpoint when this one is interrupted."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(jobs, context, begin_worker) as pool:
        try:
            yield pool
        except KeyboardInterrupt:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in multiprocessing.active_children():
                process.terminate()
            raise


@contextmanager
def dask(address: str) -> Iterator[Executor]:
    """Return the workers of the Dask scheduler at `address`, such as ``tcp://10.0.0.1:8786``.

    They need this program, and the folder of the runs under the same name.
    """
    distributed = _extra("distributed", "dask", "--scheduler")
    try:
        client = distributed.Client(address, set_as_default=False, timeout=20)
    except (OSError, ValueError) as error:
        raise UsageError(
            f"--scheduler {printable(address)}: does not answer ({error}); start one with "
            "`dask scheduler`, and workers with `dask worker ADDRESS --nthreads 1`"
        ) from error
    with client:
        yield client.get_executor(pure=False, retries=10)


@contextmanager
def mpi() -> Iterator[Executor]:
    """Return the other ranks, which ``mpiexec -n N python -m mpi4py.futures -m lsnn_core`` made."""
    futures = _extra("mpi4py.futures", "mpi", "--mpi")
    with futures.MPIPoolExecutor() as pool:
        if not pool.bootup() or pool.num_workers < 1:
            raise UsageError(
                "--mpi: there are no other ranks; start it by "
                "`mpiexec -n N python -m mpi4py.futures -m lsnn_core sweep ... --mpi`"
            )
        yield pool


def _extra(module: str, extra: str, option: str) -> Any:
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise UsageError(
            f"{option}: needs {module.partition('.')[0]} ({error}); pip install 'lsnn[{extra}]'"
        ) from error
