"""Buffers of a block whose vectors hold neighbouring neurons, and the calls of its kernels.

Stands in for a `ExampleBlock` where that is slower: for an example alone, and for a full matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..finite import refuse_overflow
from ..given import Float
from ..kernels.network import Events
from ..kernels.neurons import state as ks
from ..kernels.neurons.backward import work_backward
from ..kernels.neurons.forward import work_forward
from ..kernels.neurons.run import part, run_segment_back, run_segments
from ..kernels.neurons.sharing import NEXT, WORKERS, stop_workers
from ..kernels.vectors.lanes import lane_array, lanes_dtype
from ..model.network import Network
from ..task.spikes import SpikeEvents
from .constants import ConstantGradients
from .neuron_arrays import NeuronArrays
from .padding import Padding
from .plan import BlockShape, rows_under_way, shares_way_back

Array = npt.NDArray[Any]


class NeuronBlock:
    """Some examples, from rest, without injected current or noise.

    Parameters
    ----------
    net
        Gives the shape; its weights may change from call to call.
    shape
        Its `lanes` are how many examples there is room for.
    dtype
        float32 or float64.
    delay
        Of the matrix that stands for the list of connections; 0 for the list, and one example.
    threads
        Threads that share the steps of a large network; only with a list.
    """

    def __init__(
        self, net: Network, shape: BlockShape, dtype: Float, delay: int = 0, threads: int = 1
    ) -> None:
        self.shape, self.room = shape, shape.lanes
        if delay == 0 and self.room != 1:
            raise UsageError(f"lanes: expected 1 with a list of connections, found {self.room}")
        self.threads, self.dtype, self.lanes = threads, dtype, self.room
        self.n, self.n_in, self.n_out = net.layout.n, net.layout.n_in, net.layout.n_out
        self.pad = Padding.of(net, dtype)
        self.plain = net.neurons.n_regular // self.pad.width  # vectors without an adaptive neuron
        self.kind = lanes_dtype(dtype, self.pad.width)
        self.max_delay = rows_under_way(net)
        self.delayed = self.max_delay * self.pad.length
        self.state = self._state(self.room)
        self.saved = self._state(self.room * shape.n_segments)
        self.tape = self._tape()
        self.x, self.spikes = self._trains(self.n_in), self._trains(self.n)
        self.fired = np.zeros(self.pad.vectors * self.pad.width, np.int32)  # of one step
        outputs = self.room * (shape.n_steps - shape.readout_start) * self.pad.outs
        self.y, self.d_y = lane_array(outputs, self.kind), lane_array(outputs, self.kind)
        self.adjoint = self._adjoint(net, as_matrix=delay > 0)
        self._on_tape: int | None = shape.n_segments - 1  # segment; that of a run of nothing

    def _state(self, slots: int) -> ks.State:
        vectors, outs = self.pad.vectors, self.pad.outs
        return ks.State(
            V=lane_array(slots * vectors, self.kind),
            b=lane_array(slots * vectors, self.kind),
            wait=lane_array(slots * vectors, self.kind),
            u=lane_array(slots * outs, self.kind),
            z=np.zeros(slots * vectors, np.uint16),
            pending=lane_array(slots * self.delayed, self.kind),
        )

    def _tape(self) -> ks.Tape:
        steps = self.room * self.shape.segment
        lanes = lane_array(steps * self.pad.length + self.room * self.delayed, self.kind)
        return ks.Tape(
            number=lanes.view(self.dtype),
            lanes=lanes,
            b=lane_array(steps * (self.pad.vectors - self.plain), self.kind),
            ref=np.zeros(steps * self.pad.vectors, np.uint16),
        )

    def _trains(self, n: int) -> ks.Trains:
        T = self.shape.n_steps
        ptr = np.zeros(self.room * (T + 1), np.int64)
        return ks.Trains(ptr, np.empty(self.room * T * n, np.int32))

    def _adjoint(self, net: Network, as_matrix: bool) -> ks.Adjoint:
        def per_example(count: int) -> Array:
            return lane_array(self.room * count, self.kind)

        vectors, gathered = self.pad.vectors, per_example(self.pad.vectors)
        constants = vectors * self.shape.parameters
        return ks.Adjoint(
            V=per_example(vectors),
            b=per_example(vectors),
            fire=per_example(vectors),
            B=per_example(vectors),
            u=per_example(self.pad.outs),
            d_y=lane_array(0, self.kind),  # given when it walks back
            d_z=lane_array(vectors, self.kind),
            fired=np.zeros(self.room * vectors, np.uint16),
            fired_before=np.zeros(self.room * vectors, np.uint16),
            gathered=gathered,
            gathered_number=gathered.view(self.dtype),
            after=per_example(self.delayed),
            queue=np.zeros(0 if as_matrix else vectors * self.pad.width, np.int32),
            weight=np.zeros(0 if as_matrix else len(net.connections.weight), self.dtype),
            matrix=lane_array(net.layout.n_source * self.pad.length * as_matrix, self.kind),
            alpha=per_example(constants),
            rho=per_example(constants),
            beta=per_example(constants),
            b0=per_example(constants),
        )

    def use(self, count: int) -> None:
        """Use the first `count` examples, from rest: a last batch may be short."""
        self.lanes = count
        for array in self.state:
            array.view(np.uint8)[:] = 0

    def trains(self) -> list[npt.NDArray[np.int32]]:
        """Who fired in each example, step after step."""
        ptr, source = self.spikes
        T = self.shape.n_steps
        ends = ptr.reshape(self.room, T + 1)[: self.lanes, [0, -1]]
        return [source[start:stop] for start, stop in ends]

    def refuse_overflow(self, first: int) -> None:
        """Raise `NumericalError` if the last forward pass, from example `first` on, overflowed."""
        state, used = self.state, slice(self.lanes)
        V, b, u = (
            a.view(self.dtype).reshape(self.room, -1)[used] for a in (state.V, state.b, state.u)
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

    def d_constants(self, arrays: NeuronArrays) -> ConstantGradients:
        """Gradients that the last backward pass left; none of beta where it is 0."""
        rows = self.pad.vectors * self.pad.width

        def numbers(lanes: Array) -> Array:
            return lanes.view(self.dtype).reshape(self.room, rows)[: self.lanes, : self.n].T

        sums = (numbers(lanes) for lanes in self.adjoint[-4:])
        found = ConstantGradients.of_sums(arrays.listed.neurons.gain, sums)
        found.beta[: arrays.constants.first_adaptive] = 0.0
        return found

    def _outputs(self, lanes: Array) -> Array:
        """View of a lane array as (examples, kept steps, K)."""
        kept = self.shape.n_steps - self.shape.readout_start
        rows = lanes.view(self.dtype).reshape(self.room, kept, self.pad.outs * self.pad.width)
        return rows[:, :, : self.n_out]

    def forward(self, arrays: NeuronArrays, x: SpikeEvents) -> Array:
        """Run all steps from `state`; returns the readout (kept steps, K, examples) as a view."""
        part(Events(x.ptr, x.source, x.lanes), self.lanes, self.x)
        self._run_segments(arrays, 0, self.shape.n_segments, again=False)
        return self._outputs(self.y).transpose(1, 2, 0)

    def backward(self, arrays: NeuronArrays, d_z: Array) -> Array:
        """Walk back from `d_y`; returns the weight gradient (C,), good until the next."""
        weight = arrays.connections.weight
        if not arrays.connections.delay and len(self.adjoint.weight) != len(weight):
            self.adjoint = self.adjoint._replace(weight=np.empty_like(weight))
        for array in self.adjoint:
            array.view(np.uint8)[:] = 0
        if self.lanes > 0:
            self.adjoint.d_z.view(self.dtype)[: self.n] = d_z
            self._walk_back(arrays)
        if arrays.connections.delay:
            listed: Array = self.adjoint.matrix.view(self.dtype)[arrays.site]
            return listed
        return self.adjoint.weight

    def _walk_back(self, arrays: NeuronArrays) -> None:
        shared = shares_way_back(len(arrays.connections.weight))
        p = self._pass(arrays, self._threads(self.threads - 1 if shared else 0))
        adjoint = self.adjoint._replace(d_y=self.d_y)
        for k in reversed(range(self.shape.n_segments)):
            if k != self._on_tape:
                self._run_segments(arrays, k, k + 1, again=True)
            with workers(p.threads, work_backward, p, adjoint):
                run_segment_back(p, adjoint, k)
            self._on_tape = None  # but dL/dI

    def _run_segments(self, arrays: NeuronArrays, first: int, stop: int, again: bool) -> None:
        parts = len(arrays.connections.bounds) - 1
        p = self._pass(arrays, self._threads(min(self.threads, parts) - 1, parts))
        with workers(p.threads, work_forward, p):
            run_segments(p, first, stop, again)
        self._on_tape = stop - 1

    def _threads(self, workers: int, parts: int = 1) -> ks.Threads:
        """No step at work, for so many workers."""
        threads = ks.Threads(np.zeros(4, np.int64), np.zeros(parts, np.int64), self.fired)
        threads.sync[WORKERS] = workers
        return threads

    def _pass(self, arrays: NeuronArrays, threads: ks.Threads) -> ks.Pass:
        T, segment = self.shape.n_steps, self.shape.segment
        sizes = ks.Sizes(
            examples=self.lanes,
            n_steps=T,
            segment=segment,
            y_start=self.shape.readout_start,
            vectors=self.pad.vectors,
            outs=self.pad.outs,
            tape=segment * self.pad.length + self.delayed,
        )
        return ks.Pass(
            sizes=sizes,
            constants=arrays.constants,
            connections=arrays.connections,
            neurons=arrays.neurons,
            x=self.x,
            state=self.state,
            saved=self.saved,
            tape=self.tape,
            spikes=self.spikes,
            y=self.y,
            threads=threads,
        )


@contextmanager
def workers(shared: ks.Threads, work: Callable[..., None], *arguments: Any) -> Iterator[None]:
    """Let other threads take chunks of the steps that this one begins."""
    shared.sync[NEXT] = 0  # nobody is to stop yet
    count = int(shared.sync[WORKERS])
    threads = [Thread(target=work, args=arguments, daemon=True) for _ in range(count)]
    try:
        for thread in threads:
            thread.start()
        yield
    finally:
        stop_workers(shared)
        for thread in threads:
            if thread.ident is not None:  # else the system had no room for it
                thread.join()
