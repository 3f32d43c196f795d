"""A batch that gave no finite loss or gradient, as a run file keeps it for study."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ..files import RunFile, Tree
from ..simulation.inputs import Analog
from ..task.protocol import Batch, Task, is_analog
from ..task.spikes import MAX_LANES
from ..task.trains import SpikeTrains
from ..text import name_problem

GROUP: Final = "recordings/bad_batch"
_STORED: Final = "biuf"  # kinds of numbers; halves and long doubles are left out by their sizes
_SIZES: Final = (1, 2, 4, 8)
_MOST_AXES: Final = 4


def batch_tree(task: Task, batch: Batch) -> Tree:
    """Return what a batch holds: its inputs, and each of its own arrays, such as its labels."""
    own: Tree = {name: value for name, value in vars(batch).items() if _is_stored(name, value)}
    return {"inputs": _inputs(task, batch), **({"own": own} if own else {})}


def inputs_of(run: RunFile) -> SpikeTrains | Analog:
    """Return the inputs of the batch in a run file, as `LSNN.forward` takes them.

    Raises
    ------
    BadFileError
        There is no such batch in the file, or it is none.
    """
    here = f"{GROUP}/inputs"
    if run.has(f"{here}/values"):
        return Analog(run.array(f"{here}/values", "f"))
    n_steps, n = (int(size) for size in run.integers(f"{here}/sizes", (2,), 0, 2**31 - 1))
    ptr = run.array(f"{here}/ptr", "i")
    count = int(ptr[-1]) if ptr.ndim == 1 and ptr.size else 0
    if ptr.ndim != 1 or not ptr.size or ptr[0] != 0 or np.any(np.diff(ptr) < 0):
        raise run.bad(f"{here}/ptr", "does not rise from 0")
    step = run.integers(f"{here}/step", (count,), 0, n_steps - 1)
    ids = run.integers(f"{here}/ids", (count,), 0, n - 1)
    return SpikeTrains(
        step.astype(np.int64), ids.astype(np.int32), ptr.astype(np.int64), n_steps, n
    )


def _inputs(task: Task, batch: Batch) -> Tree:
    blocks = range(0, batch.size, MAX_LANES)
    stops = [(start, min(start + MAX_LANES, batch.size)) for start in blocks]
    if is_analog(task):
        parts = [np.asarray(batch.analog(*stop), np.float64) for stop in stops]
        return {"values": np.concatenate(parts, axis=2).transpose(0, 2, 1)}
    trains = SpikeTrains.from_events([batch.events(*stop) for stop in stops], task.n_in)
    sizes = np.array([task.n_steps, task.n_in])
    return {"step": trains.step, "ids": trains.ids, "ptr": trains.ptr, "sizes": sizes}


def _is_stored(name: str, value: npt.NDArray[Any] | object) -> bool:
    return (
        isinstance(value, np.ndarray)
        and value.dtype.kind in _STORED
        and value.itemsize in _SIZES
        and value.dtype != np.float16
        and value.ndim <= _MOST_AXES
        and name_problem(name) is None
    )
