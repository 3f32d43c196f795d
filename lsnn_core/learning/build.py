"""From a configuration to a network at its first iteration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..config.tables import RunConfig
from ..model.connections import Connections
from ..model.initial import initial_connections, source_signs
from ..model.layout import Layout
from ..model.neurons import NeuronParameters
from ..optimisers.deep_r import ConnectionOptimiser
from ..optimisers.full_list import FullListOptimiser
from ..random.streams import stream
from ..simulation.lsnn import LSNN
from ..task.protocol import Task, is_analog

ListOptimiser = ConnectionOptimiser | FullListOptimiser


class BuiltNetwork(NamedTuple):
    """A network, and what learns its connections."""

    net: LSNN
    optimiser: ListOptimiser
    source_sign: npt.NDArray[np.int8] | None


def build(config: RunConfig, task: Task) -> BuiltNetwork:
    """Draw the network that a configuration describes, for the inputs and outputs of `task`."""
    c, seed = config.network, config.seed
    layout = Layout(task.n_in, c.n_regular + c.n_adaptive, task.n_out, task.halves)
    sign = None
    if c.dale:
        fractions = c.inhibitory_fraction_in, c.inhibitory_fraction_rec
        sign = source_signs(layout, c.n_regular, *fractions, seed)
        if is_analog(task):
            sign[: layout.n_in] = 0  # what is no neuron has no sign
    dtype = np.dtype(config.training.dtype)
    connections = initial_connections(
        layout,
        c.connectivity,
        c.delays,
        sign,
        seed,
        dtype,
        signed=config.rewiring.policy != "none",
        readout_scale=c.readout_scale,
    )
    neurons = NeuronParameters.create(
        c.n_regular,
        c.n_adaptive,
        tau_m_ms=_time_constants(c.tau_m_ms, layout.n, seed, "tau_m_ms"),
        tau_a_ms=_time_constants(c.tau_a_ms, layout.n, seed, "tau_a_ms"),
        beta=c.beta,
        b0=c.b0,
        n_ref=c.n_ref,
    )
    net = LSNN(
        connections,
        neurons,
        np.zeros(layout.n_out, dtype),
        tau_out_ms=c.tau_out_ms,
        gamma=c.gamma,
        surrogate=c.surrogate,
        convention=c.convention,
        noise_std=c.noise_std,
        max_delay=c.delays,
    )
    return BuiltNetwork(net, optimiser_for(config, connections, sign), sign)


def optimiser_for(
    config: RunConfig, connections: Connections, source_sign: npt.NDArray[np.int8] | None
) -> ListOptimiser:
    """Adam and DEEP R, or Muon, as configured, at their start, for the given list."""
    training = config.training
    if training.optimiser == "muon":
        return FullListOptimiser(connections, training.muon_scale, training.adam)
    return ConnectionOptimiser(
        connections,
        config.rewiring,
        training.adam,
        config.seed,
        n_delays=config.network.delays,
        source_sign=source_sign,
    )


def _time_constants(
    value: float | Sequence[float], n: int, seed: int, name: str
) -> float | npt.NDArray[np.float64]:
    """One for all, or one for each neuron, uniform over [low, high]."""
    if isinstance(value, Sequence):
        low, high = value
        return stream(seed, name).uniform(low, high, n)
    return value
