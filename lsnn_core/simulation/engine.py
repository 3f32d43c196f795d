"""Loss and gradient of a batch, to the same bits whatever the number of threads and ranks.

A batch is cut into blocks by example index alone. A block runs forward and at once backward; but a
rate regulariser needs the rates of the whole batch, so that with one all blocks run forward first.
Each block leaves its gradient in a row of its own, and the rows are added in block order. Where
ranks train together (`lsnn_core.ranks`), each runs its share of the blocks.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..compiler import require_compiler
from ..given import Float
from ..random.streams import example_keys
from ..task.checks import block_analog, block_events, block_loss, check_batch, check_engine
from ..task.losses import Regulariser, rate_regulariser
from ..task.protocol import Batch, Task, add_metrics, buffers_for, is_analog
from ..task.spikes import EventBuffers, SpikeEvents
from ..threads import Pool, processor_count
from .analog import AnalogInput
from .constants import ConstantGradients
from .example_arrays import ExampleArrays, example_arrays
from .example_block import ExampleBlock, Scratch
from .lsnn import LSNN
from .net_shape import NetShape
from .neuron_arrays import NeuronArrays, neuron_arrays
from .neuron_block import NeuronBlock
from .plan import Plan, plan_gradient
from .precision import check_precision
from .result import BlockResult, SpikingResult
from .shares import Shares

Array = npt.NDArray[Any]
Found = TypeVar("Found")

NO_REGULARISER = Regulariser(0.0, 0.0)


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
        Of each rank; 0: one for each processor. The numbers do not depend on it.
    regulariser
        Of the firing rates.
    plan
        See there; what is quick if not given.
    constants
        Whether a gradient is that of the neurons' constants, too: of tau_a and beta only where
        beta is above 0.

    Attributes
    ----------
    at_once
        Whether a block runs backward as soon as it has run forward.
    """

    def __init__(
        self,
        net: LSNN,
        task: Task,
        batch: int,
        dtype: Float,
        threads: int = 0,
        regulariser: Regulariser = NO_REGULARISER,
        plan: Plan | None = None,
        constants: bool = False,
    ) -> None:
        require_compiler()
        check_engine(task, net.layout.n_in, net.layout.n_out, batch, threads)
        check_precision(net, dtype)
        self.task, self.batch, self.dtype, self._shape = task, batch, dtype, NetShape.of(net)
        self.regulariser, self.at_once = regulariser, regulariser.weight == 0.0
        self.constants = constants
        self.threads = threads or processor_count()
        given = net, task.n_steps, batch, dtype, self.threads, is_analog(task), self.at_once
        whole = plan or plan_gradient(*given)
        self._shares = Shares(whole.sizes)
        self.plan, self.slices = whole.part(self._shares.own), self._shares.slices
        self._pool = Pool(self.plan.workers)
        self._scratch: queue.SimpleQueue[Scratch] = queue.SimpleQueue()
        self.blocks: list[ExampleBlock] | list[NeuronBlock]
        self.blocks = self._of_neurons(net) if self.plan.in_neurons else self._of_examples(net)
        self.analog: list[AnalogInput] = []
        self.buffers: list[EventBuffers] = []
        if is_analog(task):
            sizes = task.n_steps, task.n_in, net.layout.n
            self.analog = [AnalogInput(*sizes, block.kind) for block in self.blocks]
        else:
            self.buffers = [buffers_for(task) for _ in self.blocks]
        self._arrays: Any = None
        self._rows = np.zeros((0, 0), dtype)

    def _of_neurons(self, net: LSNN) -> list[NeuronBlock]:
        sizes = self.task.n_steps, self.task.readout_start
        shapes = self.plan.shapes(*sizes, parameters=self.constants)
        given = self.dtype, self.plan.delay, self.plan.sharing
        return [NeuronBlock(net, shape, *given) for shape in shapes]

    def _of_examples(self, net: LSNN) -> list[ExampleBlock]:
        """Blocks, and scratch for as many as run at a time."""
        task, tapes = self.task, self.plan.tapes
        wanted = {"parameters": self.constants, "current": is_analog(task)}
        shapes = self.plan.shapes(task.n_steps, task.readout_start, **wanted)
        for _ in shapes[: self.plan.workers]:
            self._scratch.put(Scratch(net, shapes[0], self.dtype, tapes))
        each = zip(shapes, tapes, strict=True)
        return [ExampleBlock(net, shape, self.dtype, tape) for shape, tape in each]

    def arrays(self, net: LSNN) -> ExampleArrays | NeuronArrays:
        """The network as the blocks take it."""
        self._shape.require(net)
        arrays: ExampleArrays | NeuronArrays
        if self.plan.in_neurons:
            plan, before = self.plan, self._arrays
            arrays = neuron_arrays(net, self.dtype, plan.delay, before, plan.parts)
        else:
            arrays = example_arrays(net, self.dtype, before=self._arrays)
        self._arrays = arrays
        return arrays

    def close(self) -> None:
        """End the threads."""
        self._pool.close()

    def evaluate(self, net: LSNN, batch: Batch, noise_key: int = 0) -> SpikingResult:
        """Run a batch of any size forward."""
        size = check_batch(self.task, batch)
        return self._forward(net, self.arrays(net), batch, size, noise_key)[0]

    def gradient(self, net: LSNN, batch: Batch, noise_key: int = 0) -> SpikingResult:
        """Run a batch forward and backward.

        Parameters
        ----------
        net, batch
            What to run, on what.
        noise_key
            Keys the injected noise together with the example's index.
        """
        size = check_batch(self.task, batch, self.batch)
        arrays: Any = self.arrays(net)
        d_z = np.zeros(net.layout.n, self.dtype)
        rows = self._gradient_rows(len(net.connections.weight))
        of_constants = np.zeros((len(self.blocks), 4 * net.layout.n if self.constants else 0))

        def backward(index: int) -> Array:
            rows[index] = self._backward(net, arrays, index, d_z)
            block = self.blocks[index]
            if self.constants:
                of_constants[index] = np.ravel(block.d_constants(arrays))
            return block.d_bias()

        if self.at_once:
            result, biases = self._forward(net, arrays, batch, size, noise_key, backward)
        else:
            result, _ = self._forward(net, arrays, batch, size, noise_key)
            result.rate_loss, d_rate = rate_regulariser(result.rate, *self.regulariser)
            result.loss += result.rate_loss
            d_z[:] = d_rate / (size * self.task.n_steps)
            biases = self._each(backward)
        result.d_b_out = self._shares.summed(biases)
        if self.constants:
            found = self._shares.total(of_constants, size, np.empty(of_constants.shape[1]))
            result.d_constants = ConstantGradients(*found.reshape(4, -1))
        result.d_weight = rows[0]
        if not self._shares.is_one:
            result.d_weight = self._shares.total(rows[:-1], size, rows[-1])
        return result

    def _gradient_rows(self, connections: int) -> Any:
        """Room for the gradient of each block, which is copied there, and at last for their sum.

        Of one block alone: a list, so that its array itself is taken.
        """
        if self._shares.is_one:
            return [np.zeros(0)]
        count = len(self.blocks)
        if self._rows.shape != (count + 1, connections):
            self._rows = np.zeros((count + 1, connections), self.dtype)
        return self._rows

    def _forward(
        self,
        net: LSNN,
        arrays: Any,
        batch: Batch,
        size: int,
        noise_key: int,
        then: Callable[[int], Array] | None = None,
    ) -> tuple[SpikingResult, list[Array]]:
        """Run a batch forward in pieces as large as the blocks have room for: most often, in one.

        `then` is called for each block when its loss is known; what it gave is returned, too.
        """
        parts: list[BlockResult] = []
        counts = np.zeros(net.layout.n, np.int64)
        for first in range(0, size, self.batch):
            piece = range(first, min(first + self.batch, size))
            keys = example_keys(noise_key, (), np.array(piece)) if net.noise_std > 0.0 else None
            found, spikes = self._piece(net, arrays, batch, piece, keys, then)
            parts += found
            counts += spikes
        losses, metrics, biases = zip(*parts, strict=True)
        rate = counts / (size * self.task.n_steps)
        result = SpikingResult(float(np.sum(losses)), add_metrics(list(metrics)), rate)
        return result, list(biases)

    def _piece(
        self,
        net: LSNN,
        arrays: Any,
        batch: Batch,
        piece: range,
        keys: Array | None,
        then: Callable[[int], Array] | None,
    ) -> tuple[list[BlockResult], Array]:
        """Run some examples; what each block with any gave, and spikes of each neuron."""
        counts = np.zeros((len(self.blocks), net.layout.n), np.int64)

        def forward(index: int) -> BlockResult | None:
            block, (begin, end) = self.blocks[index], self.slices[index]
            examples = piece[begin:end]
            block.use(len(examples), *([] if keys is None else [keys[begin:end]]))
            if not examples:
                return None
            start, stop = examples.start, examples.stop
            x, *current = self._input(net, batch, index, start, stop)
            y = block.forward(arrays, x, *current)
            block.refuse_overflow(start)
            result = block_loss(self.task, batch, y[:, :, : len(examples)], start, stop)
            block.set_d_y(result.d_y)
            counts[index] = block.spike_counts(net.layout.n)
            d_bias = then(index) if then else np.zeros(0)
            return BlockResult(result.loss, result.metrics, d_bias)

        found = [part for part in self._each(forward) if part is not None]
        return found, self._shares.total(counts, len(piece), np.empty(net.layout.n, np.int64))

    def _backward(self, net: LSNN, arrays: Any, index: int, d_z: Array) -> Array:
        """The weight gradient of a block, until its scratch is used again."""
        block = self.blocks[index]
        d_weight = block.backward(arrays, d_z)
        if self.analog and block.lanes:
            assert isinstance(block, ExampleBlock)
            current = block.scratch.adjoint.current
            self.analog[index].backward(net.connections, current, d_weight)
        return d_weight

    def compile_backward(self, net: LSNN) -> None:
        """Walk a block back that never ran forward: its kernels are compiled, nothing is found."""
        d_z = np.zeros(net.layout.n, self.dtype)
        with self.at_work(self.blocks[0]):
            self._backward(net, self.arrays(net), 0, d_z)

    def _input(self, net: LSNN, batch: Batch, index: int, start: int, stop: int) -> tuple[Any, ...]:
        """Input spikes of a block; without spikes, and the current, if its inputs are analog."""
        if not self.analog:
            return (block_events(self.task, batch, start, stop, self.buffers[index]),)
        x = block_analog(self.task, batch, start, stop)
        silence = SpikeEvents.none(self.task.n_steps, stop - start)
        return silence, self.analog[index].forward(net.connections, x)

    def _each(self, work: Callable[[int], Found]) -> list[Found]:
        """Do `work` for every block; an exception in any thread or rank surfaces here."""

        def one(index: int) -> Found:
            with self.at_work(self.blocks[index]), np.errstate(all="ignore"):
                return work(index)  # NaN is refused here or by the learner

        own = range(len(self.blocks))
        return self._shares.of_all(lambda: list(self._pool.map(one, own)))

    @contextmanager
    def at_work(self, block: ExampleBlock | NeuronBlock) -> Iterator[None]:
        """Lend scratch to a block of examples, as long as it is at work."""
        if isinstance(block, NeuronBlock):
            yield
            return
        block.scratch = self._scratch.get()
        try:
            yield
        finally:
            self._scratch.put(block.scratch)
