"""Buffers of a block whose vectors hold neighbouring neurons, and the calls of its kernels.

Stands in for a `LaneBlock` where that is slower: for an example alone, and for a full matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..finite import refuse_overflow
from ..kernels.examples import state as kb
from ..kernels.neurons import state as ks
from ..kernels.neurons.run import part, run_segment_back, run_segments
from ..kernels.neurons.segment_back import help_backward
from ..kernels.neurons.segment_forward import help_forward
from ..kernels.neurons.sharing import HELPERS, NEXT, send_home
from ..kernels.vectors.lanes import lane_array, lanes_dtype
from ..task.spikes import SpikeEvents
from .example_block import BlockShape
from .neuron_arrays import VECTOR_BYTES, Arranged, Padding, rows_under_way

if TYPE_CHECKING:
    from .lsnn import LSNN

Array = npt.NDArray[Any]
STREAM_BYTES = 1 << 29  # V of one example: streaming through memory beats recomputing
STRIP_BYTES = 1 << 20  # V of several: should stay in a core's L2 cache (both measured)
SHARED_FROM = 200_000  # connections from which it pays to share the way back (measured)
LEAST_SEGMENT = 16


class NeuronBlock:
    """Some examples, from rest, without injected current, noise or gradients of constants.

    Parameters
    ----------
    net
        Gives the shape; its weights may change from call to call.
    n_steps, examples
        T, and how many examples there is room for.
    readout_start
        First step whose readout is kept.
    dtype
        float32 or float64.
    delay
        Of the matrix that stands for the list of connections; 0 for the list, and one example.
    segment
        Steps of a recomputed segment, chosen well if not given.
    threads
        Threads that share the steps of a large network; only with a list.
    """

    def __init__(
        self,
        net: LSNN,
        n_steps: int,
        examples: int,
        readout_start: int,
        dtype: type[np.floating[Any]],
        delay: int = 0,
        segment: int | None = None,
        threads: int = 1,
    ) -> None:
        if delay == 0 and examples != 1:
            raise UsageError(f"examples: expected 1 with a list of connections, found {examples}")
        self.threads, self.dtype, self.lanes = threads, dtype, examples
        self.n, self.n_in, self.n_out = net.layout.n, net.layout.n_in, net.layout.n_out
        self.pad, self.room = Padding.of(net, dtype), examples
        self.plain = net.neurons.n_regular // self.pad.width  # vectors without an adaptive neuron
        self.kind = lanes_dtype(dtype, self.pad.width)
        self.max_delay = rows_under_way(net)
        self.delayed = self.max_delay * self.pad.length
        example_bytes = max(self.pad.length, 1) * VECTOR_BYTES * examples
        chosen = (STREAM_BYTES if examples == 1 else STRIP_BYTES) // example_bytes
        steps = min(segment or max(chosen, LEAST_SEGMENT, self.max_delay), n_steps)
        self.shape = BlockShape(n_steps, examples, 1, readout_start, steps)
        self.memory = self._memory(examples)
        self.saved = self._memory(examples * self.shape.n_segments)
        self.strip = self._strip()
        self.after = lane_array(examples * self.delayed, self.kind)
        self.x, self.spikes = self._trains(self.n_in), self._trains(self.n)
        self.fired = np.zeros(self.pad.blocks * self.pad.width, np.int32)  # of one step
        kept = n_steps - readout_start
        self.y = lane_array(examples * kept * self.pad.outs, self.kind)
        self.d_y = lane_array(examples * kept * self.pad.outs, self.kind)
        self.sums = self._sums(
            0 if delay else len(net.connections.weight),
            net.layout.n_source * self.pad.length if delay else 0,
        )
        self.keys = np.zeros(examples, np.uint64)  # of the noise that is not injected here
        self._on_strip: int | None = self.shape.n_segments - 1  # segment; that of a run of nothing

    def _memory(self, slots: int) -> ks.Memory:
        blocks, outs = self.pad.blocks, self.pad.outs
        return ks.Memory(
            V=lane_array(slots * blocks, self.kind),
            b=lane_array(slots * blocks, self.kind),
            wait=lane_array(slots * blocks, self.kind),
            u=lane_array(slots * outs, self.kind),
            z=np.zeros(slots * blocks, np.uint16),
            pending=lane_array(slots * self.delayed, self.kind),
        )

    def _strip(self) -> ks.Strip:
        steps = self.room * self.shape.segment
        lanes = lane_array(steps * self.pad.length + self.room * self.delayed, self.kind)
        return ks.Strip(
            number=lanes.view(self.dtype),
            lanes=lanes,
            b=lane_array(steps * (self.pad.blocks - self.plain), self.kind),
            ref=np.zeros(steps * self.pad.blocks, np.uint16),
        )

    def _trains(self, n: int) -> ks.Trains:
        T = self.shape.n_steps
        ptr = np.zeros(self.room * (T + 1), np.int64)
        return ks.Trains(ptr, np.empty(self.room * T * n, np.int32))

    def _sums(self, n_listed: int, n_matrix: int) -> ks.Sums:
        def per_example(count: int) -> Array:
            return lane_array(self.room * count, self.kind)

        blocks, gathered = self.pad.blocks, per_example(self.pad.blocks)
        return ks.Sums(
            V=per_example(blocks),
            b=per_example(blocks),
            fire=per_example(blocks),
            B=per_example(blocks),
            u=per_example(self.pad.outs),
            d_z=lane_array(blocks, self.kind),
            fired=np.zeros(self.room * blocks, np.uint16),
            fired_before=np.zeros(self.room * blocks, np.uint16),
            gathered=gathered,
            gathered_number=gathered.view(self.dtype),
            queue=np.zeros(blocks * self.pad.width if n_listed else 0, np.int32),
            weight=np.zeros(n_listed, self.dtype),
            matrix=lane_array(n_matrix, self.kind),
        )

    def rest(self) -> None:
        """Set the state before the first step to rest."""
        for array in self.memory:
            array.view(np.uint8)[:] = 0

    def set_lanes(self, count: int) -> None:
        """Use only the first `count` examples: a last batch may be short."""
        self.lanes = count

    def trains(self) -> list[npt.NDArray[np.int32]]:
        """Who fired in each example, step after step."""
        ptr, source = self.spikes
        T = self.shape.n_steps
        ends = ptr.reshape(self.room, T + 1)[: self.lanes, [0, -1]]
        return [source[start:stop] for start, stop in ends]

    def refuse_overflow(self, first: int) -> None:
        """Raise `NumericalError` if the last forward pass, from example `first` on, overflowed."""
        memory, used = self.memory, slice(self.lanes)
        V, b, u = (
            a.view(self.dtype).reshape(self.room, -1)[used] for a in (memory.V, memory.b, memory.u)
        )
        y = self._outputs(self.y)[used].transpose(0, 2, 1)
        refuse_overflow(first, V=V[:, : self.n], b=b[:, : self.n], u=u[:, : self.n_out], y=y)

    def spike_counts(self, n: int) -> npt.NDArray[np.int64]:
        """Spikes of each neuron in the last forward pass, over all steps and examples."""
        counts = np.zeros(n, np.int64)
        for train in self.trains():
            counts += np.bincount(train, minlength=n)
        return counts

    def set_d_y(self, d_y: Array) -> None:
        """dL/dy of the kept steps, (steps, K, examples in use)."""
        view = self._outputs(self.d_y)
        view[: self.lanes] = d_y.transpose(2, 0, 1)
        view[self.lanes :] = 0

    def d_bias(self) -> Array:
        """dL/db_out, (K,)."""
        total: Array = self._outputs(self.d_y)[: self.lanes].sum((0, 1), dtype=np.float64)
        return total

    def _outputs(self, lanes: Array) -> Array:
        """View of a lane array as (examples, kept steps, K)."""
        kept = self.shape.n_steps - self.shape.readout_start
        rows = lanes.view(self.dtype).reshape(self.room, kept, self.pad.outs * self.pad.width)
        return rows[:, :, : self.n_out]

    def forward(self, ready: Arranged, x: SpikeEvents, scratch: None = None) -> Array:
        """Run all steps from `memory`; returns the readout (kept steps, K, examples) as a view."""
        part(kb.Events(x.ptr, x.source, x.lanes), self.lanes, self.x)
        self._run_segments(ready, 0, self.shape.n_segments, again=False)
        return self._outputs(self.y).transpose(1, 2, 0)

    def backward(self, ready: Arranged, scratch: None, d_z: Array) -> None:
        """Walk back from `d_y`; the gradient is left in `sums`."""
        if not ready.rows.delay and len(self.sums.weight) != len(ready.rows.weight):
            self.sums = self.sums._replace(weight=np.empty_like(ready.rows.weight))
        for array in (*self.sums, self.after):
            array.view(np.uint8)[:] = 0
        if self.lanes == 0:
            return
        self.sums.d_z.view(self.dtype)[: self.n] = d_z
        shared = len(ready.rows.weight) >= SHARED_FROM
        run = self._run(ready, self._share(self.threads - 1 if shared else 0))
        for k in reversed(range(self.shape.n_segments)):
            if k != self._on_strip:
                self._run_segments(ready, k, k + 1, again=True)
            with helping(run.share, help_backward, run, self.sums):
                run_segment_back(run, k, self.d_y, self.sums, self.after)
            self._on_strip = None  # but dL/dI

    def _run_segments(self, ready: Arranged, first: int, stop: int, again: bool) -> None:
        parts = len(ready.rows.bounds) - 1
        run = self._run(ready, self._share(min(self.threads, parts) - 1, parts))
        with helping(run.share, help_forward, run):
            run_segments(run, self.saved, first, stop, again)
        self._on_strip = stop - 1

    def gradient(self, ready: Arranged, scratch: None) -> Array:
        """The weight gradient (C,) that `backward` left in `sums`."""
        if ready.rows.delay:
            found: Array = self.sums.matrix.view(self.dtype)[ready.site]
            return found
        return self.sums.weight

    def _share(self, helpers: int, parts: int = 1) -> ks.Share:
        """No step at work, for so many helpers."""
        share = ks.Share(np.zeros(4, np.int64), np.zeros(parts, np.int64), self.fired)
        share.sync[HELPERS] = helpers
        return share

    def _run(self, ready: Arranged, share: ks.Share) -> ks.Run:
        T, segment = self.shape.n_steps, self.shape.segment
        extent = ks.Extent(
            examples=self.lanes,
            n_steps=T,
            segment=segment,
            y_start=self.shape.readout_start,
            blocks=self.pad.blocks,
            outs=self.pad.outs,
            strip=segment * self.pad.length + self.delayed,
        )
        return ks.Run(
            extent, ready.setting, ready.rows, ready.cells, self.x, self.memory, self.strip,
            self.spikes, self.y, share,
        )  # fmt: skip


@contextmanager
def helping(share: ks.Share, work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """Let other threads take pieces of the steps that this one begins."""
    share.sync[NEXT] = 0  # nobody is to go home yet
    helpers = range(share.sync[HELPERS])
    threads = [Thread(target=work, args=arguments, daemon=True) for _ in helpers]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        send_home(share)
        for thread in threads:
            if thread.ident is not None:  # else the system had no room for it
                thread.join()
