"""The LSNN: what it consists of, one call to run it, one to get the gradient.

Nothing is stored on the network between calls: `LSNN.forward` returns a `Run`, and
`LSNN.backward` takes it back together with dL/dy.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from .batch_run import NetworkGradient, NetworkState, Run
from .blocks import block_sizes, cut, lane_width, slices
from .compiler import require_compiler
from .connections import Connections
from .errors import UsageError
from .kernels.lanes import lane_array
from .lane_block import BlockShape, LaneBlock, Scratch, prepare, segment_length
from .layout import Layout
from .neurons import DT_MS, NeuronParameters
from .spikes import SpikeEvents

Array = npt.NDArray[Any]
CONVENTIONS = ("paper", "lsnn-official")
LANE_WIDTHS = (1, 2, 4, 8, 16)


@dataclass(frozen=True, eq=False)
class LSNN:
    """A recurrent spiking network with adaptive neurons and leaky readouts.

    Parameters
    ----------
    connections
        W_in, W_rec and W_out as one list.
    neurons
        Constants of the N neurons, population R first.
    b_out
        Readout bias, (K,).
    tau_out_ms
        Time constant of the readout filter, u(t) = kappa u(t-1) + (1 - kappa) W_out z(t). 0: no
        filter, kappa = 0, so that the mean of y over a window is a weighted spike count.
    gamma
        Dampening of the pseudo-derivative (paper: "< 1"; published code: 0.3).
    convention
        "paper": a spike is decided by V(t), the reset subtracts B(t-1). "lsnn-official": by V(t-1),
        and B(t), as the published TensorFlow cell does.
    noise_std
        Standard deviation of a Gaussian current injected into every neuron at every step.
    through_reset
        False stops the gradient through the reset term, to compare with code that detaches it.
    max_delay
        Longest delay a connection can have, D steps; that of the list if not given. Rewiring may
        take the longest one out of the list and put it back.
    """

    connections: Connections
    neurons: NeuronParameters
    b_out: Array
    tau_out_ms: float = 20.0
    gamma: float = 0.3
    convention: str = "paper"
    noise_std: float = 0.0
    through_reset: bool = True
    max_delay: int = 0

    def __post_init__(self) -> None:
        """Refuse parts that do not fit each other."""
        layout = self.connections.layout
        longest = int(self.connections.delay.max(initial=1))
        object.__setattr__(self, "max_delay", max(self.max_delay, longest))
        if self.max_delay * max(layout.n_target, 1) + layout.n_target >= 2**31:
            raise UsageError(
                f"delays: up to {self.max_delay} steps to {layout.n_target} neurons and outputs do "
                "not fit 32-bit offsets; lower network.delays"
            )
        if self.neurons.n != layout.n:
            raise UsageError(
                f"neurons: expected {layout.n} as in connections, found {self.neurons.n}"
            )
        if self.b_out.shape != (layout.n_out,):
            raise UsageError(f"b_out: expected {(layout.n_out,)}, found {self.b_out.shape}")
        if self.convention not in CONVENTIONS:
            raise UsageError(
                f"convention: expected one of {CONVENTIONS}, found {self.convention!r}"
            )
        if not (self.tau_out_ms == 0 or DT_MS <= self.tau_out_ms < np.inf):
            raise UsageError(f"tau_out_ms: expected 0 or at least 1 ms, found {self.tau_out_ms!r}")
        if not (np.isfinite(self.gamma) and self.gamma >= 0):
            raise UsageError(f"gamma: expected 0 or more, found {self.gamma!r}")
        if not (np.isfinite(self.noise_std) and self.noise_std >= 0):
            raise UsageError(f"noise_std: expected 0 or more, found {self.noise_std!r}")

    @property
    def layout(self) -> Layout:
        """Sizes and numbering."""
        return self.connections.layout

    @property
    def kappa(self) -> float:
        """Readout decay per step."""
        return float(np.exp(-DT_MS / self.tau_out_ms)) if self.tau_out_ms else 0.0

    def forward(
        self,
        x: Array,
        *,
        current: Array | None = None,
        initial: NetworkState | None = None,
        noise_keys: Array | None = None,
        dtype: type[np.floating[Any]] = np.float32,
        lanes: int | None = None,
        segment: int | None = None,
        parameters: bool = False,
    ) -> Run:
        """Run a batch.

        Parameters
        ----------
        x
            Input spikes, (T, B, n_in), zero or one.
        current
            Injected current, (T, B, N).
        initial
            State before the first step; at rest if not given.
        noise_keys
            One key (uint64) per example for the injected noise; its index if not given.
        dtype
            float32 for speed, float64 for checks.
        lanes, segment
            Examples that advance side by side, and steps of a recomputed segment; chosen well if
            not given.
        parameters
            Also make the gradients of tau_m, tau_a, beta, b0 available.

        Returns
        -------
        Run
            Readout `y` (T, B, K), spikes `z` (T, B, N), the final state.

        Raises
        ------
        NumericalError
            A potential or a readout left the range of `dtype`.
        """
        require_compiler()
        x = _checked("x", x, (None, None, self.layout.n_in))
        if not ((x == 0) | (x == 1)).all():
            raise UsageError("x: expected spikes, 0 or 1; give real-valued input as `current`")
        T, B = x.shape[:2]
        if current is not None:
            current = _checked("current", current, (T, B, self.layout.n))
        if T == 0 or B == 0:
            raise UsageError(f"x: expected at least one step and one example, found {x.shape}")
        if lanes not in (None, *LANE_WIDTHS):
            raise UsageError(f"lanes: expected one of {LANE_WIDTHS}, found {lanes!r}")
        if segment is not None and segment < 1:
            raise UsageError(f"segment: expected at least one step, found {segment!r}")
        keys = np.arange(B, dtype=np.uint64) if noise_keys is None else noise_keys.astype(np.uint64)
        sizes = block_sizes(B) if lanes is None else cut(B, lanes)
        width = lane_width(max(sizes)) if lanes is None else lanes
        itemsize = np.dtype(dtype).itemsize
        steps = segment_length(self, T, width, itemsize) if segment is None else min(segment, T)
        ready = prepare(self, dtype, track_all=parameters)
        shape = BlockShape(T, 1, width, 0, steps, parameters, current is not None)
        scratch = Scratch(self, shape, dtype)
        blocks = []
        for start, stop in slices(sizes):
            block = LaneBlock(self, replace(shape, lanes=stop - start), dtype)
            block.keys[: stop - start] = keys[start:stop]
            if initial is not None:
                initial.fill(block, self, start, stop)
            events = SpikeEvents.from_dense(x[:, start:stop] != 0)
            block.forward(ready, events, scratch, _to_lanes(block, current, start, stop))
            block.refuse_overflow(start)
            blocks.append(block)
        return Run(self, ready, blocks, scratch, initial)

    def backward(self, run: Run, d_y: Array, d_z: Array | float = 0.0) -> NetworkGradient:
        """Gradient of a loss with respect to every weight and, if asked for, every constant.

        Parameters
        ----------
        run
            What `forward` returned.
        d_y
            dL/dy, (T, B, K).
        d_z
            What the loss adds to dL/dz of a neuron at every step and example, (N,) or a number.
        """
        d_y = _checked("d_y", d_y, (run.n_steps, run.n_examples, self.layout.n_out))
        seed = np.broadcast_to(np.asarray(d_z, run.dtype), (self.layout.n,)).copy()
        total = NetworkGradient.zeros(self, run)
        for block, start, stop in run.parts():
            view = block.d_y["lane"].reshape(run.n_steps, -1, block.shape.width)
            view[:] = 0
            view[:, :, : stop - start] = d_y[:, start:stop].transpose(0, 2, 1)
            block.backward(run.ready, run.scratch, seed)
            total.gather(run, block, start, stop)
        total.b_out[:] = d_y.sum((0, 1))
        return total


def _to_lanes(block: LaneBlock, values: Array | None, start: int, stop: int) -> Array | None:
    """(T, B, n) as a flat lane array of the block's examples."""
    if values is None:
        return None
    lanes = lane_array(values.shape[0] * values.shape[2], block.kind)
    view = lanes["lane"].reshape(values.shape[0], values.shape[2], -1)
    view[:, :, : stop - start] = values[:, start:stop].transpose(0, 2, 1)
    return lanes


def _checked(name: str, values: Array, shape: tuple[int | None, ...]) -> Array:
    """`values` as an array of the given shape (None: any), without NaN or infinity."""
    array = np.asarray(values)
    fits = array.ndim == len(shape) and all(
        want in (None, have) for want, have in zip(shape, array.shape, strict=True)
    )
    if not fits:
        raise UsageError(f"{name}: expected shape {shape} (time, batch, ...), found {array.shape}")
    if array.dtype.kind not in "fiub" or not np.isfinite(array).all():
        raise UsageError(f"{name}: expected finite numbers")
    return array
