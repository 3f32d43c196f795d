"""Constants of the neurons: populations, decays, and values that no neuron can have."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.neurons import NeuronParameters


def test_regular_neurons_come_first_and_do_not_adapt():
    p = NeuronParameters.create(2, 3, beta=1.5)

    assert p.beta.tolist() == [0, 0, 1.5, 1.5, 1.5]
    assert (p.n, p.n_regular) == (5, 2)


@pytest.mark.parametrize(("n_regular", "n_adaptive"), [(4, 0), (0, 4), (0, 0)])
def test_one_population_may_be_empty(n_regular, n_adaptive):
    p = NeuronParameters.create(n_regular, n_adaptive)

    assert (p.n, p.n_regular) == (n_regular + n_adaptive, n_regular)


def test_decays_follow_from_time_constants():
    p = NeuronParameters.create(1, 1, tau_m_ms=[10, 20], tau_a_ms=700)

    np.testing.assert_allclose(p.alpha, np.exp([-1 / 10, -1 / 20]))
    np.testing.assert_allclose(p.rho, np.exp(-1 / 700))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("tau_m_ms", 0.5),
        ("tau_a_ms", -1.0),
        ("tau_m_ms", np.nan),
        ("b0", 0.0),
        ("b0", np.inf),
        ("beta", -0.1),
        ("n_ref", -1),
        ("n_ref", 2.5),
    ],
)
def test_what_cannot_be_is_refused_by_name(name, value):
    with pytest.raises(UsageError, match=name):
        NeuronParameters.create(2, 3, **{name: value})


def test_the_first_bad_neuron_is_named():
    with pytest.raises(UsageError, match=r"b0\[3\]: expected positive, found -1"):
        NeuronParameters.create(2, 3, b0=[1, 1, 1, -1, -2])
