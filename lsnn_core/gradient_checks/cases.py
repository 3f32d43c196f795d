"""Networks that the checks run on: small, busy, and each with something that could go wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..model.connections import Connections
from ..model.layout import Layout
from ..model.neurons import NeuronParameters
from ..model.state import NetworkState
from ..random.streams import stream
from ..simulation.lsnn import LSNN

Array = npt.NDArray[Any]
STEPS_BEFORE = 7  # that a state is said to have taken: noise goes on from there


@dataclass(frozen=True, eq=False)
class Case:
    """A network, a batch for it, and a loss: L = sum(d_y y) + sum(d_z z), linear in y and z."""

    name: str
    net: LSNN
    x: Array  # (T, B, n_in) bool
    current: Array  # (T, B, N)
    initial: NetworkState
    d_y: Array  # (T, B, K)
    d_z: Array  # (N,)


def cases(seed: int = 0) -> Iterator[Case]:
    """The cases that ``lsnn gradcheck`` shows."""

    def case(name: str, **options: Any) -> Case:
        return random_case(name, stream(seed, name), CaseOptions(**options))

    yield case("delays 1..3, refractory, R and A")
    yield case("the same, lsnn-official", convention="lsnn-official")
    yield case("signed (Dale), delays 1..10", n_delays=10, dale=True)
    yield case("fully connected, all adaptive", n_regular=0, connectivity=1.0, n_delays=1)
    yield case("no adaptive neuron", n_regular=12)
    yield case("one neuron", n=1, n_regular=0, n_in=2, n_out=1, connectivity=1.0)
    yield case("one step", n_steps=1)
    yield case("sparse: empty rows", connectivity=0.08)
    full = {"connectivity": 1.0, "n_delays": 1}
    yield case("fast sigmoid", surrogate="fast-sigmoid")
    yield case("fast sigmoid, fully connected", surrogate="fast-sigmoid", **full)
    official = {"convention": "lsnn-official"}
    yield case("multi-Gaussian, lsnn-official", surrogate="multi-gaussian", **official)
    yield case("multi-Gaussian, fully connected", surrogate="multi-gaussian", **full)


class CaseOptions(NamedTuple):
    """What a case is drawn for."""

    n_in: int = 6
    n: int = 12
    n_out: int = 3
    n_regular: int = 6  # or n, if that is less
    n_steps: int = 60
    batch: int = 3
    n_delays: int = 3
    connectivity: float = 0.6
    dale: bool = False
    convention: str = "paper"
    noise_std: float = 0.0
    longest_refractory: int = 4
    surrogate: str = "triangle"


USUAL = CaseOptions()


def random_case(name: str, rng: np.random.Generator, options: CaseOptions = USUAL) -> Case:
    """Draw a case.

    Thresholds, strong weights and a short tau_a are chosen so that adaptation and reset matter:
    leaving either out of the gradient changes it by far more than the tolerances.
    """
    o = options
    net = LSNN(
        _connections(rng, o),
        _neurons(rng, o),
        rng.standard_normal(o.n_out),
        gamma=0.3,
        surrogate=o.surrogate,
        convention=o.convention,
        noise_std=o.noise_std,
        max_delay=o.n_delays,
    )
    return Case(
        name=name,
        net=net,
        x=rng.random((o.n_steps, o.batch, o.n_in)) < 0.15,
        current=0.05 * rng.standard_normal((o.n_steps, o.batch, o.n)),
        initial=_state(rng, net, o.batch),
        d_y=rng.standard_normal((o.n_steps, o.batch, o.n_out)),
        d_z=0.1 * rng.standard_normal(o.n),
    )


def _connections(rng: np.random.Generator, options: CaseOptions) -> Connections:
    layout, dale = Layout(options.n_in, options.n, options.n_out), options.dale
    sign = rng.choice((-1, 1), layout.n_source) if dale else np.zeros(layout.n_source, int)
    lists = []
    for block, gain in zip(layout.matrices.values(), (1.5, 0.8, 1.0), strict=True):
        chosen = rng.random(block.shape) < options.connectivity
        if not block.autapses:
            np.fill_diagonal(chosen, False)
        row, column = np.nonzero(chosen)
        scale = gain / np.sqrt(max(options.connectivity * block.shape[0], 1.0))
        weight = scale * rng.standard_normal(len(row))
        source = row + block.source_start
        if dale:
            weight = np.abs(weight) * sign[source]
        to_output = block.name == "W_out"
        delay = 0 * row if to_output else rng.integers(1, options.n_delays + 1, len(row))
        lists.append((source, column + block.target_start, weight, delay, sign[source]))
    return Connections.from_sites(layout, *map(np.concatenate, zip(*lists, strict=True)))


def _neurons(rng: np.random.Generator, options: CaseOptions) -> NeuronParameters:
    n, longest = options.n, options.longest_refractory
    n_regular = min(options.n_regular, n)
    # "lsnn-official" resets a step late: a neuron never refractory would spike twice each time
    shortest = 2 if options.convention == "lsnn-official" else 0
    return NeuronParameters.create(
        n_regular,
        n - n_regular,
        tau_m_ms=rng.uniform(10.0, 30.0, n),
        tau_a_ms=rng.uniform(20.0, 80.0, n),
        b0=rng.uniform(0.01, 0.02, n),
        n_ref=rng.integers(shortest, max(longest, shortest + 1), n),
    )


def _state(rng: np.random.Generator, net: LSNN, batch: int) -> NetworkState:
    n, n_out = net.layout.n, net.layout.n_out
    size = (batch, n)
    return NetworkState(
        V=0.005 * rng.standard_normal(size),
        b=0.01 * rng.random(size),
        z=(rng.random(size) < 0.2).astype(float),
        wait=np.minimum(rng.integers(0, 3, size), net.neurons.n_ref),
        pending=0.1 * rng.standard_normal((batch, net.max_delay, n)),
        u=rng.standard_normal((batch, n_out)),
        step=STEPS_BEFORE,
    )
