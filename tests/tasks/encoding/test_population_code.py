"""The population code: each kind's events beside its readable twin, and what each kind promises."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from tasks.encoding.population_code import CODES, PopulationCode


def keys(count: int, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 2**64, count, np.uint64)


def one_signal(kind: str, rate_hz: float = 100.0, hold_ms: int = 20) -> PopulationCode:
    return PopulationCode((0.0,), (1.0,), 101, rate_hz, 0.1, hold_ms, kind)


@given(
    st.sampled_from(sorted(CODES)),
    st.integers(1, 16),
    st.integers(1, 4),
    st.integers(2, 40),
    st.floats(0.01, 1.0),
    st.data(),
)
def test_events_are_the_spikes_of_the_readable_code(kind, n_lanes, n_values, size, width, data):
    code = PopulationCode((-1.0, 0.0), (1.0, 5.0), size, 700.0, width, 3, kind)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = rng.uniform(code.low, code.high, (n_lanes, n_values, 2))
    drawn = keys(n_lanes, 5)

    events = code.events(values, drawn)
    events.validate(code.n_in)
    np.testing.assert_array_equal(events.to_dense(code.n_in), code.spikes(values, drawn))


@pytest.mark.parametrize("kind", CODES)
def test_inputs_fire_at_the_rate_of_their_tuning(kind):
    code = PopulationCode((0.0,), (1.0,), 11, 200.0, 0.1, 20, kind)
    spikes = code.spikes(np.full((1, 1000, 1), 0.5), keys(1))
    expected = 200.0 * np.exp(-0.5 * ((np.arange(11) - 5) / 1.0) ** 2)

    # "regular" repeats one pattern, whose counts are whole numbers
    tolerance = 50 if kind == "regular" else 12
    np.testing.assert_allclose(1000 * spikes.mean((0, 1)), expected, atol=tolerance)


@pytest.mark.parametrize("kind", ["regular", "random-phase"])
@pytest.mark.parametrize(("rate_hz", "most"), [(50.0, 1.32), (100.0, 1.81), (300.0, 2.04)])
def test_counts_are_nearly_exact(kind, rate_hz, most):
    code, values = one_signal(kind, rate_hz), np.random.default_rng(2).random((8, 50, 1))
    counts = code.spikes(values, keys(8)).reshape(50, 20, 8, 101).sum(1).swapaxes(0, 1)
    distance = np.arange(101) - 100 * values
    p = np.where(np.abs(distance) <= 40, code.chance(distance) / 2**53, 0)

    assert np.abs(counts - 20 * p).max() < most
    bernoulli = one_signal("bernoulli", rate_hz).spikes(values, keys(8))
    other = bernoulli.reshape(50, 20, 8, 101).sum(1).swapaxes(0, 1)
    assert np.abs(other - 20 * p).max() > 2 * most
    assert (other - 20 * p).std() > 1.5 * (counts - 20 * p).std()


def test_a_regular_value_is_one_pattern_whatever_the_key_and_the_time():
    values = np.full((2, 3, 1), 0.3)
    spikes = one_signal("regular").spikes(values, keys(2)).reshape(3, 20, 2, 101)

    assert spikes.any()
    assert (spikes == spikes[:1, :, :1]).all()


def test_a_regular_input_fires_by_its_place_in_its_population():
    two = PopulationCode((0.0, 0.0), (1.0, 1.0), 101, 100.0, 0.1, 20, "regular")
    spikes = two.spikes(np.full((1, 1, 2), 0.3), keys(1))[:, 0]
    k, i = np.arange(1, 21)[:, None], np.arange(101)
    p = 0.1 * np.exp(-0.5 * ((i - 30) / 10) ** 2) * (np.abs(i - 30) <= 40)

    np.testing.assert_array_equal(spikes[:, :101], (0.7548776662 * i + 0.6180339887 * k) % 1 < p)
    np.testing.assert_array_equal(spikes[:, 101:], spikes[:, :101])


def test_a_random_phase_is_another_one_for_each_input_value_and_key_and_the_same_again():
    values, code = np.full((2, 3, 1), 0.3), one_signal("random-phase", 1000.0)
    drawn = keys(2)
    spikes = code.spikes(values, drawn).reshape(3, 20, 2, 101)

    np.testing.assert_array_equal(code.spikes(values, drawn).reshape(spikes.shape), spikes)
    patterns = {spikes[e, :, lane, i].tobytes() for e in range(3) for lane in range(2)
                for i in (20, 25, 35, 40)}  # fmt: skip
    assert len(patterns) > 18


def test_values_outside_the_range_are_refused():
    code = PopulationCode((0.0,), (1.0,), 10, 200.0, 0.1, 20)
    with pytest.raises(UsageError, match="signals: expected values in"):
        code.events(np.array([[[1.5]]]), keys(1))
    with pytest.raises(UsageError, match="NaN"):
        code.events(np.array([[[np.nan]]]), keys(1))


@pytest.mark.parametrize("shape", [(2, 3, 1), (2, 3, 4), (3, 2), (1, 2, 3, 2), (2, 3)])
def test_signals_of_another_number_or_arrangement_are_refused(shape):
    code = PopulationCode((-1.0, -1.0), (1.0, 1.0), 10, 200.0, 0.1, 20)
    with pytest.raises(UsageError, match=r"signals: expected .* found shape"):
        code.events(np.zeros(shape), np.zeros(shape[0], np.uint64))
