"""Buffers of a batch of one, and the calls of its kernels: stands in for a `LaneBlock`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from .kernels import block as kb
from .kernels import single_state as ks
from .kernels.lanes import lane_array, lanes_dtype
from .kernels.single_run import run_single_backward, run_single_forward
from .kernels.single_share import help_gathering, send_home
from .lane_block import BlockShape, Prepared, Scratch
from .spikes import EventBuffers, SpikeEvents

if TYPE_CHECKING:
    from .network import LSNN

Array = npt.NDArray[Any]
STRIP_BYTES = 1 << 26  # a segment's record: streaming through memory beats recomputing (measured)
VECTOR_BYTES = 64
SHARED_FROM = 200_000  # connections from which a second thread pays for its spinning (measured)
LEAST_SEGMENT = 16


def neurons_a_vector(dtype: type[np.floating[Any]]) -> int:
    """Lanes of a 64-byte vector: 16 of float32, 8 of float64."""
    return VECTOR_BYTES // np.dtype(dtype).itemsize


class SingleBlock:
    """One example, from rest, without injected current, noise or gradients of constants."""

    lanes = 1

    def __init__(
        self,
        net: LSNN,
        n_steps: int,
        readout_start: int,
        dtype: type[np.floating[Any]],
        segment: int | None = None,
        threads: int = 1,
    ) -> None:
        self.threads = threads
        self.dtype, self.n, self.n_out = dtype, net.layout.n, net.layout.n_out
        self.width = neurons_a_vector(dtype)
        self.kind = lanes_dtype(dtype, self.width)
        self.blocks, self.outs = -(-self.n // self.width), -(-self.n_out // self.width)
        self.delayed = net.max_delay * (self.blocks + self.outs)
        row_bytes = max(self.blocks + self.outs, 1) * VECTOR_BYTES
        chosen = max(STRIP_BYTES // row_bytes, LEAST_SEGMENT, net.max_delay)
        steps = min(segment or chosen, n_steps)
        self.shape = BlockShape(n_steps, 1, 1, readout_start, steps)
        self.memory, self.saved = self._memory(1), self._memory(self.shape.n_segments)
        self.strip = self._strip(steps)
        self.after = lane_array(self.delayed, self.kind)
        self.spikes = kb.Events(*EventBuffers.allocate(n_steps, self.n))
        kept = n_steps - readout_start
        self.y = lane_array(kept * self.outs, self.kind)
        self.d_y = lane_array(kept * self.outs, self.kind)
        self.sums, self.team = self._sums(0), self._team()
        self.keys = np.zeros(1, np.uint64)  # of the noise that is not injected here
        self._prepared: Prepared | None = None
        self._strip_is_last = False

    def _memory(self, slots: int) -> ks.Memory:
        return ks.Memory(
            V=lane_array(slots * self.blocks, self.kind),
            b=lane_array(slots * self.blocks, self.kind),
            wait=lane_array(slots * self.blocks, self.kind),
            u=lane_array(slots * self.outs, self.kind),
            z=np.zeros(slots * self.blocks, np.uint16),
            pending=lane_array(slots * self.delayed, self.kind),
        )

    def _strip(self, steps: int) -> ks.Strip:
        lanes = lane_array(steps * (self.blocks + self.outs) + self.delayed, self.kind)
        return ks.Strip(
            number=lanes.view(self.dtype),
            lanes=lanes,
            b=lane_array(steps * self.blocks, self.kind),
            ref=np.zeros(steps * self.blocks, np.uint16),
        )

    def _sums(self, n_connections: int) -> ks.Sums:
        def per_neuron() -> Array:
            return lane_array(self.blocks, self.kind)

        return ks.Sums(
            V=per_neuron(),
            b=per_neuron(),
            fire=per_neuron(),
            B=per_neuron(),
            u=lane_array(self.outs, self.kind),
            d_z=per_neuron(),
            z=np.zeros(self.blocks, np.uint16),
            weight=np.zeros(n_connections, self.dtype),
        )

    def _team(self) -> ks.Team:
        return ks.Team(
            open=np.zeros(self.blocks, np.uint16),
            active=np.zeros(self.n, np.int32),
            gathered=lane_array(self.blocks, self.kind).view(self.dtype),
            counts=np.zeros(self.shape.n_steps, np.int64),
            row=np.zeros(self.shape.n_steps, np.int64),
            sync=np.zeros(2, np.int64),
        )

    def rest(self) -> None:
        """Set the state before the first step to rest."""
        for array in self.memory:
            array.view(np.uint8)[:] = 0

    def set_lanes(self, count: int) -> None:
        """A batch of one is never short."""

    def recorded(self) -> SpikeEvents:
        """The spikes of the last forward pass."""
        ptr, source, lanes = self.spikes
        return SpikeEvents(ptr, source[: ptr[-1]], lanes[: ptr[-1]], 1)

    def spike_counts(self, n: int) -> npt.NDArray[np.int64]:
        """Spikes of each neuron in the last forward pass."""
        return np.bincount(self.recorded().source, minlength=n)

    def set_d_y(self, d_y: Array) -> None:
        """dL/dy of the kept steps, (steps, K, 1)."""
        self.d_y.view(self.dtype).reshape(len(d_y), -1)[:, : self.n_out] = d_y[:, :, 0]

    def d_bias(self) -> Array:
        """dL/db_out, (K,)."""
        kept = self.shape.n_steps - self.shape.readout_start
        d_y = self.d_y.view(self.dtype).reshape(kept, -1)[:, : self.n_out]
        total: Array = d_y.sum(0, dtype=np.float64)
        return total

    def forward(self, ready: Prepared, x: SpikeEvents, scratch: Scratch | None = None) -> Array:
        """Run all steps from `memory`; returns the readout (kept steps, K, 1) as a view."""
        self.x = kb.Events(x.ptr, x.source, x.lanes)
        self._prepare(ready)
        run_single_forward(
            *self._arguments(ready), self.x, self.memory, self.saved,
            self.strip, self.spikes, self.y, self.shape.readout_start,
        )  # fmt: skip
        self._strip_is_last = True
        kept = self.shape.n_steps - self.shape.readout_start
        return self.y.view(self.dtype).reshape(kept, -1)[:, : self.n_out, None]

    def backward(self, ready: Prepared, scratch: Scratch | None, d_z: Array) -> None:
        """Walk back from `d_y`; the gradient is left in `sums`."""
        for array in self.sums:
            array.view(np.uint8)[:] = 0
        self.sums.d_z.view(self.dtype)[: self.n] = d_z
        with self._helpers(ready):
            run_single_backward(
                *self._arguments(ready), self.x, self.memory, self.saved, self.strip,
                self._strip_is_last, self.spikes, self.y, self.d_y, self.shape.readout_start,
                self.sums, self.team, self.after,
            )  # fmt: skip
        self._strip_is_last = False

    @contextmanager
    def _helpers(self, ready: Prepared) -> Iterator[None]:
        """Let other threads take part in the gathering, if the network is large enough."""
        count = self.threads - 1 if len(ready.wiring.weight) >= SHARED_FROM else 0
        self.team.sync[:] = 0
        work = self.rows, self.cells.b0, self.strip.number, self.team
        args = (ready.setting.n_in, *work)
        threads = [Thread(target=help_gathering, args=args, daemon=True) for _ in range(count)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            send_home(self.team)
            for thread in threads:
                thread.join()

    def write_gradient(self, ready: Prepared, scratch: Scratch | None, out: Array) -> None:
        """Write the weight gradient into `out` (C,)."""
        out[:] = self.sums.weight

    def _arguments(self, ready: Prepared) -> tuple[Any, ...]:
        return self.shape.n_steps, self.shape.segment, ready.setting, self.rows, self.cells

    def _prepare(self, ready: Prepared) -> None:
        """Lay out the network in vectors of neurons; kept for as long as it is the same one."""
        if self._prepared is ready:
            return
        self._prepared = ready
        wiring, p, n = ready.wiring, ready.neurons, self.n
        delay, target = np.divmod(wiring.offset, np.int32(n + self.n_out))
        shift = np.int32(self.blocks * self.width - n)  # outputs begin after the padding
        place = target + shift * (target >= n)
        row = np.int32((self.blocks + self.outs) * self.width)
        offset = delay * row + place
        self.rows = ks.Rows(wiring.indptr, offset, wiring.weight, _straight(wiring.indptr, offset))
        if len(self.sums.weight) != len(wiring.weight):
            self.sums = self._sums(len(wiring.weight))

        def lanes(values: Array, count: int, padding: float = 0.0) -> Array:
            array = lane_array(count, self.kind)
            array.view(self.dtype)[:] = padding
            array.view(self.dtype)[: len(values)] = values
            return array

        names = ("alpha", "gain", "rho", "rise", "beta")
        self.cells = ks.Cells(
            **{name: lanes(getattr(p, name), self.blocks) for name in names},
            b0=lanes(p.b0, self.blocks, 1.0),
            n_ref=lanes(p.n_ref, self.blocks),
            b_out=lanes(p.b_out, self.outs),
        )


def _straight(indptr: Array, offset: Array) -> npt.NDArray[np.bool_]:
    """Rows whose offsets follow each other without a gap."""
    gaps = np.concatenate(
        ([0, 0], np.cumsum(np.diff(offset) != 1))
    )  # before connection c: gaps[c + 1]
    start, stop = indptr[:-1], indptr[1:]
    result: npt.NDArray[np.bool_] = (stop > start) & (gaps[stop] == gaps[start + (stop > start)])
    return result
