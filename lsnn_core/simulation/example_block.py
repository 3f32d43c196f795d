"""Buffers of one block of examples, and the calls of the kernels on them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..finite import refuse_overflow
from ..given import Float
from ..kernels import network as kn
from ..kernels.examples import state as ke
from ..kernels.examples.run import complete_adaptation, count_spikes, run_backward, run_forward
from ..kernels.vectors.lanes import lane_array, lanes_dtype
from ..model.network import Network
from ..model.state import NetworkState
from ..task.spikes import MAX_LANES, EventBuffers, SpikeEvents
from .constants import ConstantGradients
from .example_arrays import ExampleArrays
from .plan import BlockShape, Tape

Array = npt.NDArray[Any]


class Scratch:
    """What a thread lends the block that it runs: a tape, and sums that are read out per block.

    `tapes` are those of all blocks that it is lent to, see `Plan`: some may keep V themselves while
    others need the tape of a segment, and what flows back from one segment into the one before.
    """

    def __init__(
        self, net: Network, shape: BlockShape, dtype: Float, tapes: Sequence[Tape] = ("segment",)
    ) -> None:
        n, width = net.layout.n, net.layout.n_target
        first = 0 if shape.track_all else net.neurons.n_regular
        kind = lanes_dtype(dtype, shape.width)
        steps = shape.n_steps if "scratch" in tapes else shape.segment
        self.tape = ke.Tape(
            V=lane_array((steps + net.max_delay) * width, kind),
            b=lane_array(shape.segment * (n - first), kind),
            ref=np.zeros(steps * n, np.uint16),
        )
        extra = n if shape.parameters else 0
        self.adjoint = ke.Adjoint(
            V=lane_array(n, kind),
            b=lane_array(n, kind),
            fire=lane_array(n, kind),
            B=lane_array(n, kind),
            u=lane_array(net.layout.n_out, kind),
            alpha=lane_array(extra, kind),
            rho=lane_array(extra, kind),
            beta=lane_array(extra, kind),
            b0=lane_array(extra, kind),
            weight=np.zeros(0, dtype),
            current=lane_array(shape.n_steps * n if shape.current else 0, kind),
            after=lane_array(net.max_delay * width if "segment" in tapes else 0, kind),
            d_y=lane_array(0, kind),  # the block's, when it walks back
            d_z=np.zeros(0, dtype),
            d_z_each=lane_array(0, kind),
            z=np.zeros(n, np.uint16),
        )
        self.holder: ExampleBlock | None = None  # whose last segment is on the tape

    def clear(self, connections: ke.Connections) -> None:
        """Forget all sums, and make room for the gradient of these connections."""
        if len(self.adjoint.weight) != len(connections.weight):
            self.adjoint = self.adjoint._replace(weight=np.empty_like(connections.weight))
        for array in self.adjoint:
            array.view(np.uint8)[:] = 0


class ExampleBlock:
    """A block's record between its forward and its backward pass.

    `tape` says where V is kept, see `Plan`. Before it runs, a block is lent a `scratch`, made for
    the same shape and tape; after its backward pass that holds its gradient.
    """

    scratch: Scratch

    def __init__(
        self, net: Network, shape: BlockShape, dtype: Float, tape: Tape = "segment"
    ) -> None:
        if not 1 <= shape.lanes <= shape.width <= MAX_LANES:
            raise UsageError(
                f"lanes: expected 1..{shape.width} of {MAX_LANES}, found {shape.lanes}"
            )
        if shape.truncate and shape.parameters:
            raise UsageError(
                f"truncate: found {shape.truncate} steps beside a gradient of constants or of the "
                "initial state, which is there as a whole only; expected 0"
            )
        self.shape, self.dtype, self.lanes = shape, dtype, shape.lanes
        layout = net.layout
        self.kind = lanes_dtype(dtype, shape.width)
        self.tape_holds_all = tape != "segment"
        slots = shape.n_segments
        self.state = self._states(net, 1)
        self.saved = self._states(net, slots)
        steps = shape.n_steps if tape == "block" else 0
        rows = steps + net.max_delay if steps else 0
        self.own_V = lane_array(rows * layout.n_target, self.kind)
        self.own_ref = np.zeros(steps * layout.n, np.uint16)
        self.spikes = kn.Events(*EventBuffers.allocate(shape.n_steps, layout.n))
        kept = shape.n_steps - shape.readout_start
        self.y = lane_array(kept * layout.n_out, self.kind)
        self.d_y = lane_array(kept * layout.n_out, self.kind)
        self.keys = np.zeros(shape.width, np.uint64)
        self.first_step = 0  # of a run that goes on: see `Constants.first_step`
        self.x = kn.Events(*EventBuffers.allocate(shape.n_steps, 0))  # nothing came in yet
        self.current = lane_array(0, self.kind)

    def _states(self, net: Network, slots: int) -> ke.State:
        layout = net.layout
        n, under_way = layout.n, 0 if self.tape_holds_all else slots * net.max_delay
        return ke.State(
            V=lane_array(slots * n, self.kind),
            b=lane_array(slots * n, self.kind),
            u=lane_array(slots * layout.n_out, self.kind),
            wait=lane_array(slots * n, self.kind),
            z=np.zeros(slots * n, np.uint16),
            pending=lane_array(under_way * layout.n_target, self.kind),
        )

    def use(self, count: int, keys: Array | None = None) -> None:
        """Use the first `count` lanes, from rest: a last batch may be short. `keys`: of noise."""
        self.lanes = count
        if keys is not None:
            self.keys[:count] = keys
        for array in self.state:
            array.view(np.uint8)[:] = 0

    def begin_from(self, initial: NetworkState, net: Network, start: int, stop: int) -> None:
        """Write examples start:stop of a checked state into the lanes, and go on from its step."""
        self.first_step = initial.step
        n, k, count = net.layout.n, net.layout.n_out, stop - start
        state, part = self.state, slice(start, stop)
        state.V["lane"][:, :count] = initial.V[part].T
        state.b["lane"][:, :count] = initial.b[part].T
        state.u["lane"][:, :count] = initial.u[part].T
        pending = state.pending["lane"].reshape(net.max_delay, n + k, self.shape.width)
        pending[:, :n, :count] = initial.pending[part].transpose(1, 2, 0)
        lane = np.left_shift(1, np.arange(count)).astype(np.uint16)[:, None]
        state.z[:] = ((initial.z[part] != 0) * lane).sum(0)
        state.wait["lane"][:, :count] = initial.wait[part].T

    def final_state(self, net: Network) -> NetworkState:
        """The state of the lanes in use after the last step."""
        lanes, state = np.arange(self.lanes), self.state
        rows = net.max_delay, net.layout.n_target, self.shape.width
        pending = state.pending["lane"].reshape(rows)[:, : net.layout.n, lanes]
        return NetworkState(
            V=np.array(state.V["lane"][:, lanes].T),
            b=np.array(state.b["lane"][:, lanes].T),
            z=np.array(lane_bits(state.z, lanes).T),
            wait=state.wait["lane"][:, lanes].T.astype(np.int64),
            pending=np.array(pending.transpose(2, 0, 1)),
            u=np.array(state.u["lane"][:, lanes].T),
            step=self.first_step + self.shape.n_steps,
        )

    def recorded(self) -> SpikeEvents:
        """The spikes of the last forward pass."""
        ptr, source, lanes = self.spikes
        return SpikeEvents(ptr, source[: ptr[-1]], lanes[: ptr[-1]], self.lanes)

    def refuse_overflow(self, first: int) -> None:
        """Raise `NumericalError` if the last forward pass, from example `first` on, overflowed."""
        state, used = self.state, slice(self.lanes)
        V, b, u = (array["lane"][:, used].T for array in (state.V, state.b, state.u))
        y = self.y["lane"].reshape(-1, max(u.shape[1], 1), self.shape.width)[..., used]
        refuse_overflow(first, V=V, b=b, u=u, y=y.transpose(2, 1, 0))

    def spike_counts(self, n: int) -> npt.NDArray[np.int64]:
        """Spikes of each neuron in the last forward pass, over all steps and lanes."""
        counts = np.zeros(n, np.int64)
        count_spikes(self.spikes, counts)  # a kernel: other threads go on meanwhile
        return counts

    def set_d_y(self, d_y: Array) -> None:
        """dL/dy of the kept steps, (steps, K, lanes in use)."""
        view = self.d_y["lane"].reshape(len(d_y), d_y.shape[1], self.shape.width)
        view[:, :, : d_y.shape[2]] = d_y
        view[:, :, d_y.shape[2] :] = 0

    def d_bias(self) -> Array:
        """dL/db_out, (K,)."""
        kept = self.shape.n_steps - self.shape.readout_start
        if kept == 0 or self.lanes == 0:
            return np.zeros(len(self.d_y) // max(kept, 1))
        d_y = self.d_y["lane"].reshape(kept, len(self.d_y) // kept, self.shape.width)
        total: Array = d_y.sum((0, 2), dtype=np.float64)
        return total

    def d_constants(self, arrays: ExampleArrays) -> ConstantGradients:
        """Gradients that the last backward pass left in the scratch, over the lanes in use."""
        adjoint, used = self.scratch.adjoint, slice(self.lanes)
        sums = adjoint.alpha, adjoint.rho, adjoint.beta, adjoint.b0
        lanes = (values["lane"][:, used] for values in sums)
        return ConstantGradients.of_sums(arrays.neurons.gain, lanes)

    def forward(self, arrays: ExampleArrays, x: SpikeEvents, current: Array | None = None) -> Array:
        """Run all steps from `self.state`; returns the readout (kept steps, K, lanes) as a view."""
        self.x = kn.Events(x.ptr, x.source, x.lanes)
        self.current = lane_array(0, self.kind) if current is None else current
        run_forward(self.forward_pass(arrays))
        self.scratch.holder = self
        kept = self.shape.n_steps - self.shape.readout_start
        return self.y["lane"].reshape(kept, arrays.constants.n_out, self.shape.width)

    def complete_state(self, arrays: ExampleArrays) -> None:
        """Make every number of `state` that of the last step, also b where beta = 0."""
        if arrays.constants.first_adaptive > 0:
            complete_adaptation(self.forward_pass(arrays), self.scratch.adjoint.z)

    def backward(self, arrays: ExampleArrays, d_z: Array, d_z_each: Array | None = None) -> Array:
        """Walk back from `self.d_y`; returns the weight gradient (C,), good while `scratch` is.

        `d_z` (N,) is what the loss adds to dL/dz at every step, `d_z_each` (T * N lanes) at each.
        All sums are left in ``scratch.adjoint``, per lane.
        """
        scratch = self.scratch
        scratch.clear(arrays.connections)
        if self.lanes > 0:
            adjoint = scratch.adjoint._replace(d_y=self.d_y, d_z=d_z)
            if d_z_each is not None:
                adjoint = adjoint._replace(d_z_each=d_z_each)
            run_backward(self.forward_pass(arrays), adjoint, scratch.holder is self)
            scratch.holder = None
        return scratch.adjoint.weight

    def _tape(self) -> ke.Tape:
        if self.own_V.size == 0:
            return self.scratch.tape
        return self.scratch.tape._replace(V=self.own_V, ref=self.own_ref)

    def forward_pass(self, arrays: ExampleArrays) -> ke.Pass:
        """Everything of a forward pass, as the kernels take it."""
        shape = self.shape
        return ke.Pass(
            sizes=ke.Sizes(
                shape.n_steps,
                shape.segment,
                shape.readout_start,
                self.tape_holds_all,
                shape.truncate,
            ),
            constants=arrays.constants._replace(
                used_lanes=(1 << self.lanes) - 1, first_step=self.first_step
            ),
            connections=arrays.connections,
            neurons=arrays.neurons,
            x=self.x,
            current=self.current,
            keys=self.keys,
            state=self.state,
            saved=self.saved,
            tape=self._tape(),
            spikes=self.spikes,
            y=self.y,
        )


def lane_bits(masks: Array, lanes: Array) -> Array:
    """Lane masks as 0 or 1, one more axis at the end for the lanes."""
    bits: Array = (masks[..., None] >> lanes) & 1
    return bits
