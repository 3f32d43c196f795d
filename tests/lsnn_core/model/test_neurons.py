"""Constants of the neurons: populations, decays, and values that no neuron can have."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.model.neurons import NeuronParameters


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


@pytest.mark.parametrize(
    "counts", [(-2, 5), (5, -2), (2.5, 1), (2, 1.0), (True, 1), ("2", 1), (None, 1)]
)
def test_populations_are_counted_in_whole_neurons(counts):
    with pytest.raises(UsageError, match=r"^n_(regular|adaptive): expected a whole number"):
        NeuronParameters.create(*counts)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"tau_a_ms": [100, 200, 300]}, r"tau_a_ms: expected shape \(5,\), one number or one for"),
        (
            {"beta": [1.0] * 5},
            r"beta: expected shape \(3,\), .*adaptive neuron, found float64 \(5,\)",
        ),
        ({"b0": np.ones((5, 1))}, "b0: expected shape"),
        ({"b0": "much"}, "b0: expected real numbers"),
        ({"b0": [[1, 2], [3]]}, "b0: expected real numbers"),
        ({"tau_m_ms": 20 + 1j}, "tau_m_ms: expected real numbers"),
        ({"tau_m_ms": None}, "tau_m_ms: expected real numbers"),
        ({"n_ref": True}, "n_ref: expected integers"),
        ({"n_ref": 2**15 + 1}, r"n_ref\[0\]: expected at most 32768"),
    ],
)
def test_constants_of_another_shape_or_kind_are_refused(change, message):
    with pytest.raises(UsageError, match=f"^{message}"):
        NeuronParameters.create(2, 3, **change)


def made(beta, **change):
    n = len(beta)
    arrays = {"tau_m_ms": np.full(n, 20.0), "tau_a_ms": np.full(n, 700.0), "b0": np.ones(n)}
    return NeuronParameters(**{**arrays, "beta": np.array(beta), "n_ref": np.full(n, 5), **change})


def test_population_a_may_hold_neurons_that_do_not_adapt():
    p = NeuronParameters.create(2, 3, beta=[0, 1.5, 0])

    assert (p.n_regular, p.beta.tolist()) == (2, [0, 0, 0, 1.5, 0])
    assert NeuronParameters.create(2, 3, beta=0).n_regular == 2
    assert made([0, 1.0, 0], n_regular=1).n_regular == 1
    assert (made([0, 0]).n_regular, made([0, 1.0]).n_regular, made([]).n_regular) == (2, 1, 0)


@pytest.mark.parametrize(
    ("beta", "n_regular", "message"),
    [
        ([1.0, 0.0, 1.0], -1, r"beta\[1\]: expected more than 0 after the first adaptive"),
        ([0.0, 1.0, 1.0], 2, r"beta\[1\]: expected 0 in population R, the first 2 neurons"),
        ([0.0, 1.0, 1.0], 4, "n_regular: expected a whole number, 0 to 3"),
        ([0.0, 1.0, 1.0], -2, "n_regular: expected a whole number, 0 to 3"),
        ([0.0, 1.0, 1.0], 1.0, "n_regular: expected a whole number, 0 to 3"),
    ],
)
def test_populations_in_another_order_are_refused(beta, n_regular, message):
    with pytest.raises(UsageError, match=message):
        made(beta, n_regular=n_regular)


@pytest.mark.parametrize("wrong", [20, np.ones(4, int), np.ones((3, 1), int)], ids=str)
@pytest.mark.parametrize("name", ["tau_m_ms", "tau_a_ms", "beta", "n_ref"])
def test_constants_are_vectors_of_one_length(name, wrong):
    with pytest.raises(UsageError, match=rf"^{name}: expected shape \(3,\)"):
        replace(made([0.0, 0.0, 1.0]), **{name: wrong})


@pytest.mark.parametrize("wrong", [20, np.ones((3, 1))], ids=str)
def test_one_number_is_repeated_by_create_only(wrong):
    with pytest.raises(UsageError, match=r"^b0: expected a vector, .*; NeuronParameters\.create"):
        made([0.0, 0.0, 1.0], b0=wrong)


def test_constants_are_copies_that_do_not_change():
    mine = np.ones(3)
    p = made([0.0, 0.0, 1.0], b0=mine)
    mine[:] = 2.0

    assert p.b0.tolist() == [1, 1, 1]
    with pytest.raises(ValueError, match="read-only"):
        p.b0[0] = 2.0
