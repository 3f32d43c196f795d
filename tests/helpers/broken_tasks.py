"""Tasks that hand over what no task may, to every engine: ``python -m tests.helpers.broken_tasks``.

A process of its own, because kernels index without bounds: one that believed such a task would take
the whole process with it. Ends with 0 if each of hundreds of tasks was refused in one line.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.rate.engine import RateEngine
from lsnn_core.rate.initial import initial_parameters
from lsnn_core.rate.network import RateNetwork
from lsnn_core.simulation.engine import Engine
from lsnn_core.task.losses import Regulariser, window_cross_entropy
from lsnn_core.task.protocol import Batch, BlockLoss
from lsnn_core.task.spikes import SpikeEvents
from tests.helpers.rate_toy import NumberTask
from tests.helpers.toy_task import ToyTask, toy_network

ENGINES = ("lanes", "lanes, regularised", "list of one", "matrix", "rate units")
SIZE = 5


@st.composite
def broken_events(draw: Any, good: SpikeEvents, n_in: int) -> SpikeEvents:
    """Spike events with one fault, of which some would write far outside of every array."""
    ptr, source, lanes = good.ptr.copy(), good.source.copy(), good.lanes.copy()
    step, n_lanes = draw(st.integers(1, good.n_steps - 1)), good.n_lanes
    at = draw(st.integers(0, len(source) - 1))
    far = draw(st.integers(1, 2**31 - 1 - n_in))
    kind = draw(st.sampled_from(KINDS))
    if kind == "too few steps":
        return SpikeEvents(np.append(ptr[:step], ptr[-1]), source, lanes, n_lanes)
    if kind == "too many steps":
        return SpikeEvents(np.append(ptr, [ptr[-1]] * (far % 5000 + 1)), source, lanes, n_lanes)
    if kind == "a source past the inputs":
        source[ptr[good.step[at] + 1] - 1] = n_in - 1 + far  # the last of its step: it ascends
    if kind == "a negative source":
        source[ptr[good.step[at]]] = -far
    if kind == "a source twice":
        source = np.insert(source, at, source[at])
        lanes, ptr = np.insert(lanes, at, lanes[at]), ptr + (ptr > at)
    if kind == "a fall in ptr":
        ptr[step] = draw(st.sampled_from([ptr[-1] + far, -far]))
    if kind == "ptr past the events":
        ptr[-1] += far
    if kind == "fewer masks":
        lanes = lanes[:at]
    if kind == "no lane":
        lanes[at] = 0
    if kind == "a lane past the block":
        lanes[at] |= 1 << draw(st.integers(n_lanes, 15))
    if kind == "another number of lanes":
        n_lanes += draw(st.sampled_from([-n_lanes, 1, 16]))
    if kind == "another dtype":
        ptr, source, lanes = draw(
            st.sampled_from(
                [
                    (ptr.astype(np.int32), source, lanes),
                    (ptr, source.astype(np.int64), lanes),
                    (ptr, source, lanes.astype(np.uint8)),
                    (ptr.astype(float), source, lanes),
                    (ptr, source[:, None], lanes),
                    (list(ptr), source, lanes),
                ]
            )
        )
    return SpikeEvents(ptr, source, lanes, n_lanes)


KINDS = (
    "too few steps", "too many steps", "a source past the inputs", "a negative source",
    "a source twice", "a fall in ptr", "ptr past the events", "fewer masks", "no lane",
    "a lane past the block", "another number of lanes", "another dtype",
)  # fmt: skip

BAD_SIZES = st.sampled_from([0, -1, 2.0, None, True, "5"])
BAD_LABELS = st.one_of(
    st.integers(3, 2**40).map(lambda far: ("past the outputs", far)),
    st.integers(-(2**40), -1).map(lambda far: ("negative", far)),
    st.sampled_from(["column", "one for all", "float", "bool"]).map(lambda how: (how, 0)),
)
NOT_NUMBERS = (np.nan, np.inf, -np.inf)


def change_labels(label: Any, how: str, value: int) -> Any:
    """Labels of which none can be right, or the last cannot."""
    if how == "column":
        return label[:, None]
    if how == "one for all":
        return label[:1] if len(label) > 1 else np.append(label, label)
    if how in ("float", "bool"):
        return label.astype(how)
    return np.append(label[:-1], value)


@st.composite
def broken_results(draw: Any, found: Any) -> Any:
    """What `Batch.loss` returned, with one fault."""
    d_y, number = np.array(found.d_y), draw(st.sampled_from(NOT_NUMBERS))
    at = draw(st.integers(0, d_y.size - 1))
    poisoned = d_y.copy()
    poisoned.flat[at] = number
    shapes = [d_y[:1], d_y[:, :1], d_y[..., :1], d_y[0], d_y.sum(), np.swapaxes(d_y, 0, 1)]
    types = [d_y + 0j, d_y.astype(str), d_y.astype(object), d_y > 0, None]
    derivatives = [poisoned, np.concatenate([d_y, d_y]), *types]
    derivatives += [shape for shape in shapes if np.shape(shape) != d_y.shape]
    losses = [number, None, "1.0", 1j, np.ones(d_y.shape[2]), np.ones(1)]
    pairs = [number, (1.0,), (1.0, 2.0, 3.0), "12", (number, 1.0), (1.0, number), (1.0, -1.0)]
    pairs += [(None, 1.0), (np.ones(2), 2.0)]
    metrics = [None, [1.0], {"loss": (1.0, 1.0)}, {"a/b": (1.0, 1.0)}, {1: (1.0, 1.0)}]
    metrics += [{"accuracy": pair} for pair in pairs]
    return draw(
        st.one_of(
            st.sampled_from(derivatives).map(lambda value: found._replace(d_y=value)),
            st.sampled_from(losses).map(lambda value: found._replace(loss=value)),
            st.sampled_from(metrics).map(lambda value: found._replace(metrics=value)),
            st.sampled_from([None, found.loss, found[:2]]),
        )
    )


class Broken(Batch):
    """A batch in which one method or number is drawn anew, with a fault."""

    def __init__(self, batch: Any, data: Any, fault: str, task: Any) -> None:
        self.batch, self.data, self.fault, self.task = batch, data, fault, task
        self.size = data.draw(BAD_SIZES) if fault == "size" else batch.size

    def events(self, start: int, stop: int, buffers: Any = None) -> Any:
        good = self.batch.events(start, stop, buffers)
        if self.fault != "events" or not len(good.source):
            return good
        return self.data.draw(broken_events(good, self.task.n_in))

    def analog(self, start: int, stop: int) -> Any:
        x = self.batch.analog(start, stop)
        if self.fault != "events":
            return x
        poisoned = x.copy()
        poisoned.flat[self.data.draw(st.integers(0, x.size - 1))] = np.nan
        shapes = [x[:1], x[:, :1], x[0], x[..., :1], x[:-1], np.swapaxes(x, 0, 1)]
        wrong = [shape for shape in shapes if shape.shape != x.shape]
        return self.data.draw(st.sampled_from([*wrong, poisoned, x + 0j, x.astype(str), None]))

    def loss(self, y: Any, start: int, stop: int) -> Any:
        if self.fault == "labels":
            label = change_labels(self.batch.labels[start:stop], *self.data.draw(BAD_LABELS))
            loss, d_y, _ = window_cross_entropy(y, label)
            return BlockLoss(float(loss.sum()), d_y, {})
        found = self.batch.loss(y, start, stop)
        if self.fault == "result":
            return self.data.draw(broken_results(found))
        return found


@cache
def engine(name: str, analog: bool) -> tuple[Any, Any, Any, int]:
    """An engine, the first argument of its calls, its task, and the size of its batches."""
    task: Any = NumberTask() if analog else ToyTask()
    if name == "rate units":
        net = RateNetwork("rnn", task.n_in, 8, task.n_out)
        parameters = initial_parameters(net, 3, np.float64)
        return RateEngine(net, task, SIZE, np.float64, 1), parameters, task, SIZE
    size = 1 if name == "list of one" else SIZE
    shape = {"n_in": task.n_in, "n_out": task.n_out}
    spiking = toy_network(**shape, **({"n_delays": 1} if name == "matrix" else {}))
    regulariser = Regulariser(0.02, 3.0 if name == "lanes, regularised" else 0.0)
    return Engine(spiking, task, size, np.float64, 1, regulariser), spiking, task, size


@settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(
    st.data(),
    st.sampled_from(ENGINES),
    st.booleans(),
    st.booleans(),
    st.sampled_from(["events", "events", "labels", "result", "size"]),
)
def every_broken_task_is_refused(
    data: Any, name: str, analog: bool, backward: bool, fault: str
) -> None:
    runner, net, task, size = engine(name, analog)
    batch = Broken(task.batch(0, size, 1), data, fault, task)
    run = runner.gradient if backward else runner.evaluate
    with pytest.raises(UsageError, match=rf"^task {type(task).__name__}: [^\n]+$"):
        run(net, batch)


if __name__ == "__main__":
    every_broken_task_is_refused()
