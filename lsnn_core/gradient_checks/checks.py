"""The checks: each returns a relative error that rounding alone explains, or not."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..random.counter import normal
from ..reference import Gradient, Network, State, Trace, adjoint, forward, tangent
from ..simulation.lsnn import LSNN
from ..simulation.neuron_arrays import neuron_arrays
from ..simulation.neuron_block import NeuronBlock
from ..simulation.plan import BlockShape, Plan, common_delay
from ..task.spikes import SpikeEvents
from .cases import Case
from .to_reference import reference_network, reference_state

Array = npt.NDArray[Any]
Adjoint = Callable[..., Gradient]

PARAMETERS = ("W_in", "W_rec", "W_out", "b_out", "alpha", "rho", "beta", "b0")
STATE = ("V", "b", "z", "pending", "u")
FINAL = tuple(field.name for field in fields(State))
TINY = 1e-30
ALPHA_LEAST = 1e-5  # of dL/db0: what is smaller in dL/dalpha is compared with this


def dot_product(case: Case, adjoint: Adjoint = adjoint, seed: int = 1) -> float:
    """Hard network: <dL/dtheta, direction> by the adjoint against <d_y, t_y> by the tangent."""
    net, x, current, state = _example(case)
    trace = forward(net, x, current, state)
    direction = _direction(case, net, seed)
    t_y, t_z = tangent(net, trace, *direction)
    there = float(np.sum(case.d_y[:, 0] * t_y) + np.sum(case.d_z * t_z))
    return _relative(_along(case, adjoint, net, trace, direction), there)


def complex_step(case: Case, adjoint: Adjoint = adjoint, seed: int = 1) -> float:
    """Smooth network: the adjoint against the imaginary part at theta + i h direction."""
    net, x, current, state = _example(case)
    direction, h = _direction(case, net, seed), 1e-30
    moved = _loss(case, _moved(net, x, current, state, direction, 1j * h))
    trace = forward(net, x, current, state, smooth=True)
    return _relative(_along(case, adjoint, net, trace, direction), moved.imag / h)


def central_difference(case: Case, adjoint: Adjoint = adjoint, seed: int = 1) -> float:
    """Smooth network: the adjoint against (L(theta + h dir) - L(theta - h dir)) / 2 h."""
    net, x, current, state = _example(case)
    direction = _direction(case, net, seed)
    h = 1e-7  # potentials and thresholds are about 0.01: 1e-5 of them

    def loss(step: float) -> float:
        return _loss(case, _moved(net, x, current, state, direction, step)).real

    trace = forward(net, x, current, state, smooth=True)
    difference = (loss(h) - loss(-h)) / (2 * h)
    return _relative(_along(case, adjoint, net, trace, direction), difference)


def kernel_difference(case: Case, plan: Plan | None = None) -> dict[str, float]:
    """Kernels against reference in float64: the relative error of everything they return."""
    found, expected = _by_kernels(case, plan), _by_reference(case)
    return {k: distance(found[k], expected[k], _least(k, expected)) for k in expected}


def neuron_difference(case: Case, segment: int | None = None, parts: int = 1) -> dict[str, float]:
    """The kernels whose vectors hold neurons against the reference, from rest.

    With one delay for all connections to neurons they walk a full matrix, for all examples; else
    the list, for example 0, its neurons in `parts` on the way forward.
    """
    net, delay = case.net, common_delay(case.net)
    x, d_y = (case.x, case.d_y) if delay else (case.x[:, :1], case.d_y[:, :1])
    shape = BlockShape(len(x), x.shape[1], 0, 0, segment or len(x), parameters=True)
    block = NeuronBlock(net, shape, np.float64, delay)
    arrays = neuron_arrays(net, np.float64, delay, parts=parts)
    y = block.forward(arrays, SpikeEvents.from_dense(x))
    block.set_d_y(d_y.transpose(0, 2, 1))
    weight = block.backward(arrays, case.d_z)
    constants = block.d_constants(arrays)._asdict()

    twin = reference_network(net)
    traces = [forward(twin, x[:, e].astype(float)) for e in range(x.shape[1])]
    gradients = [adjoint(twin, t, d_y[:, e], case.d_z) for e, t in enumerate(traces)]
    gradient = replace(net.connections, weight=weight)
    counts = np.sum([t.z.sum(0) for t in traces], 0)
    learned = {name: np.sum([getattr(g, name) for g in gradients], 0) for name in constants}
    learned["beta"] = np.where(net.neurons.beta > 0, learned["beta"], 0.0)
    return {
        "y": distance(y.transpose(0, 2, 1), np.stack([t.y for t in traces], 1)),
        "z": distance(block.spike_counts(net.layout.n), counts),
        **{
            k: distance(
                gradient.dense(k), listed(case.net, k, sum(getattr(g, k) for g in gradients))
            )
            for k in PARAMETERS[:3]
        },
        **{k: distance(constants[k], learned[k], _least(k, learned)) for k in constants},
    }


def _by_kernels(case: Case, plan: Plan | None) -> dict[str, Array]:
    net = case.net
    run = net.forward(
        case.x, current=case.current, initial=case.initial,
        dtype=np.float64, plan=plan, gradient_of=("constants", "initial"),
    )  # fmt: skip
    g = net.backward(run, case.d_y, case.d_z)
    assert g.initial is not None
    weights = replace(net.connections, weight=g.weight)
    return {
        "y": run.y,
        "z": run.z,
        **{f"final {name}": getattr(run.final, name) for name in FINAL},
        **{name: weights.dense(name) for name in PARAMETERS[:3]},
        **{name: getattr(g, name) for name in PARAMETERS[3:]},
        "current": g.current,
        **{f"initial {name}": getattr(g.initial, name) for name in STATE},
    }


def _by_reference(case: Case) -> dict[str, Array]:
    net = reference_network(case.net)
    traces, gradients = [], []
    for example in range(case.x.shape[1]):
        current = case.current[:, example] + noise(case, example, case.initial.step)
        state = reference_state(case.initial, example)
        trace = forward(net, case.x[:, example].astype(float), current, state)
        traces.append(trace)
        gradients.append(adjoint(net, trace, case.d_y[:, example], case.d_z))

    return {
        "y": np.stack([t.y for t in traces], 1),
        "z": np.stack([t.z for t in traces], 1),
        **{f"final {k}": np.stack([getattr(t.final, k) for t in traces]) for k in FINAL},
        **{k: listed(case.net, k, sum(getattr(g, k) for g in gradients)) for k in PARAMETERS[:3]},
        **{name: np.sum([getattr(g, name) for g in gradients], 0) for name in PARAMETERS[3:]},
        "current": np.stack([g.current for g in gradients], 1),
        **{f"initial {k}": np.stack([getattr(g.initial, k) for g in gradients]) for k in STATE},
    }


def listed(net: LSNN, name: str, total: Array) -> Array:
    """The dense gradient of a matrix at the delay and place of each listed connection."""
    connections = net.connections
    if name != "W_out":
        total = np.take_along_axis(total, connections.delays(name)[None].astype(int), 0)[0]
    return np.where(connections.dense(name) != 0, total, 0.0)


def noise(case: Case, example: int, first_step: int) -> Array:
    """The current that the kernels inject: keyed by example, counted by (t, j)."""
    shape = len(case.x), case.net.layout.n
    if case.net.noise_std == 0.0:
        return np.zeros(shape)
    counter = first_step * shape[1] + np.arange(shape[0] * shape[1])
    return case.net.noise_std * normal(example, counter).reshape(shape)


def _example(case: Case) -> tuple[Network, Array, Array, State]:
    """Example 0 for the reference."""
    state = reference_state(case.initial, 0)
    return reference_network(case.net), case.x[:, 0].astype(float), case.current[:, 0], state


def _direction(case: Case, net: Network, seed: int) -> tuple[Network, State, Array]:
    """A random direction of all parameters, scaled to their size; no connection is added."""
    rng = np.random.default_rng(seed)

    def random(value: Array, size: float = 1.0) -> Array:
        return np.asarray(size * rng.standard_normal(np.shape(value)))

    moved: dict[str, Any] = {name: random(getattr(net, name)) for name in PARAMETERS}
    for name in PARAMETERS[:3]:
        moved[name] *= getattr(net, name) != 0
    for name, size in (("alpha", 0.01), ("rho", 0.01), ("b0", 0.01)):
        moved[name] *= size
    state = reference_state(case.initial, 0)
    t_state = replace(state, **{name: random(getattr(state, name), 0.01) for name in STATE})
    return replace(net, kappa=0.0, gamma=0.0, **moved), t_state, random(case.current[:, 0], 0.1)


def _along(
    case: Case,
    adjoint: Adjoint,
    net: Network,
    trace: Trace,
    direction: tuple[Network, State, Array],
) -> float:
    """Derivative of L along the direction, from the adjoint."""
    g = adjoint(net, trace, case.d_y[:, 0], case.d_z)
    t_net, t_state, t_current = direction
    total = sum(np.sum(getattr(g, name) * getattr(t_net, name)) for name in PARAMETERS)
    total += sum(np.sum(getattr(g.initial, name) * getattr(t_state, name)) for name in STATE)
    return float(total + np.sum(g.current * t_current))


def _moved(
    net: Network,
    x: Array,
    current: Array,
    state: State,
    direction: tuple[Network, State, Array],
    step: complex,
) -> Trace:
    """The smooth network's trace at theta + step * direction."""
    t_net, t_state, t_current = direction
    there = replace(net, **{k: getattr(net, k) + step * getattr(t_net, k) for k in PARAMETERS})
    start = replace(state, **{k: getattr(state, k) + step * getattr(t_state, k) for k in STATE})
    return forward(there, x, current + step * t_current, start, smooth=True)


def _loss(case: Case, trace: Trace) -> complex:
    return complex(np.sum(case.d_y[:, 0] * trace.y) + np.sum(case.d_z * trace.z))


def _relative(a: float, b: float) -> float:
    return abs(a - b) / max(abs(a), abs(b), TINY)


def _least(name: str, expected: Mapping[str, Array]) -> float:
    """What an error is relative to at least.

    Kernels sum dL/dalpha in another order, in which large terms can cancel to nothing.
    """
    if name != "alpha":
        return TINY
    return ALPHA_LEAST * float(np.max(np.abs(expected["b0"]), initial=0.0))


def distance(a: Array, b: Array, least: float = TINY) -> float:
    """The largest difference, relative to the largest number in `b`, or to `least`."""
    if a.shape != b.shape:
        return float("inf")
    scale = max(float(np.max(np.abs(b), initial=0.0)), least, TINY)
    return float(np.max(np.abs(a.astype(float) - b), initial=0.0)) / scale
