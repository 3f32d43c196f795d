"""Loss and gradient of a batch of a rate network, to the same bits on any threads and ranks.

A batch is cut into blocks by example index alone. A block runs forward and backward at once, on one
thread with BLAS on one thread, and the gradients of blocks are added in block order. Where ranks
train together (`lsnn_core.ranks`), each runs its share of the blocks, and all get what all found.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import NumericalError
from ..finite import REMEDY
from ..ranks.exchange import current
from ..simulation.blocks import block_sizes, slices
from ..task.checks import block_analog, block_events, block_loss, check_batch, check_engine
from ..task.protocol import Batch, BatchResult, BlockLoss, Sums, Task, add_metrics, is_analog
from ..task.spikes import MAX_LANES
from ..threads import Pool, one_blas_thread, processor_count
from .network import Parameters, RateBlock, RateNetwork

Array = npt.NDArray[Any]
Result = TypeVar("Result")

BLOCK = 128
"""Most examples of a block. Products over 64 took 1.3 times as long (measured, LSTM of 128 units);
the record of larger ones outgrows the memory of a small machine (0.3 GB at 784 steps)."""


@dataclass
class RateResult(BatchResult):
    """With gradients by parameter, if they were asked for."""

    gradient: dict[str, Array] = field(default_factory=dict)


class RateEngine:
    """Runs batches of one size through networks of one shape.

    Parameters
    ----------
    net
        The network's shape.
    task
        Where batches come from; input spikes are taken as 0 and 1.
    batch
        Most examples of a batch that a gradient is wanted of; a larger one is evaluated in pieces.
    dtype
        float32 or float64.
    threads
        Of each rank; 0: one for each processor. The numbers do not depend on it.
    """

    def __init__(
        self,
        net: RateNetwork,
        task: Task,
        batch: int,
        dtype: type[np.floating[Any]] = np.float32,
        threads: int = 0,
    ) -> None:
        check_engine(task, net.n_in, net.n_out, batch, threads)
        self.task, self.batch = task, batch
        sizes = block_sizes(batch, BLOCK)
        self.slices = list(slices(sizes))
        self._ranks = current()
        own = self._ranks.share(len(sizes))
        workers = max(min(threads or processor_count(), len(own)), 1)
        self._pool = Pool(workers)
        self._blocks: queue.SimpleQueue[RateBlock] = queue.SimpleQueue()
        for _ in range(workers):
            self._blocks.put(RateBlock(net, task.n_steps, max(sizes), task.readout_start, dtype))

    def close(self) -> None:
        """End the threads."""
        self._pool.close()

    def evaluate(self, p: Parameters, batch: Batch) -> RateResult:
        """Run a batch of any size forward."""
        size = check_batch(self.task, batch)

        def forward(block: RateBlock, start: int, stop: int) -> tuple[float, Sums]:
            loss = self.block_loss(p, batch, block, start, stop)
            return loss.loss, loss.metrics

        losses, metrics = zip(*self.each_block(size, forward), strict=True)
        return RateResult(sum(losses), add_metrics(list(metrics)))

    def gradient(self, p: Parameters, batch: Batch) -> RateResult:
        """Run a batch forward and backward."""
        size = check_batch(self.task, batch, self.batch)

        def both(block: RateBlock, start: int, stop: int) -> tuple[float, Sums, dict[str, Array]]:
            loss = self.block_loss(p, batch, block, start, stop)
            return loss.loss, loss.metrics, block.backward(p, loss.d_y)

        losses, metrics, gradients = zip(*self.each_block(size, both), strict=True)
        with np.errstate(all="ignore"):
            total = {name: np.sum([g[name] for g in gradients], axis=0) for name in p}
        return RateResult(sum(losses), add_metrics(list(metrics)), total)

    def block_loss(
        self, p: Parameters, batch: Batch, block: RateBlock, start: int, stop: int
    ) -> BlockLoss:
        """Loss of examples start:stop; d_y is that of all the block's, zero for those not there."""
        count = stop - start
        block.x[..., count:] = 0.0
        fill_inputs(block.x[..., :count], self.task, batch, start)
        refuse_saturation(p, block.x)
        y = block.forward(p)
        loss = block_loss(self.task, batch, y[..., :count], start, stop)
        d_y = np.zeros_like(y)
        d_y[..., :count] = loss.d_y
        return loss._replace(d_y=d_y)

    def each_block(self, size: int, work: Callable[[RateBlock, int, int], Result]) -> list[Result]:
        """Do `work` for the examples of every block; an error in any thread or rank surfaces here.

        More examples than the engine is made for are as many blocks more.
        """

        def borrowing(span: tuple[int, int]) -> Result:
            with self._borrow() as block, np.errstate(all="ignore"):  # the learner refuses NaN
                return work(block, *span)

        pieces = (
            (first + a, first + b) for first in range(0, size, self.batch) for a, b in self.slices
        )
        spans = [(a, min(b, size)) for a, b in pieces if a < size]
        own = [spans[index] for index in self._ranks.share(len(spans))]
        with one_blas_thread():
            return self._ranks.everyone(lambda: list(self._pool.map(borrowing, own)))

    @contextmanager
    def _borrow(self) -> Iterator[RateBlock]:
        block = self._blocks.get()
        try:
            yield block
        finally:
            self._blocks.put(block)


def refuse_saturation(p: Parameters, x: Array) -> None:
    """Raise `NumericalError` if the summed inputs of a unit or readout could overflow.

    A unit turns an infinite sum into 1, and one that overflowed halfway too: nothing would tell.
    Outputs of units lie within -1 and 1, so that the weights and the inputs `x` bound all sums.
    """
    largest = float(np.maximum(x.max(), -x.min()))
    W_in, W_rec, b, W_out, b_out = (
        np.abs(p[name], dtype=np.float64) for name in ("W_in", "W_rec", "b", "W_out", "b_out")
    )
    sums = {"unit": largest * W_in.sum(0) + W_rec.sum(0) + b, "readout": W_out.sum(0) + b_out}
    for name, bound in sums.items():
        wrong = np.flatnonzero(~(bound <= np.finfo(x.dtype).max))
        if len(wrong):
            raise NumericalError(
                f"the inputs of {name} {wrong[0]} sum up to as much as {bound[wrong[0]]:.3g}, which"
                f" is more than {x.dtype} holds; {REMEDY}"
            )


def fill_inputs(x: Array, task: Task, batch: Batch, start: int) -> None:
    """Write the inputs of a batch's examples from `start` on into `x` (T, n_in, L)."""
    stop = start + x.shape[2]
    if is_analog(task):
        x[:] = block_analog(task, batch, start, stop)
        return
    for first in range(start, stop, MAX_LANES):
        last = min(first + MAX_LANES, stop)
        spikes = block_events(task, batch, first, last).to_dense(task.n_in)
        x[..., first - start : last - start] = spikes.transpose(0, 2, 1)
