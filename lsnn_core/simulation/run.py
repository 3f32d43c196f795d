"""What a forward pass over a batch leaves: readout, spikes, final state, and later the gradient."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from ..given import Float, cast, integers, reals, refuse, whole
from .blocks import slices
from .example_block import ExampleArrays, ExampleBlock, Scratch

if TYPE_CHECKING:
    from .lsnn import LSNN

Array = npt.NDArray[Any]
PER_EXAMPLE = ("V", "b", "z", "wait", "pending", "u")
LAST_STEP = 1 << 53  # far beyond any run, and short of where 64-bit counters end


@dataclass
class NetworkState:
    """State of B examples between two steps; see `reference.State` for the meaning of each."""

    V: Array  # (B, N)
    b: Array  # (B, N)
    z: Array  # (B, N)
    wait: Array  # (B, N) steps still refractory
    pending: Array  # (B, D, N)
    u: Array  # (B, K)
    step: int = 0  # steps taken so far: where the injected noise goes on

    def examples(self, which: Any) -> NetworkState:
        """The state of some examples, by index or mask; one can be asked for several times."""
        return replace(self, **{name: getattr(self, name)[which] for name in PER_EXAMPLE})

    def checked(self, net: LSNN, batch: int, dtype: Float) -> NetworkState:
        """Return this state in a float dtype; refuse what a batch of `net` cannot go on from."""
        n, k, p = net.layout.n, net.layout.n_out, net.neurons
        shapes = {"V": (n,), "b": (n,), "z": (n,), "pending": (net.max_delay, n), "u": (k,)}
        axes = f"as a state of {batch} examples of this network"
        found: dict[str, Any] = {}
        for name, shape in shapes.items():
            values = reals(f"initial.{name}", getattr(self, name), (batch, *shape), axes)
            found[name] = cast(f"initial.{name}", values, dtype)
        z, b = found["z"], found["b"]
        refuse("initial.z", z, (z != 0) & (z != 1), "expected spikes, 0 or 1")
        refuse("initial.b", b, b < 0, "expected 0 or more")
        wait = integers("initial.wait", self.wait, (batch, n), axes)
        refuse("initial.wait", wait, (wait < 0) | (wait > p.n_ref), "expected 0..n_ref steps")
        step = whole("initial.step", self.step, 0, LAST_STEP)
        return NetworkState(**found, wait=wait, step=step)

    def fill(self, block: ExampleBlock, net: LSNN, start: int, stop: int) -> None:
        """Write examples start:stop of a checked state into the lanes of a block."""
        n, k, count = net.layout.n, net.layout.n_out, stop - start
        state, part = block.state, slice(start, stop)
        state.V["lane"][:, :count] = self.V[part].T
        state.b["lane"][:, :count] = self.b[part].T
        state.u["lane"][:, :count] = self.u[part].T
        pending = state.pending["lane"].reshape(net.max_delay, n + k, block.shape.width)
        pending[:, :n, :count] = self.pending[part].transpose(1, 2, 0)
        lane = np.left_shift(1, np.arange(count)).astype(np.uint16)[:, None]
        state.z[:] = ((self.z[part] != 0) * lane).sum(0)
        wait = self.wait[part]
        state.ref[:] = ((wait > 0) * lane).sum(0)
        release = _ring(state.release, net)
        for step in range(1, len(release)):
            release[step] = ((wait == step) * lane).sum(0)

    @classmethod
    def read(cls, run: Run) -> NetworkState:
        """The state after the last step."""
        net = run.net
        n, k, D = net.layout.n, net.layout.n_out, net.max_delay
        rows: list[list[Array]] = [[] for _ in range(6)]
        for block, start, stop in run.parts():
            lanes = np.arange(stop - start)
            state = block.state
            pending = state.pending["lane"].reshape(D, n + k, block.shape.width)[:, :n, lanes]
            release = _lane_bits(_ring(state.release, net), lanes)  # row t % R: free at t
            steps = (np.arange(len(release)) - run.n_steps) % len(release)
            wait = (release * steps[:, None, None]).sum(0)
            found = (
                state.V["lane"][:, lanes].T,
                state.b["lane"][:, lanes].T,
                _lane_bits(state.z, lanes).T,
                wait.T,
                pending.transpose(2, 0, 1),
                state.u["lane"][:, lanes].T,
            )
            for row, part in zip(rows, found, strict=True):
                row.append(np.array(part))
        V, b, z, wait, pending, u = map(np.concatenate, rows)
        return cls(V, b, z, wait, pending, u, run.blocks[0].first_step + run.n_steps)


@dataclass
class Run:
    """One forward pass over a batch, kept for the backward pass."""

    net: LSNN
    ready: ExampleArrays
    blocks: list[ExampleBlock]
    scratch: Scratch
    final: NetworkState = field(init=False)

    def __post_init__(self) -> None:
        """Read the final state before a backward pass reuses its place."""
        self.final = NetworkState.read(self)

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
    def zeros(cls, net: LSNN, run: Run) -> NetworkGradient:
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
        """Add what a block found; blocks are added in order, so the sum has one value."""
        scratch, net = run.scratch, run.net
        found, count = scratch.adjoint, stop - start
        self.weight += found.weight
        for name in ("alpha", "rho", "beta", "b0"):
            getattr(self, name)[:] += getattr(found, name)["lane"][:, :count].sum(1)
        if len(self.current):
            shape = *self.current.shape[::2], block.shape.width
            lanes = found.current["lane"].reshape(shape)
            self.current[:, start:stop] = lanes[:, :, :count].transpose(0, 2, 1)
        if self.initial is not None:
            _reach_initial_state(self, block, scratch, net, start, stop)


def checked_keys(noise_keys: Any, batch: int) -> Array:
    """One uint64 key for each example: those given, or its index."""
    if noise_keys is None:
        return np.arange(batch, dtype=np.uint64)
    keys = integers("noise_keys", noise_keys, (batch,), "one key for each example")
    refuse("noise_keys", keys, keys < 0, "expected 0 to 2**64 - 1")
    return keys.astype(np.uint64)


def _ring(release: Array, net: LSNN) -> Array:
    """The ring of refractory lanes of one state as (R, N)."""
    return release.reshape(int(net.neurons.n_ref.max(initial=0)) + 2, net.layout.n)


def _lane_bits(masks: Array, lanes: Array) -> Array:
    """Lane masks as 0 or 1, one more axis at the end for the lanes."""
    bits: Array = (masks[..., None] >> lanes) & 1
    return bits


def _reach_initial_state(
    g: NetworkGradient, block: ExampleBlock, scratch: Scratch, net: LSNN, start: int, stop: int
) -> None:
    """One more step back, from t = 0 to the state before it (twin: reference/adjoint.py)."""
    assert g.initial is not None
    p, found, lanes = net.neurons, scratch.adjoint, slice(0, stop - start)
    n, official, keep = net.layout.n, net.convention == "lsnn-official", float(net.through_reset)
    d_V, d_b, fire, B = (a["lane"][:, lanes].T for a in (found.V, found.b, found.fire, found.B))
    s_b = block.saved.b["lane"][:n, lanes].T
    s_z = _lane_bits(block.saved.z[:n], np.arange(stop - start)).T
    d_B = 0.0 * d_V if official else -keep * s_z * d_V
    part = slice(start, stop)
    g.initial.V[part] = p.alpha * d_V + (fire if official else 0.0)
    g.initial.b[part] = p.rho * d_b + p.beta * d_B
    g.initial.z[part] = (1 - p.rho) * d_b - keep * (B if official else p.b0 + p.beta * s_b) * d_V
    rows = net.max_delay, net.layout.n_target, block.shape.width
    after = scratch.adjoint.after["lane"].reshape(rows)
    g.initial.pending[part] = after[:, :n, lanes].transpose(2, 0, 1)
    g.initial.u[part] = net.kappa * found.u["lane"][:, lanes].T
    g.beta += (d_B * s_b).sum(0)
    g.b0 += d_B.sum(0)
