from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.model.connections import Layout
from lsnn_core.model.initial import dale_weights, initial_connections, source_signs
from lsnn_core.model.sites import site_delay, site_sign
from tests.helpers.networks import dtypes, layouts, seeds

SMNIST = Layout(80, 220, 10)


@given(layouts(), seeds, dtypes, st.floats(0.01, 1.0), st.sampled_from(["free", "sites", "dale"]))
def test_any_network_gets_a_valid_list_with_the_exact_count(
    layout: Layout, seed: int, dtype: type, connectivity: float, kind: str
) -> None:
    sign = source_signs(layout, layout.n, 0.25, 0.25, seed) if kind == "dale" else None
    listed = initial_connections(layout, connectivity, 3, sign, seed, dtype, signed=kind == "sites")
    listed.validate()
    assert listed.weight.dtype == dtype
    for name, block in layout.matrices.items():
        assert listed.count(name) == round(connectivity * block.sites)
    assert (listed.sign != 0).all() == (kind != "free" or len(listed) == 0)


def test_delays_and_signs_are_those_of_the_sites() -> None:
    listed = initial_connections(SMNIST, 0.1, 10, None, 4, signed=True)
    inner = listed.target < SMNIST.n
    expected = site_delay(4, listed.source, listed.target, 10)
    np.testing.assert_array_equal(listed.delay, np.where(inner, expected, 0))
    np.testing.assert_array_equal(listed.sign, site_sign(4, listed.source, listed.target))


def test_same_seed_same_list_and_another_seed_another() -> None:
    first = initial_connections(SMNIST, 0.12, 10, None, 4)
    assert first.equals(initial_connections(SMNIST, 0.12, 10, None, 4))
    assert not first.equals(initial_connections(SMNIST, 0.12, 10, None, 5))


def test_free_weights_have_the_published_spread() -> None:
    listed = initial_connections(SMNIST, 1.0, 10, None, 4, np.float64)
    assert listed.dense("W_in").std() == pytest.approx(1 / np.sqrt(80), rel=0.02)
    assert listed.dense("W_rec").std() == pytest.approx(1 / np.sqrt(220), rel=0.02)
    readout, limit = listed.dense("W_out"), np.sqrt(6 / 230)
    assert 0.98 * limit < np.abs(readout).max() <= limit
    assert readout.std() == pytest.approx(limit / np.sqrt(3), rel=0.03)


def test_dale_weights_are_balanced_with_spectral_radius_one() -> None:
    sign = np.where(np.arange(60) < 15, -1, 1).astype(np.int8)
    block = Layout(0, 60, 0).matrices["W_rec"]
    dense = dale_weights(sign, block, np.random.default_rng(1))
    assert (dense * sign[:, None] >= 0).all()
    np.testing.assert_allclose(dense.sum(axis=0), 0.0, atol=1e-12)
    assert np.abs(np.linalg.eigvals(dense)).max() == pytest.approx(1.0, rel=1e-5)


def test_dale_weights_to_many_targets_repeat_columns_and_to_few_take_the_first() -> None:
    sign = np.array([1, -1, 1, 1], dtype=np.int8)
    few = dale_weights(sign, Layout(0, 4, 2).matrices["W_out"], np.random.default_rng(1))
    many = dale_weights(sign, Layout(4, 50, 0).matrices["W_in"], np.random.default_rng(1))
    assert few.shape == (4, 2)
    assert many.shape == (4, 50)
    assert len(np.unique(many, axis=1).T) == 4
    assert all((many == column[:, None]).all(axis=0).any() for column in few.T)


def test_sparse_signed_matrix_has_the_published_code_s_statistics() -> None:
    sign = source_signs(SMNIST, 120, 0.25, 0.25, 4)
    dense = initial_connections(SMNIST, 0.12, 10, sign, 4, np.float64).dense("W_rec")
    assert np.abs(np.linalg.eigvals(dense)).max() == pytest.approx(0.55, abs=0.1)
    assert dense[dense > 0].mean() == pytest.approx(0.05, abs=0.005)
    assert dense[dense < 0].mean() == pytest.approx(-0.15, abs=0.01)


def test_readout_obeys_the_presynaptic_sign() -> None:
    sign = source_signs(SMNIST, 120, 0.25, 0.25, 4)
    readout = initial_connections(SMNIST, 0.12, 10, sign, 4).dense("W_out")
    assert (readout * sign[80:, None] >= 0).all()
    assert (readout < 0).any()


def test_published_numbers_of_excitatory_sources() -> None:
    sign = source_signs(SMNIST, 120, 0.25, 0.25, 4)
    assert ((sign[:80] > 0).sum(), (sign[80:] > 0).sum()) == (61, 166)
    np.testing.assert_array_equal(sign[80:], np.where(np.arange(220) < 54, -1, 1))
    assert not (sign[:19] < 0).all()  # shuffled


def test_no_or_only_inhibition() -> None:
    assert (source_signs(SMNIST, 220, 0.0, 0.0, 4) == 1).all()
    everything = source_signs(SMNIST, 220, 1.0, 1.0, 4)
    assert (everything == -1).all()
    assert (initial_connections(SMNIST, 0.12, 10, everything, 4).weight < 0).all()


@pytest.mark.parametrize("connectivity", [0.0, -0.1, 1.1, float("nan")])
def test_an_impossible_connectivity_is_refused(connectivity: float) -> None:
    with pytest.raises(UsageError, match="connectivity"):
        initial_connections(SMNIST, connectivity, 10, None, 4)


def test_half_precision_is_refused() -> None:
    with pytest.raises(UsageError, match="dtype"):
        initial_connections(SMNIST, 0.1, 10, None, 4, np.float16)


def test_signs_that_fit_no_network_are_refused() -> None:
    with pytest.raises(UsageError, match="regular"):
        source_signs(SMNIST, 20, 0.25, 0.25, 4)
    with pytest.raises(UsageError, match="inhibitory_fraction_in"):
        source_signs(SMNIST, 120, 1.5, 0.25, 4)
    for wrong in (np.ones(7, np.int8), np.zeros(300, np.int8)):
        with pytest.raises(UsageError, match="source_sign"):
            initial_connections(SMNIST, 0.12, 10, wrong, 4)


def test_inputs_without_a_sign_leave_dale_s_law_to_the_neurons() -> None:
    layout = Layout(6, 20, 3)
    sign = source_signs(layout, 20, 0.5, 0.25, seed=1)
    sign[:6] = 0
    listed = initial_connections(layout, 0.5, 1, sign, seed=1, signed=True)
    from_input = listed.source < 6

    assert set(listed.sign[from_input].tolist()) == {-1, 1}
    np.testing.assert_array_equal(listed.sign[~from_input], sign[listed.source[~from_input]])


def test_a_neuron_without_a_sign_is_refused() -> None:
    layout = Layout(2, 4, 1)
    for sign in ([0, 0, 1, 1, 0, 1], [0, 1, 1, 1, 1, 1], [0, 0, 1, 1, 1]):
        with pytest.raises(UsageError, match="source_sign: expected"):
            initial_connections(layout, 1.0, 1, np.array(sign, np.int8), seed=1)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": (80, 220, 10)}, "layout: expected Layout"),
        ({"connectivity": "0.1"}, "connectivity: expected a fraction"),
        ({"connectivity": True}, "connectivity: expected a fraction"),
        ({"n_delays": 0}, "n_delays: expected a whole number"),
        ({"n_delays": 2.5}, "n_delays: expected a whole number"),
        ({"n_delays": 2**31}, "n_delays: expected a whole number"),
        ({"source_sign": [1] * 300}, "source_sign: expected an integer"),
        ({"source_sign": np.ones(300)}, "source_sign: expected an integer"),
        ({"source_sign": np.ones((300, 1), int)}, "source_sign: expected an integer"),
        ({"dtype": "half a float"}, "dtype: expected float32 or float64"),
        ({"dtype": None}, "dtype: expected float32 or float64"),
        ({"signed": "no"}, "signed: expected True or False"),
        ({"seed": 1.0}, "seed: expected"),
    ],
)
def test_an_argument_of_another_type_is_refused(change: dict, message: str) -> None:
    usual = {"layout": SMNIST, "connectivity": 0.1, "n_delays": 1, "source_sign": None, "seed": 4}
    with pytest.raises(UsageError, match=f"^{message}"):
        initial_connections(**{**usual, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"layout": None}, "layout: expected Layout"),
        ({"n_regular": -1}, "n_regular: expected a whole number"),
        ({"n_regular": 221}, "n_regular: expected a whole number, 0 to 220"),
        ({"inhibitory_fraction_in": None}, "inhibitory_fraction_in: expected 0..1"),
        ({"inhibitory_fraction_rec": "1"}, "inhibitory_fraction_rec: expected 0..1"),
        ({"inhibitory_fraction_rec": float("nan")}, "inhibitory_fraction_rec: expected 0..1"),
    ],
)
def test_signs_of_what_is_no_network_are_refused(change: dict, message: str) -> None:
    usual = {"layout": SMNIST, "n_regular": 120, "seed": 4}
    fractions = {"inhibitory_fraction_in": 0.25, "inhibitory_fraction_rec": 0.25}
    with pytest.raises(UsageError, match=f"^{message}"):
        source_signs(**{**usual, **fractions, **change})


@pytest.mark.parametrize("kind", ["free", "sites", "dale"])
def test_a_scale_of_the_readout_changes_no_other_weight(kind: str) -> None:
    layout = Layout(4, 6, 3)
    sign = source_signs(layout, 6, 0.25, 0.25, 4) if kind == "dale" else None
    given = layout, 1.0, 2, sign, 4, np.float64
    whole = initial_connections(*given, signed=kind == "sites")
    scaled = initial_connections(*given, signed=kind == "sites", readout_scale=0.2)
    np.testing.assert_array_equal(scaled.dense("W_out"), 0.2 * whole.dense("W_out"))
    for name in ("W_in", "W_rec"):
        np.testing.assert_array_equal(scaled.dense(name), whole.dense(name))
    with pytest.raises(UsageError, match="readout_scale: expected a number > 0"):
        initial_connections(*given, readout_scale=0.0)
