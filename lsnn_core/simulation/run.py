"""What a forward pass over a batch leaves: readout, spikes, final state, and later the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..given import integers, refuse
from ..model.network import Network
from ..model.state import NetworkState
from .blocks import slices
from .example_arrays import ExampleArrays
from .example_block import ExampleBlock, lane_bits

Array = npt.NDArray[Any]


@dataclass
class Run:
    """One forward pass over a batch, kept for the backward pass."""

    net: Network
    arrays: ExampleArrays
    blocks: list[ExampleBlock]
    final: NetworkState = field(init=False)

    def __post_init__(self) -> None:
        """Read the final state before a backward pass reuses its place."""
        self.final = NetworkState.joined([block.final_state(self.net) for block in self.blocks])

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """Precision of the run."""
        return self.blocks[0].dtype

    @property
    def n_steps(self) -> int:
        """T."""
        return self.blocks[0].shape.n_steps

    @property
    def n_examples(self) -> int:
        """B."""
        return sum(block.shape.lanes for block in self.blocks)

    def parts(self) -> Iterator[tuple[ExampleBlock, int, int]]:
        """Each block with the range of examples it holds."""
        sizes = [block.shape.lanes for block in self.blocks]
        for block, (start, stop) in zip(self.blocks, slices(sizes), strict=True):
            yield block, start, stop

    @property
    def y(self) -> Array:
        """Readout, (T, B, K)."""
        views = []
        for block, start, stop in self.parts():
            n_out = self.net.layout.n_out
            lanes = block.y["lane"].reshape(self.n_steps, n_out, block.shape.width)
            views.append(lanes[:, :, : stop - start].transpose(0, 2, 1))
        return np.concatenate(views, axis=1)

    @property
    def z(self) -> Array:
        """Spikes, (T, B, N) bool."""
        parts = []
        for block, _, _ in self.parts():
            parts.append(block.recorded().to_dense(self.net.layout.n))
        return np.concatenate(parts, axis=1)


@dataclass
class NetworkGradient:
    """Gradient of the loss; arrays named after what they are the gradient of."""

    weight: Array  # (C,) in the order of `Connections`
    b_out: Array  # (K,)
    alpha: Array  # (N,), empty unless asked for
    rho: Array
    beta: Array
    b0: Array
    current: Array  # (T, B, N), empty unless a current was given
    initial: NetworkState | None

    @classmethod
    def zeros(cls, net: Network, run: Run) -> NetworkGradient:
        """Zero gradients of the right sizes."""
        dtype, (T, B, N) = run.dtype, (run.n_steps, run.n_examples, net.layout.n)
        K, D = net.layout.n_out, net.max_delay
        wanted = run.blocks[0].shape.parameters
        extra = N if wanted else 0
        given = run.blocks[0].shape.current
        sizes = ((B, N), (B, N), (B, N), (B, N), (B, D, N), (B, K))
        V, b, z, wait, pending, u = (np.zeros(size, dtype) for size in sizes)
        initial = NetworkState(V, b, z, wait, pending, u)
        return cls(
            weight=np.zeros(len(net.connections.weight), dtype),
            b_out=np.zeros(K, dtype),
            alpha=np.zeros(extra, dtype),
            rho=np.zeros(extra, dtype),
            beta=np.zeros(extra, dtype),
            b0=np.zeros(extra, dtype),
            current=np.zeros((T, B, N) if given else (0, B, N), dtype),
            initial=initial if wanted else None,
        )

    def gather(self, run: Run, block: ExampleBlock, start: int, stop: int) -> None:
        """Add the sums of a block; blocks are added in order, so the total has one value."""
        adjoint, count = block.scratch.adjoint, stop - start
        self.weight += adjoint.weight
        if block.shape.parameters:
            for name, value in block.d_constants(run.arrays)._asdict().items():
                getattr(self, name)[:] += value
        if len(self.current):
            shape = *self.current.shape[::2], block.shape.width
            lanes = adjoint.current["lane"].reshape(shape)
            self.current[:, start:stop] = lanes[:, :, :count].transpose(0, 2, 1)
        if self.initial is not None:
            _reach_initial_state(self, block, run, start, stop)


def checked_keys(noise_keys: Any, batch: int) -> Array:
    """One uint64 key for each example: those given, or its index."""
    if noise_keys is None:
        return np.arange(batch, dtype=np.uint64)
    keys = integers("noise_keys", noise_keys, (batch,), "one key for each example")
    refuse("noise_keys", keys, keys < 0, "expected 0 to 2**64 - 1")
    return keys.astype(np.uint64)


def _reach_initial_state(
    g: NetworkGradient, block: ExampleBlock, run: Run, start: int, stop: int
) -> None:
    """One more step back, from t = 0 to the state before it (twin: reference/adjoint.py)."""
    assert g.initial is not None
    net, adjoint, lanes = run.net, block.scratch.adjoint, slice(0, stop - start)
    p, gain = net.neurons, run.arrays.neurons.gain
    n, official, keep = net.layout.n, net.convention == "lsnn-official", float(net.through_reset)
    d_V, d_b, fire, B = (getattr(adjoint, k)["lane"][:, lanes].T for k in ("V", "b", "fire", "B"))
    s_V, s_b = (a["lane"][:n, lanes].T for a in (block.saved.V, block.saved.b))
    s_z = lane_bits(block.saved.z[:n], np.arange(stop - start)).T
    d_B = 0.0 * d_V if official else -keep * s_z * d_V
    part = slice(start, stop)
    g.initial.V[part] = p.alpha * d_V + (fire if official else 0.0)
    g.initial.b[part] = p.rho * d_b + p.beta * d_B
    g.initial.z[part] = (1 - p.rho) * d_b - keep * (B if official else p.b0 + p.beta * s_b) * d_V
    rows = net.max_delay, net.layout.n_target, block.shape.width
    after = adjoint.after["lane"].reshape(rows)
    g.initial.pending[part] = after[:, :n, lanes].transpose(2, 0, 1)
    g.initial.u[part] = net.kappa * adjoint.u["lane"][:, lanes].T
    g.beta += (d_B * s_b).sum(0)
    g.b0 += d_B.sum(0)
    g.rho += (d_b * (s_b - s_z)).sum(0)
    met = g.initial.V[part] if official else d_V  # as in `per_alpha`, but that no V is before it
    reset = 0.0 if official else s_z * (p.b0 + p.beta * s_b) * d_V
    g.alpha += ((s_V * met - reset) / gain).sum(0)
