"""Buffers of one block of examples that learns by e-prop, and the calls of the kernels on them.

Forward, traces are carried on up to the first step that the loss reads, with what they will owe to
errors to come; the rest runs forward alone. When the errors are known, this rest is run again, to
meet them. What grows with the number of steps is what the task gives and takes: input spikes,
readouts of the steps that the loss reads, and their errors.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import Float
from ..kernels import network as kn
from ..kernels.eprop import state as kp
from ..kernels.eprop.errors import take_errors
from ..kernels.eprop.run import FORWARD, MEETING, WAITING, run_part
from ..kernels.vectors.lanes import lane_array, lanes_dtype
from ..model.network import Network
from ..task.spikes import EventBuffers, SpikeEvents
from .eprop_arrays import EpropArrays
from .example_block import ExampleBlock, Scratch
from .plan import BlockShape

Array = npt.NDArray[Any]
FORGOTTEN = 1e-3  # of a rounding error: many such spikes add up to less than one (our choice)


class EpropScratch(Scratch):
    """What a thread lends the block that it runs, beside a tape: room to learn from a segment."""

    def __init__(self, net: Network, shape: BlockShape, dtype: Float) -> None:
        super().__init__(net, shape, dtype)
        steps, sources = shape.segment + net.max_delay, net.layout.n_source
        _, step, lanes = EventBuffers.allocate(steps, sources)
        self.trains = kp.Trains(np.zeros(sources + 1, np.int64), step, lanes)
        self.column = lane_array(kp.ITEMS * shape.segment, lanes_dtype(dtype, shape.width))


class EpropBlock(ExampleBlock):
    """A block between what it learned on its way forward, and its meeting with the errors.

    Parameters
    ----------
    net, shape, dtype
        As of an `ExampleBlock`; the convention is the paper's.
    looks_at_spikes
        Whether `backward` will be given a d_z that is not 0.
    """

    scratch: EpropScratch

    def __init__(
        self, net: Network, shape: BlockShape, dtype: Float, looks_at_spikes: bool = True
    ) -> None:
        super().__init__(net, replace(shape, segment=shape.n_steps), dtype)  # saves one state
        self.shape, self.looks_at_spikes = shape, looks_at_spikes
        self.memory = readout_memory(net.kappa, dtype)
        self.learns = True  # False: run forward alone
        self.spikes = kn.Events(*EventBuffers.allocate(net.max_delay + shape.segment, net.layout.n))
        self.counts = np.zeros(net.layout.n, np.int64)
        self.d_u = lane_array(len(self.d_y), self.kind)
        self.saved_spikes = self._spikes_under_way(net.max_delay)
        self.traces = self._traces(net, 0, 0)

    def _traces(self, net: Network, connections: int, adaptive: int) -> kp.Traces:
        n, kind = net.layout.n, self.kind
        return kp.Traces(
            V=lane_array(connections, kind),
            b=lane_array(adaptive, kind),
            late=lane_array(connections, kind),
            ever=np.zeros(connections, self.dtype),
            last_V=lane_array(n, kind),
            last_b=lane_array(n - net.neurons.n_regular, kind),
            last_ref=np.zeros(n, np.uint16),
            last_z=np.zeros(n, np.uint16),
            spikes=self.spikes,
        )

    def _spikes_under_way(self, delay: int) -> tuple[Array, ...]:
        """Copies of the first D steps of the record, which the next segment needs."""
        ptr, source, lanes = self.spikes
        end = ptr[delay]
        return ptr[: delay + 1].copy(), source[:end].copy(), lanes[:end].copy()

    def begin(self, arrays: EpropArrays) -> None:
        """Forget all traces, and make room for those of these connections."""
        net, ptr = arrays.net, arrays.incoming.ptr
        count, n = len(arrays.incoming.source), net.layout.n
        adaptive = int(ptr[n] - ptr[net.neurons.n_regular])
        if (len(self.traces.V), len(self.traces.b)) != (count, adaptive):
            self.traces = self._traces(net, count, adaptive)
        for array in (*self.traces[:-1], self.counts, self.spikes.ptr):
            array.view(np.uint8)[:] = 0

    def forward(  # type: ignore[override]
        self, arrays: EpropArrays, x: SpikeEvents, current: Array | None = None
    ) -> Array:
        """Run all steps from `self.state`; returns the readout (kept steps, K, lanes) as a view."""
        if current is not None:
            raise UsageError("current: e-prop takes spikes alone, found an injected current")
        self.x = kn.Events(x.ptr, x.source, x.lanes)
        self.begin(arrays)
        start, end = self.shape.readout_start, self.shape.n_steps
        self._run(arrays, 0, start, WAITING if self.learns else FORWARD)
        for now, then in zip(self.state, self.saved, strict=True):
            then[:] = now
        self.saved_spikes = self._spikes_under_way(arrays.net.max_delay)
        self._run(arrays, start, end, FORWARD)
        return self.y["lane"].reshape(end - start, arrays.net.layout.n_out, self.shape.width)

    def backward(  # type: ignore[override]
        self, arrays: EpropArrays, d_z: Array, d_z_each: Array | None = None
    ) -> Array:
        """Meet the errors `self.d_y`; returns the weight gradient (C,), good while `scratch` is.

        `d_z` (N,) is what the loss adds to dL/dz at every step.
        """
        if d_z_each is not None:
            raise UsageError(
                "d_z: e-prop takes one number for each neuron, found one for each step"
            )
        self.scratch.clear(arrays.examples.connections)
        if self.lanes > 0:
            for now, then in zip(self.state, self.saved, strict=True):
                now[:] = then
            for record, kept in zip(self.spikes, self.saved_spikes, strict=True):
                record[: len(kept)] = kept
            learning = self._learning(arrays, d_z)
            take_errors(self.forward_pass(arrays.examples), learning, self.d_y)
            self._run(arrays, self.shape.readout_start, self.shape.n_steps, MEETING, d_z)
        return self.scratch.adjoint.weight

    def _run(
        self, arrays: EpropArrays, begin: int, end: int, purpose: int, d_z: Array | None = None
    ) -> None:
        if begin < end:
            p, learning = self.forward_pass(arrays.examples), self._learning(arrays, d_z)
            run_part(begin, end, purpose, self.looks_at_spikes, p, learning)

    def _learning(self, arrays: EpropArrays, d_z: Array | None) -> kp.Learning:
        return kp.Learning(
            incoming=arrays.incoming,
            feedback=arrays.feedback,
            traces=self.traces,
            trains=self.scratch.trains,
            column=self.scratch.column,
            d_u=self.d_u,
            d_z=np.zeros(arrays.net.layout.n, self.dtype) if d_z is None else d_z,
            counts=self.counts,
            weight=self.scratch.adjoint.weight,
            readout_start=self.shape.readout_start,
            memory=self.memory,
        )

    def spike_counts(self, n: int) -> npt.NDArray[np.int64]:
        """Spikes of each neuron in the last forward pass, over all steps and lanes."""
        return self.counts


def readout_memory(kappa: float, dtype: Float) -> int:
    """Steps after which a spike is below the rounding of later ones, in the readout's filter."""
    if kappa == 0.0:
        return 1
    return math.ceil(math.log(FORGOTTEN * float(np.finfo(dtype).eps)) / math.log(kappa))
