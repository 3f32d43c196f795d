"""What a task hands over, checked once per block on its way to the kernels.

Kernels index without bounds, NumPy broadcasts, and a sum hides a NaN: so sizes, events, inputs,
losses and metrics are looked at here, where the task can still be named. What a network that has
overflowed makes of good targets is no fault of the task; the learner refuses that.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import as_array, first, reals
from ..model.layout import MATRICES
from ..text import name_problem, show
from .protocol import Batch, BlockLoss, InteractiveTask, Task, is_analog
from .spikes import MAX_LANES, EventBuffers, SpikeEvents

Array = npt.NDArray[Any]
OUTPUTS = ("classes", "values")
MOST_UPDATES = 1000
"""A batch asks for no more gradient steps than this; bounds the ages that a file can tell."""
NORMS = tuple(f"gradient_norm_{name}" for name in MATRICES)
OWN_METRICS = ("loss", "lr", "rate_loss", "rate_R_hz", "rate_A_hz", *NORMS)
"""What the trainer records under the same heading; a task cannot use these names."""


def check_task(task: object) -> None:
    """Refuse what is no task, or one whose sizes are none, before anything is made for it."""
    if not isinstance(task, Task):
        _refuse(task, f"expected a class that derives from {Task.__module__}.Task")
    for name, low in (("n_in", 1), ("n_out", 1), ("n_steps", 1), ("readout_start", 0)):
        _whole(f"{_named(task)}: {name}", getattr(task, name, None), low)
    if task.readout_start >= task.n_steps:
        _refuse(
            task,
            f"readout_start: expected less than n_steps = {task.n_steps}, "
            f"found {task.readout_start}: the loss would see no step",
        )
    if task.outputs not in OUTPUTS:
        _refuse(task, f"outputs: expected one of {OUTPUTS}, found {show(task.outputs)}")


def check_engine(task: Task, n_in: int, n_out: int, batch: int, threads: int) -> None:
    """Refuse sizes that are none, and a task that is not for a network of these."""
    check_task(task)
    for name, expected in (("n_in", n_in), ("n_out", n_out)):
        if getattr(task, name) != expected:
            _refuse(
                task, f"{name}: expected {expected} as the network, found {getattr(task, name)}"
            )
    _whole("batch", batch, 1)
    _whole("threads", threads, 0)


def check_batch(task: Task, batch: object, most: int | None = None) -> int:
    """The number of examples of a batch, at most so many."""
    if not isinstance(batch, Batch):
        base = f"{Batch.__module__}.Batch"
        _refuse(task, f"batch: expected one that derives from {base}, found {show(batch)}")
    size = _whole(f"{_named(task)}: batch.size", getattr(batch, "size", None), 1)
    if most is not None and size > most:
        _refuse(
            task,
            f"batch.size: expected at most {most} examples, as asked for (training.batch), "
            f"found {size}",
        )
    return size


def updates_of(task: Task, batch: Batch) -> int:
    """How many gradient steps a batch asks for."""
    updates = _whole(f"{_named(task)}: batch.updates", batch.updates, 1)
    if updates > MOST_UPDATES:
        _refuse(task, f"batch.updates: expected at most {MOST_UPDATES}, found {updates}")
    return updates


def held_out_batches(task: Task, split: str, batches: object) -> Iterator[Batch]:
    """The batches of a split, of which there must be one."""
    method = "rollouts" if isinstance(task, InteractiveTask) else "held_out"
    if not isinstance(batches, Iterable):
        _refuse(task, f"{method}({split!r}): expected batches to loop over, found {show(batches)}")
    count = 0
    for batch in batches:
        count += 1
        yield batch
    if not count:
        _refuse(task, f"{method}({split!r}): expected at least one batch, found none")


def check_recording(task: Task, given: object) -> tuple[Batch, dict[str, Array]]:
    """One example to record, and what belongs to it by name."""
    method = "recorded_rollout" if isinstance(task, InteractiveTask) else "recordings"
    if not (isinstance(given, tuple) and len(given) == 2 and isinstance(given[1], Mapping)):
        _refuse(task, f"{method}: expected (batch, dictionary of arrays), found {show(given)}")
    batch, about = given
    check_batch(task, batch)
    for name in about:
        if not isinstance(name, str):
            _refuse(task, f"{method}: expected names, found {show(name)}")
    return batch, dict(about)


def check_recordings(task: Task, given: object) -> dict[str, Any]:
    """What a task's own `record` returned: groups by name."""
    if not isinstance(given, Mapping) or not all(isinstance(name, str) for name in given):
        _refuse(task, f"record: expected a dictionary of groups by name, found {show(given)}")
    return dict(given)


def rehearse(task: Task, batch: Batch) -> None:
    """Ask a batch for its first examples, and for their loss at some readouts."""
    stop = min(check_batch(task, batch), MAX_LANES)
    inputs = block_analog if is_analog(task) else block_events
    inputs(task, batch, 0, stop)
    some = np.linspace(
        -1.0, 1.0, 16, dtype=np.float32
    )  # none is zero, where a loss may be infinite
    y = np.resize(some, (task.n_steps - task.readout_start, task.n_out, stop))
    block_loss(task, batch, y, 0, stop)


def block_events(
    task: Task, batch: Batch, start: int, stop: int, buffers: EventBuffers | None = None
) -> SpikeEvents:
    """Input spikes of examples start:stop, in arrays that the task will not change."""
    with _naming(task, "events", start, stop):
        given = batch.events(start, stop, buffers)
        if not isinstance(given, SpikeEvents):
            raise UsageError(f"expected SpikeEvents, found {show(given)}")
        ptr, source, lanes = (_own(a, buffers) for a in (given.ptr, given.source, given.lanes))
        events = SpikeEvents(ptr, source, lanes, given.n_lanes)
        events.validate(task.n_in)
        if (events.n_steps, events.n_lanes) != (task.n_steps, stop - start):
            raise UsageError(
                f"expected {task.n_steps} steps of {stop - start} examples, found {events.n_steps} "
                f"of {events.n_lanes}"
            )
    return events


def block_analog(task: Task, batch: Batch, start: int, stop: int) -> Array:
    """Real-valued inputs of examples start:stop, (T, n_in, stop - start)."""
    with _naming(task, "analog", start, stop):
        inputs = batch.analog(start, stop)
        shape = task.n_steps, task.n_in, stop - start
        return reals("inputs", inputs, shape, truths=False)


def block_loss(task: Task, batch: Batch, y: Array, start: int, stop: int) -> BlockLoss:
    """Loss of examples start:stop, whose readout is `y`."""
    with _naming(task, "loss", start, stop):
        loss = _as_block_loss(batch.loss(y, start, stop), y)
        if _not_finite(loss) and bool(np.isfinite(y).all()):
            # What is no number at readouts of zero either is not for want of a lower learning rate.
            wrong = _not_finite(_as_block_loss(batch.loss(np.zeros_like(y), start, stop), y))
            if wrong:
                raise UsageError(f"{wrong} for readouts of zero; are all targets numbers?")
    return loss


def _as_block_loss(given: object, y: Array) -> BlockLoss:
    if not (isinstance(given, tuple) and len(given) == 3):
        raise UsageError(f"expected a BlockLoss (loss, d_y, metrics), found {show(given)}")
    loss, d_y, metrics = given
    if not isinstance(metrics, Mapping):
        raise UsageError(f"metrics: expected name -> (sum, weight), found {show(metrics)}")
    return BlockLoss(
        float(reals("loss", loss, (), truths=False, finite=False)),
        reals("d_y", d_y, y.shape, truths=False, finite=False),
        {_metric_name(name): _metric(name, value) for name, value in metrics.items()},
    )


def _metric_name(name: object) -> str:
    good = isinstance(name, str) and name.isidentifier() and "__" not in name
    if not good or name_problem(str(name)) or name in OWN_METRICS:
        raise UsageError(
            f"metrics: {show(name)} is no name for one; expected letters, digits and single _, "
            f"and not a name that the trainer uses itself ({', '.join(OWN_METRICS)})"
        )
    return str(name)


def _metric(name: str, value: Any) -> tuple[float, float]:
    pair = [as_array(v) for v in value] if isinstance(value, Iterable) else []
    if len(pair) != 2 or any(v.ndim or v.dtype.kind not in "fiub" for v in pair):
        raise UsageError(f"metrics.{name}: expected (sum, weight), found {show(value)}")
    total, weight = map(float, pair)
    if weight < 0:
        raise UsageError(f"metrics.{name}: expected a weight >= 0, found {weight}")
    return total, weight


def _not_finite(loss: BlockLoss) -> str:
    """The first that is NaN or infinite, in words; empty if all are finite."""
    for name, pair in loss.metrics.items():
        if not all(map(math.isfinite, pair)):
            return f"metrics.{name}: expected finite numbers, found {pair}"
    if not math.isfinite(loss.loss):
        return f"loss: expected a finite number, found {loss.loss}"
    at = first(~np.isfinite(loss.d_y))
    return "" if at is None else f"d_y{list(at)}: expected a finite number, found {loss.d_y[at]}"


def _own(array: Any, buffers: EventBuffers | None) -> Any:
    """A copy, unless it lies in the buffers that were lent: a task may use its own ones again."""
    if not isinstance(array, np.ndarray):
        return array
    base = array if array.base is None else array.base
    lent = buffers is not None and any(base is buffer for buffer in buffers)
    return array if lent and array.flags.c_contiguous else np.array(array)


@contextmanager
def _naming(task: Task, method: str, start: int, stop: int) -> Iterator[None]:
    """Say whose the fault is, also where the task itself refuses something."""
    try:
        yield
    except UsageError as error:
        _refuse(task, f"{method} of examples {start}:{stop}: {error}")


def _whole(name: str, value: object, low: int) -> int:
    # Narrower NumPy integers overflow where they are added up, unsigned ones become floats.
    if isinstance(value, bool) or not isinstance(value, int | np.int64) or value < low:
        raise UsageError(f"{name}: expected an integer >= {low}, found {show(value)}")
    return int(value)


def _named(task: object) -> str:
    return f"task {type(task).__name__}"


def _refuse(task: object, what: str) -> NoReturn:
    raise UsageError(f"{_named(task)}: {what}") from None
