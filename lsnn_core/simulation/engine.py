"""Loss and gradient of a batch, on a thread pool, to the same bits whatever the number of threads.

A batch is cut into blocks by example index alone. A block runs forward and at once backward; but a
rate regulariser needs the rates of the whole batch, so that with one all blocks run forward first.
Each block leaves its gradient in a row of its own, and the rows are added in block order.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiler import require_compiler
from ..random.streams import example_keys
from ..task.checks import block_analog, block_events, block_loss, check_batch, check_engine
from ..task.losses import Regulariser, rate_regulariser
from ..task.protocol import Batch, Sums, Task, add_metrics, buffers_for, is_analog, mean_metrics
from ..task.spikes import SpikeEvents
from ..threads import Pool, processor_count
from .analog import AnalogInput
from .blocks import block_sizes, lane_width, slices
from .example_block import (
    BlockShape,
    ExampleArrays,
    ExampleBlock,
    Scratch,
    example_arrays,
    segment_length,
    whole_bytes,
)
from .lsnn import LSNN
from .net_shape import NetShape
from .neuron_arrays import NeuronArrays, forward_parts, matrix_delay, neuron_arrays
from .neuron_block import NeuronBlock

Array = npt.NDArray[Any]

WHOLE_BYTES = 176 << 20  # of all tapes that hold all steps (our choice)
NO_REGULARISER = Regulariser(0.0, 0.0)


@dataclass
class Outcome:
    """What a batch gave; gradients only if they were asked for.

    The arrays of a gradient are the engine's own: its next gradient overwrites them. To give fresh
    ones away would cost a large network a tenth of its time, since the system clears new memory.
    """

    loss: float
    rate_loss: float
    sums: Sums  # of the task's metrics
    rate: Array  # (N,) spikes per ms
    d_weight: Array = field(default_factory=lambda: np.empty(0))
    d_b_out: Array = field(default_factory=lambda: np.empty(0))

    @property
    def metrics(self) -> dict[str, float]:
        """Means of the task's metrics."""
        return mean_metrics(self.sums)


class Engine:
    """Runs batches of one size through networks of one shape.

    Parameters
    ----------
    net
        Gives the shape; its weights may change from call to call.
    task
        Where batches come from.
    batch
        Most examples of a batch that a gradient is wanted of; a larger one is evaluated in pieces.
    dtype
        float32 or float64.
    threads
        0: one for each processor. The numbers do not depend on it.
    regulariser
        Of the firing rates.

    Attributes
    ----------
    in_neurons
        Whether vectors hold neighbouring neurons (`NeuronBlock`) or examples (`ExampleBlock`).
    at_once
        Whether a block runs backward as soon as it has run forward.
    """

    def __init__(
        self,
        net: LSNN,
        task: Task,
        batch: int,
        dtype: type[np.floating[Any]],
        threads: int = 0,
        regulariser: Regulariser = NO_REGULARISER,
    ) -> None:
        require_compiler()
        check_engine(task, net.layout.n_in, net.layout.n_out, batch, threads)
        self.task, self.batch, self.dtype, self._shape = task, batch, dtype, NetShape.of(net)
        self.regulariser, self.at_once = regulariser, regulariser.weight == 0.0
        self.threads = threads or processor_count()
        sizes = block_sizes(batch)
        self.slices = list(slices(sizes))
        analog = is_analog(task)
        self.buffers = [buffers_for(task) for _ in sizes if not analog]
        workers = min(self.threads, len(sizes))
        self._pool = Pool(workers)
        self._scratch: queue.SimpleQueue[Scratch | None] = queue.SimpleQueue()
        self.blocks: list[ExampleBlock] | list[NeuronBlock]
        self.analog: list[AnalogInput] = []
        plain = net.noise_std == 0.0 and not analog
        self._delay = matrix_delay(net, batch, dtype) if plain else 0
        self.in_neurons = plain and (max(sizes) == 1 or self._delay > 0)
        self._own_threads = self.threads if batch == 1 else 1
        self._parts = forward_parts(net, self._own_threads)
        self._ready: Any = None
        self._weights = np.zeros((0, 0), self.dtype)
        if self.in_neurons:
            self.blocks = [self._neuron_block(net, size) for size in sizes]
            for _ in range(workers):
                self._scratch.put(None)
            return
        width = lane_width(max(sizes))
        segment = segment_length(net, task.n_steps, width, np.dtype(dtype).itemsize)
        shapes = [
            BlockShape(task.n_steps, s, width, task.readout_start, segment, current=analog)
            for s in sizes
        ]
        whole = WHOLE_BYTES // whole_bytes(net, shapes[0], np.dtype(dtype).itemsize)
        shared = self.at_once and whole >= workers
        own = 0 if self.at_once else whole
        self.blocks = [
            ExampleBlock(
                net, shape, dtype, "scratch" if shared else "block" if i < own else "segment"
            )
            for i, shape in enumerate(shapes)
        ]
        if analog:
            given = task.n_steps, task.n_in, net.layout.n
            self.analog = [AnalogInput(*given, block.kind) for block in self.blocks]
        for _ in range(workers):
            self._scratch.put(Scratch(net, shapes[0], dtype, shared))

    def _neuron_block(self, net: LSNN, size: int) -> NeuronBlock:
        given = net, self.task.n_steps, size, self.task.readout_start, self.dtype, self._delay
        return NeuronBlock(*given, threads=self._own_threads)

    def arrays(self, net: LSNN) -> ExampleArrays | NeuronArrays:
        """The network as the blocks take it."""
        self._shape.require(net)
        ready: ExampleArrays | NeuronArrays
        if self.in_neurons:
            ready = neuron_arrays(net, self.dtype, self._delay, self._ready, self._parts)
        else:
            ready = example_arrays(net, self.dtype, before=self._ready)
        self._ready = ready
        return ready

    def close(self) -> None:
        """End the threads."""
        self._pool.close()

    def evaluate(self, net: LSNN, batch: Batch, noise_key: int = 0) -> Outcome:
        """Run a batch of any size forward."""
        size = check_batch(self.task, batch)
        return self._forward(net, self.arrays(net), batch, size, noise_key)

    def gradient(self, net: LSNN, batch: Batch, noise_key: int = 0) -> Outcome:
        """Run a batch forward and backward.

        Parameters
        ----------
        net, batch
            What to run, on what.
        noise_key
            Keys the injected noise together with the example's index.
        """
        size = check_batch(self.task, batch, self.batch)
        ready = self.arrays(net)
        d_z = np.zeros(net.layout.n, self.dtype)
        rows = self._rows(len(net.connections.weight))
        biases = np.zeros((len(self.blocks), net.layout.n_out))

        def backward(index: int, scratch: Any) -> None:
            rows[index] = self._backward(net, ready, index, scratch, d_z)
            biases[index] = self.blocks[index].d_bias()

        if self.at_once:
            outcome = self._forward(net, ready, batch, size, noise_key, backward)
        else:
            outcome = self._forward(net, ready, batch, size, noise_key)
            outcome.rate_loss, d_rate = rate_regulariser(outcome.rate, *self.regulariser)
            outcome.loss += outcome.rate_loss
            d_z[:] = d_rate / (size * self.task.n_steps)
            self._each(backward)
        outcome.d_b_out = biases.sum(axis=0)
        outcome.d_weight = rows[0]
        if len(self.blocks) > 1:
            used = sum(start < size for start, _ in self.slices)
            with np.errstate(all="ignore"):
                outcome.d_weight = rows[:used].sum(axis=0, out=rows[-1])
        return outcome

    def _rows(self, connections: int) -> Any:
        """Room for the gradient of each block, which is copied there, and at last for their sum.

        Of one block alone: a list, so that its array itself is taken.
        """
        count = len(self.blocks)
        if count == 1:
            return [np.zeros(0)]
        if self._weights.shape != (count + 1, connections):
            self._weights = np.zeros((count + 1, connections), self.dtype)
        return self._weights

    def _forward(
        self,
        net: LSNN,
        ready: Any,
        batch: Batch,
        size: int,
        noise_key: int,
        then: Callable[[int, Any], None] | None = None,
    ) -> Outcome:
        """Run a batch forward in pieces as large as the blocks have room for: most often, in one.

        `then` is called for each block when its loss is known.
        """
        parts = []
        for first in range(0, size, self.batch):
            parts += self._piece(net, ready, batch, first, size, noise_key, then)
        losses, metrics, counts = zip(*parts, strict=True)
        rate = np.sum(counts, axis=0) / (size * self.task.n_steps)
        return Outcome(float(np.sum(losses)), 0.0, add_metrics(list(metrics)), rate)

    def _piece(
        self,
        net: LSNN,
        ready: Any,
        batch: Batch,
        first: int,
        size: int,
        noise_key: int,
        then: Callable[[int, Any], None] | None,
    ) -> list[tuple[float, Sums, Array]]:
        """Run examples from `first` on; loss, metrics and spike counts of each block with any."""
        parts: list[Any] = [None] * len(self.blocks)
        noisy = net.noise_std > 0.0
        keys = example_keys(noise_key, (), first + np.arange(self.batch)) if noisy else None

        def forward(index: int, scratch: Any) -> None:
            block, (begin, end) = self.blocks[index], self.slices[index]
            start, stop = first + begin, max(first + begin, min(first + end, size))
            block.set_lanes(stop - start)
            if stop <= start:
                return
            if keys is not None:
                block.keys[: stop - start] = keys[begin : stop - first]
            block.rest()
            x, *current = self._input(net, batch, index, start, stop)
            y = block.forward(ready, x, scratch, *current)
            block.refuse_overflow(start)
            found = block_loss(self.task, batch, y[:, :, : stop - start], start, stop)
            block.set_d_y(found.d_y)
            parts[index] = found.loss, found.metrics, block.spike_counts(net.layout.n)
            if then is not None:
                then(index, scratch)

        self._each(forward)
        return [part for part in parts if part is not None]

    def _backward(self, net: LSNN, ready: Any, index: int, scratch: Any, d_z: Array) -> Array:
        """The weight gradient of a block, until its scratch is used again."""
        block = self.blocks[index]
        block.backward(ready, scratch, d_z)
        found = block.gradient(ready, scratch)
        if self.analog and block.lanes:
            self.analog[index].backward(net.connections, scratch.adjoint.current, found)
        return found

    def compile_backward(self, net: LSNN) -> None:
        """Walk a block back that never ran forward: its kernels are compiled, nothing is found."""
        d_z = np.zeros(net.layout.n, self.dtype)
        with self.borrow_scratch() as scratch:
            self._backward(net, self.arrays(net), 0, scratch, d_z)

    def _input(self, net: LSNN, batch: Batch, index: int, start: int, stop: int) -> tuple[Any, ...]:
        """Input spikes of a block; without spikes, and the current, if its inputs are analog."""
        if not self.analog:
            return (block_events(self.task, batch, start, stop, self.buffers[index]),)
        x = block_analog(self.task, batch, start, stop)
        silence = SpikeEvents.none(self.task.n_steps, stop - start)
        return silence, self.analog[index].forward(net.connections, x)

    def _each(self, work: Callable[[int, Any], None]) -> None:
        """Do `work` for every block, with scratch; an exception in any thread surfaces here."""

        def one(index: int) -> None:
            with self.borrow_scratch() as scratch, np.errstate(all="ignore"):
                work(index, scratch)  # NaN is refused here or by the learner

        for _ in self._pool.map(one, range(len(self.blocks))):
            pass

    @contextmanager
    def borrow_scratch(self) -> Iterator[Any]:
        """Scratch for one block, as long as it is at work."""
        scratch = self._scratch.get()
        try:
            yield scratch
        finally:
            self._scratch.put(scratch)
