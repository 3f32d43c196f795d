"""What leaves the range of float32 is refused; what is not refused is what float64 finds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, event, given
from hypothesis import strategies as st

from lsnn_core.choices import SURROGATES
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.gradient_checks.to_reference import reference_network
from lsnn_core.learning.spiking import SpikingLearner
from lsnn_core.model.layout import MATRICES
from lsnn_core.model.neurons import NeuronParameters
from lsnn_core.reference import adjoint, forward
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.networks import seeds
from tests.helpers.toy_task import ToyBatch, ToyTask, toy_network

LARGEST = float(np.finfo(np.float32).max)
FAMILIES = {  # how the engine lays a network out, and what makes it choose so
    "examples in lanes": {"batch": 3, "delays": 3, "connectivity": 0.5},
    "neurons, from a list": {"batch": 1, "delays": 3, "connectivity": 0.5},
    "neurons, from a matrix": {"batch": 3, "delays": 1, "connectivity": 1.0},
}


def learner_of(
    family: str, convention: str, surrogate: str, scale: dict[str, float], seed: int
) -> SpikingLearner:
    given = FAMILIES[family]
    config = {
        "seed": seed,
        "task": {"name": "toy"},
        "network": {
            "n_regular": 7, "n_adaptive": 5, "n_ref": 2, "convention": convention,
            "surrogate": surrogate,
            "connectivity": given["connectivity"], "delays": given["delays"],
        },
        "training": {"batch": given["batch"], "threads": 1, "dtype": "float32"},
        "rewiring": {"policy": "none"},
        "loss": {"rate_weight": 0.0},
    }  # fmt: skip
    learner = SpikingLearner(from_mapping(RunConfig, config), ToyTask())
    assert learner.engine.plan.in_neurons == family.startswith("neurons")
    net, weight = learner.net, learner.net.connections.weight.astype(np.float64)
    for name in MATRICES:
        weight[net.connections.select(name)] *= scale[name]
    weight = np.clip(weight, -0.99 * LARGEST, 0.99 * LARGEST).astype(np.float32)
    learner.net = replace(
        net,
        connections=replace(net.connections, weight=weight),
        gamma=net.gamma * scale["gamma"],
        b_out=np.array([scale["b_out"], 0.0, 1.0], np.float32),
    )
    return learner


class Truth:
    """Loss, gradient and extremes of a batch, as the reference finds them in float64."""

    def __init__(self, net: LSNN, batch: ToyBatch) -> None:
        twin, found, count = reference_network(net), net.connections, batch.size
        total = {name: np.zeros_like(getattr(twin, name)) for name in MATRICES}
        self.extremes, self.loss, self.spikes, self.adjoint = [0.0], 0.0, 0, 0.0
        self.least_error = np.inf  # of an example's readout
        for e in range(count):
            trace = forward(twin, batch.x[:, e].astype(float))
            start = ToyTask.readout_start
            share = replace(batch, labels=batch.labels[e : e + 1])
            loss = share.loss(trace.y[start:, :, None], 0, 1)
            d_y = np.zeros_like(trace.y)
            d_y[start:] = loss.d_y[:, :, 0] / count
            self.least_error = min(self.least_error, np.nan_to_num(np.abs(d_y).max()))
            g = adjoint(twin, trace, d_y)
            for name in MATRICES:
                total[name] += getattr(g, name)
            self.loss += loss.loss / count
            self.spikes += int(trace.z.sum())
            self.extremes += [np.abs(a).max() for a in (trace.V, trace.y)]
            self.adjoint = np.fmax(self.adjoint, np.nan_to_num(np.abs(g.current), nan=np.inf).max())
        self.d_weight = np.empty(len(found))
        rows, delay = found.source, found.delay
        for name in MATRICES:
            chosen = found.select(name)
            block = net.layout.matrices[name]
            at = rows[chosen] - block.source_start, found.target[chosen] - block.target_start
            dense = total[name] if name == "W_out" else total[name][delay[chosen], *at]
            self.d_weight[chosen] = dense[at] if name == "W_out" else dense
        self.extremes += [np.abs(self.d_weight).max(), self.loss]

    @property
    def largest(self) -> float:
        """The largest number that a run must hold; NaN counts as infinite."""
        return float(np.nan_to_num(self.extremes, nan=np.inf).max())


def drawn_scale(seed: int) -> dict[str, float]:
    """Factors of the weights, of gamma and b_out: 1, or anything that float32 holds."""
    rng = np.random.default_rng(seed)
    power = np.choose(
        rng.integers(0, 3, 5), [0.0, rng.uniform(0.0, 36.0, 5), rng.uniform(36.0, 39.0, 5)]
    )
    power[3] = rng.uniform(0.0, 8.0)
    factors = np.minimum(10.0**power, 0.99 * LARGEST)
    return dict(zip((*MATRICES, "gamma", "b_out"), factors, strict=True))


@pytest.mark.parametrize("family", FAMILIES)
@given(st.sampled_from(["paper", "lsnn-official"]), st.sampled_from(SURROGATES), seeds)
def test_no_overflow_hides(family: str, convention: str, surrogate: str, seed: int):
    learner = learner_of(family, convention, surrogate, drawn_scale(seed), seed)
    batch = ToyTask().batch(seed, FAMILIES[family]["batch"], seed)
    with np.errstate(all="ignore"):
        truth = Truth(learner.net, batch)
    assume(truth.least_error == 0.0 or truth.least_error > 1e-20)  # smaller ones are flushed
    heaviest = float(np.abs(learner.net.connections.weight).max(initial=1.0))
    try:
        outcome = learner.gradient(batch, 0)
        found = outcome.d_weight.copy()
        learner.update(outcome, 1e-3, 0)
    except NumericalError:
        event("refused")
        assert truth.largest > 1e30 or truth.adjoint * heaviest > 1e30
        return
    event("accepted")
    assert truth.largest < 1.001 * LARGEST
    spikes = round(float(outcome.rate.sum()) * batch.size * ToyTask.n_steps)
    if spikes == truth.spikes:
        event("compared")
        assert outcome.loss == pytest.approx(truth.loss, rel=1e-3, abs=1e-3)
        flushed = 1e-20 + 1e-27 * heaviest
        rounding = 1e-3 * np.abs(truth.d_weight).max()
        np.testing.assert_allclose(found, truth.d_weight, rtol=1e-3, atol=rounding + flushed)


NOTHING = {**dict.fromkeys(MATRICES, 1.0), "gamma": 1.0, "b_out": 0.0}


def with_weight(net: LSNN, name: str, weight: float, target: int | None = None) -> LSNN:
    """The network with one weight for all of a matrix, or for those of its connections to one."""
    c = net.connections
    chosen = c.select(name)
    if target is not None:
        chosen = chosen[c.target[chosen] == target]
    moved = c.weight.copy()
    moved[chosen] = weight
    return replace(net, connections=replace(c, weight=moved))


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    ("name", "weight", "what"),
    [("W_in", -3e38, r"V\[\d+\]"), ("W_out", -3e38, r"u\[0\]")],
    ids=["a potential that never fires", "a readout that is never chosen"],
)
def test_what_the_loss_does_not_tell_of_is_refused(family, name, weight, what):
    learner = learner_of(family, "paper", "triangle", NOTHING, seed=2)
    batch = ToyTask().batch(0, FAMILIES[family]["batch"], 2)
    if name == "W_out":
        learner.net = with_weight(learner.net, name, weight, target=learner.net.layout.n)
        batch = replace(batch, labels=np.ones_like(batch.labels))
    else:
        learner.net = with_weight(learner.net, name, weight)

    for run in (learner.gradient, lambda b, i: learner.evaluate(b, "test", i)):
        with pytest.raises(NumericalError, match=what):
            run(batch, 0)


def test_a_network_says_which_potential_of_which_example_overflowed():
    net = with_weight(toy_network(), "W_in", -3e38)
    x = np.zeros((9, 20, net.layout.n_in))
    net.forward(x)
    x[2, 18] = 1  # three and more at once, in the second block

    with pytest.raises(NumericalError, match=r"V\[\d+\] of example 18 became -inf.* float32"):
        net.forward(x)
    net.forward(x, dtype=np.float64)


@pytest.mark.parametrize(("beta", "b0"), [(1.8, 1e39), (1.8, 1e-39), (1e39, 0.01), (3e38, 1e38)])
def test_thresholds_that_float32_does_not_hold_are_refused(beta, b0):
    net, x = toy_network(), np.zeros((3, 1, 6))
    n = net.layout.n
    net = replace(net, neurons=NeuronParameters.create(0, n, beta=beta, b0=b0))

    with pytest.raises(UsageError, match=r"(beta|b0)\[0\].*float64"):
        net.forward(x)
    net.forward(x, dtype=np.float64)
