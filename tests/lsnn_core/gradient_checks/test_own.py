"""A user's network is checked in one call, and a mistake in the user's loss is noticed."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.choices import SURROGATES
from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import CaseOptions, gradcheck, own, random_case
from lsnn_core.model.neurons import NeuronParameters
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.toy_task import toy_network


def network(**options: object) -> LSNN:
    return random_case("", stream(4, "own"), CaseOptions(**options)).net  # type: ignore[arg-type]


def spikes(net: LSNN, n_steps: int = 50, batch: int = 3) -> np.ndarray:
    return np.random.default_rng(1).random((n_steps, batch, net.layout.n_in)) < 0.2


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_a_network_of_ones_own(convention, surrogate):
    net = network(convention=convention, surrogate=surrogate, n_delays=4)
    report = gradcheck(net, spikes(net))

    assert report.good
    assert set(report.errors) == {"dot product", "complex step", "kernels"}
    assert max(report.errors.values()) < 1e-9
    assert str(report).splitlines()[-1] == "all within bounds"


@pytest.mark.parametrize("dt_ms", [0.1, 0.5, 2.0])
def test_steps_of_any_length(dt_ms):
    net = network()
    p = net.neurons
    neurons = NeuronParameters(p.tau_m_ms, p.tau_a_ms, p.beta, p.b0, p.n_ref, p.n_regular, dt_ms)
    other = LSNN(net.connections, neurons, net.b_out)
    report = gradcheck(other, spikes(net, 80))
    assert report.good, report
    np.testing.assert_allclose(other.kappa, np.exp(-dt_ms / 20.0))


def test_single_precision_weights_and_long_refractoriness():
    net = toy_network(n_in=6, n_out=3)
    assert gradcheck(net, spikes(net)).good


def test_losses_of_a_run():
    net = network()
    x, label = spikes(net), np.array([0, 2, 1])
    target = np.sin(np.arange(50) / 7)[:, None, None]

    def regulated(run):
        loss, d_y = run.cross_entropy(label, first_step=30)
        penalty, d_z = run.rate_penalty(30.0, 5.0)
        return loss + penalty, d_y, d_z

    for loss in (regulated, lambda run: run.mean_squared_error(target)):
        report = gradcheck(net, x, loss)
        assert report.good, report
        assert "loss" in report.errors


def test_a_mistake_in_the_loss_is_noticed():
    net = network()
    report = gradcheck(net, spikes(net), lambda run: (np.sum(run.y**2), run.y))  # lacks a 2

    assert not report.good
    assert report.errors["loss"] == pytest.approx(0.5, rel=1e-3)
    assert str(report).splitlines()[-1] == "NOT all within bounds"


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda run: 1.0, "loss: expected one that returns"),
        (lambda run: (1.0, run.y[0]), r"loss d_y: expected shape \(50, 3, 3\)"),
        (lambda run: (1.0, run.y, 0.0), r"loss d_z: expected shape \(12,\)"),
    ],
)
def test_a_loss_of_another_form_is_refused_by_name(loss, message):
    net = network()
    with pytest.raises(UsageError, match=message):
        gradcheck(net, spikes(net), loss)


def test_what_the_reference_cannot_hold_is_refused(monkeypatch):
    monkeypatch.setattr(own, "physical_bytes", lambda: 10_000)
    net = network()
    with pytest.raises(UsageError, match="check a smaller network, or one of shorter delays"):
        gradcheck(net, spikes(net))
    with pytest.raises(UsageError, match="net: expected LSNN"):
        gradcheck(net.connections, spikes(net))  # type: ignore[arg-type]
