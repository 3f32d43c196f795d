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


def test_constants_of_a_population_alone():
    p = NeuronParameters.create(
        2,
        3,
        tau_m_ms={"R": 10, "A": [21, 22, 23]},
        tau_a_ms=[1, 2, 3],
        b0={"A": 0.5},
        n_ref={"R": 1},
    )
    assert p.tau_m_ms.tolist() == [10, 10, 21, 22, 23]
    assert p.tau_a_ms[2:].tolist() == [1, 2, 3]
    assert p.b0.tolist() == [0.01, 0.01, 0.5, 0.5, 0.5]
    assert p.n_ref.tolist() == [1, 1, 5, 5, 5]
    same = NeuronParameters.create(2, 3, beta=[0, 0, 1, 2, 3])
    assert same.beta.tolist() == NeuronParameters.create(2, 3, beta=[1, 2, 3]).beta.tolist()


def test_decays_and_refractoriness_follow_the_length_of_a_step():
    p = NeuronParameters.create(1, 1, tau_m_ms=10, tau_a_ms=200, dt_ms=0.1)

    np.testing.assert_allclose(p.alpha, np.exp(-0.01))
    np.testing.assert_allclose(p.rho, np.exp(-0.0005))
    assert p.n_ref.tolist() == [50, 50]
    assert NeuronParameters.create(1, 0, dt_ms=2.0).n_ref.tolist() == [2]
    assert NeuronParameters.create(1, 0, dt_ms=2.0, n_ref=7).n_ref.tolist() == [7]


def test_they_show_themselves_in_one_line():
    found = repr(NeuronParameters.create(1, 2, tau_a_ms=[100, 300], b0=0.5))
    assert found == (
        "NeuronParameters(1 R, 2 A, tau_m_ms=20, tau_a_ms=100...300, beta=1.8, b0=0.5, n_ref=5,"
        " dt_ms=1)"
    )
    assert repr(NeuronParameters.create(0, 0)) == "NeuronParameters(0 R, 0 A, dt_ms=1)"


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
        ({"tau_a_ms": [100, 200]}, r"tau_a_ms: expected shape \(5,\), one number or one for"),
        ({"beta": [1.0] * 5}, r"beta\[0\]: expected 0 in population R, the first 2 neurons"),
        ({"beta": [1.0] * 4}, r"beta of A: expected shape \(3,\), .*found float64 \(4,\)"),
        ({"beta": {"R": 1.0}}, r"beta\[0\]: expected 0 in population R"),
        ({"tau_m_ms": {"B": 1.0}}, "tau_m_ms: expected populations R and A, found 'B'"),
        ({"tau_m_ms": {"R": [1.0] * 3}}, r"tau_m_ms of R: expected shape \(2,\)"),
        ({"n_ref": {"A": 2.5}}, "n_ref of A: expected integers"),
        ({"dt_ms": 0.0}, "dt_ms: expected 0.01 to 10 ms, found 0.0"),
        ({"dt_ms": 2.0, "tau_m_ms": 1.5}, r"tau_m_ms\[0\]: expected at least one step \(2 ms\)"),
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
