"""One example walked back, for a picture: what the adjoint carries from step to step.

The kernels give dL/dV alone (as that of an injected current). The rest follows from it and from
what the run was, neuron by neuron: the equations' numbers are those of `reference/DERIVATION.md`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..random.streams import example_keys
from ..simulation.lsnn import LSNN
from ..simulation.record import Record
from ..task.checks import block_events, block_loss
from ..task.protocol import Batch, Task
from .reach import last_stretch

Array = npt.NDArray[Any]
N_SHOWN = 16  # of R, and of A: those that fire most (D-recorded-walk)
N_STEPS = 1024  # that are kept, up to the last that is read: bounds the file (D-recorded-walk)


class Forward(NamedTuple):
    """What a run of one example was, (T, M) each, and the neurons' constants, (M,) each."""

    V: Array
    B: Array
    psi: Array
    z: Array
    alpha: Array
    rho: Array
    beta: Array


def walk_back(
    net: LSNN, task: Task, batch: Batch, seed: int, dtype: type[np.floating[Any]]
) -> dict[str, Array]:
    """Walk the first example of `batch` back from the last stretch that its loss reads.

    Parameters
    ----------
    net, task, batch
        Inputs must be spikes.
    seed
        Keys the injected noise, as in `record_example`.
    dtype
        As the network was trained.

    Returns
    -------
    dict
        ``nodes`` (M,): who is shown; ``first_step``: of what is kept; ``read_from``: the first
        that the loss reads, up to the last one kept; ``V``, ``B`` and ``psi`` (S, M) forwards,
        ``d_V`` and ``d_b`` (S, M) backwards, each of the two divided by its largest absolute value.
        Rounded to half precision: it is for a picture.
    """
    x = block_events(task, batch, 0, 1).to_dense(task.n_in)
    T, n = len(x), net.layout.n
    keys, nothing = example_keys(seed, (), [0]), np.zeros((T, 1, n), dtype)
    run = net.forward(x, current=nothing, noise_keys=keys, dtype=dtype)
    d_y = np.zeros(run.y.shape)
    read = np.ascontiguousarray(run.y[task.readout_start :].transpose(0, 2, 1))
    d_y[task.readout_start :] = block_loss(task, batch, read, 0, 1).d_y.transpose(0, 2, 1)
    last_stretch(d_y)
    reads = np.flatnonzero(d_y.any(axis=(1, 2)))
    start, end = (int(reads[0]), int(reads[-1]) + 1) if reads.size else (T, T)
    d_I = net.backward(run, d_y).current
    assert d_I is not None
    z, nodes = run.z[:, 0], shown_nodes(run.z[:, 0], net.neurons.n_regular)
    record = Record(("V", "B", "psi"), nodes)
    kept = net.forward(x, noise_keys=keys, dtype=dtype, record=record).recorded
    p = net.neurons
    V, B, psi = (kept[name][:, 0].astype(np.float64) for name in ("V", "B", "psi"))
    constants = (constant[nodes] for constant in (p.alpha, p.rho, p.beta))
    was = Forward(V, B, psi, z[:, nodes], *constants)
    d_V = d_I[:, 0, nodes].astype(np.float64) / (1.0 - was.alpha)  # (17)
    d_b = adaptation_adjoint(was, d_V, net.convention)
    first = max(0, end - N_STEPS)
    shares = {"V": was.V, "B": was.B, "psi": was.psi, "d_V": _share(d_V), "d_b": _share(d_b)}
    return {
        "nodes": nodes,
        "first_step": np.array(first),
        "read_from": np.array(start),
        **{name: _rounded(values[first:end]) for name, values in shares.items()},
    }


def shown_nodes(z: Array, n_regular: int) -> Array:
    """Those of R, then those of A, that fire most in z (T, N); ascending within each."""
    counts, chosen = z.sum(axis=0), []
    for first, stop in ((0, n_regular), (n_regular, z.shape[1])):
        busiest = np.argsort(-counts[first:stop], kind="stable")[:N_SHOWN]
        chosen.append(np.sort(busiest) + first)
    return np.concatenate(chosen)


def adaptation_adjoint(was: Forward, d_V: Array, convention: str = "paper") -> Array:
    """d_b (T, M) from d_V (T, M): (14) says what came through the spike, then (15) and (16)."""
    official = convention == "lsnn-official"
    T = len(d_V)
    after = np.vstack([d_V[1:], np.zeros_like(d_V[:1])])
    fire = d_V - was.alpha * after  # (14): what the test of this step, or of the next, was told
    tested, z = was.V, was.z
    if official:  # the test of a step looks at the potential before, and the reset at B of after
        fire = np.vstack([np.zeros_like(fire[:1]), fire[:-1]])
        tested, z, after = _before(was.V), _before(was.z), d_V
    fire = np.where(was.psi != 0, fire, 0.0)  # where it is not, rounding is left
    d_B = -fire * tested / was.B - z * after  # (15)
    d_b, carried = np.zeros_like(d_V), np.zeros(d_V.shape[1])
    for t in reversed(range(T)):
        carried = d_b[t] = was.rho * carried + was.beta * d_B[t]  # (16)
    return d_b


def _before(values: Array) -> Array:
    """The same a step before, from rest."""
    return np.vstack([np.zeros_like(values[:1]), values[:-1]])


def _share(values: Array) -> Array:
    largest = np.abs(values).max(initial=0.0)
    return values / largest if largest > 0 else values


def _rounded(values: Array) -> Array:
    """To half precision, in single, which run files know: the zeros at its end take no room."""
    return values.astype(np.float16).astype(np.float32)
