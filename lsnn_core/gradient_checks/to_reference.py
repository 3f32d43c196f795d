"""The same network for the reference: dense weights, one matrix per delay."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..model.state import NetworkState
from ..reference import Network, State
from ..simulation.lsnn import LSNN

Array = npt.NDArray[Any]


def reference_network(net: LSNN) -> Network:
    """`net` as `lsnn_core.reference.forward` takes it, float64."""
    p = net.neurons
    return Network(
        W_in=by_delay(net, "W_in"),
        W_rec=by_delay(net, "W_rec"),
        W_out=net.connections.dense("W_out").astype(np.float64),
        b_out=net.b_out.astype(np.float64),
        alpha=p.alpha,
        rho=p.rho,
        beta=p.beta,
        b0=p.b0,
        n_ref=p.n_ref,
        kappa=net.kappa,
        gamma=net.gamma,
        convention=net.convention,
        surrogate=net.surrogate,
    )


def by_delay(net: LSNN, name: str) -> Array:
    """One matrix as (D + 1, sources, targets): slice d holds the connections of delay d."""
    weight = net.connections.dense(name).astype(np.float64)
    delay = net.connections.delays(name)
    return np.stack([np.where(delay == d, weight, 0.0) for d in range(net.max_delay + 1)])


def reference_state(state: NetworkState, example: int) -> State:
    """One example's state as the reference takes it."""
    names = ("V", "b", "z", "wait", "pending", "u")
    return State(*(getattr(state, name)[example] for name in names))
