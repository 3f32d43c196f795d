from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.optimisers.adam import (
    DenseAdam,
    ListAdam,
    clipped,
    correction,
    refuse_unsquarable,
    settled,
)
from tests.helpers.networks import seeds

all_settings = st.builds(
    AdamSettings, st.floats(0.0, 0.99), st.floats(0.0, 0.9999), st.floats(1e-9, 0.1)
)


def textbook_adam(theta: float, gradients: list[float], lr: float, p: AdamSettings) -> float:
    """Kingma and Ba (2015), end of Section 2, one entry, as it is printed."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m = p.beta1 * m + (1 - p.beta1) * g
        v = p.beta2 * v + (1 - p.beta2) * g**2
        lr_t = lr * np.sqrt(1 - p.beta2**t) / (1 - p.beta1**t)
        theta = theta - lr_t * m / (np.sqrt(v) + p.eps)
    return theta


@given(all_settings, seeds, st.integers(1, 30))
def test_list_follows_the_textbook(p: AdamSettings, seed: int, steps: int) -> None:
    gradients = np.random.default_rng(seed).normal(size=(steps, 4))
    theta, adam = np.ones(4), ListAdam(4, p)
    for gradient in gradients:
        adam.step(theta, gradient, 0.1)
    expected = [textbook_adam(1.0, list(column), 0.1, p) for column in gradients.T]
    np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-12)


@given(all_settings, seeds, st.integers(1, 30))
def test_dense_follows_the_textbook(p: AdamSettings, seed: int, steps: int) -> None:
    gradients = np.random.default_rng(seed).normal(size=(steps, 4))
    theta, adam = np.ones(4), DenseAdam(4, p)
    for gradient in gradients:
        theta = adam.step(theta, gradient, 0.1)
    expected = [textbook_adam(1.0, list(column), 0.1, p) for column in gradients.T]
    np.testing.assert_allclose(theta, expected, rtol=1e-12, atol=1e-12)


def test_each_entry_counts_its_own_age() -> None:
    late = np.random.default_rng(1).normal(size=20)
    theta, adam = np.ones(2), ListAdam(2, AdamSettings())
    for _ in range(50):
        adam.step(theta, np.ones(2), 0.1)
    adam.carry(np.array([1, -1]))
    theta = np.array([theta[1], 1.0])
    for g in late:
        adam.step(theta, np.array([g, g]), 0.1)
    assert theta[1] == pytest.approx(textbook_adam(1.0, list(late), 0.1, AdamSettings()), rel=1e-12)
    whole = [1.0] * 50 + list(late)
    assert theta[0] == pytest.approx(textbook_adam(1.0, whole, 0.1, AdamSettings()), rel=1e-12)


def test_ages_beyond_the_first_table_are_corrected_alike() -> None:
    adam = ListAdam(1, AdamSettings())
    theta = np.zeros(1)
    gradients = list(np.random.default_rng(2).normal(size=2500))
    for g in gradients:
        adam.step(theta, np.array([g]), 1e-3)
    expected = textbook_adam(0.0, gradients, 1e-3, AdamSettings())
    assert theta[0] == pytest.approx(expected, rel=1e-10)


def test_a_longer_table_holds_the_same_bits() -> None:
    short, long = (correction(AdamSettings(), np.arange(size)) for size in (1024, 40_001))
    np.testing.assert_array_equal(short, long[:1024])


@pytest.mark.parametrize("beta2", [0.0, 0.5, 0.999, 0.9999])
def test_corrections_settle_at_exactly_one(beta2: float) -> None:
    adam = AdamSettings(beta2=beta2)
    age = settled(adam)
    np.testing.assert_array_equal(correction(adam, np.array([age, age + 1, 10**9])), 1.0)


def test_ages_past_the_end_of_the_table_need_no_longer_one() -> None:
    adams = [ListAdam(2, AdamSettings()) for _ in range(2)]
    for adam, oldest in zip(adams, (40_000, 2**62), strict=True):
        adam.restore({"m": np.ones(2), "v": np.ones(2), "age": np.array([3, oldest])})
    thetas = [np.zeros(2), np.zeros(2)]
    for adam, theta in zip(adams, thetas, strict=True):
        adam.step(theta, np.ones(2), 0.1)
    np.testing.assert_array_equal(*thetas)
    assert adams[1].age.tolist() == [4, 2**62 + 1]
    assert len(adams[1]._scale) < 80_000


@pytest.mark.parametrize(("age", "beta2"), [(-7, 0.999), (2**62, 1 - 1e-9)])
def test_ages_that_no_table_can_hold_are_refused(age: int, beta2: float) -> None:
    adam = ListAdam(1, AdamSettings(beta2=beta2))
    with pytest.raises(UsageError, match="age"):
        adam.restore({"m": np.ones(1), "v": np.ones(1), "age": np.array([age])})


def test_float32_weights_stay_float32_and_small_gradients_are_not_lost() -> None:
    theta, tiny = np.zeros(1, np.float32), np.array([1e-25], np.float32)
    bias = DenseAdam(1, AdamSettings(eps=1e-30)).step(theta, tiny, 0.1)
    ListAdam(1, AdamSettings(eps=1e-30)).step(theta, tiny, 0.1)
    for moved in (theta, bias):
        assert moved.dtype == np.float32
        assert moved[0] == pytest.approx(-0.1, rel=1e-3)


@pytest.mark.parametrize("kind", [ListAdam, DenseAdam])
def test_restored_state_continues_to_the_same_bits(kind: type) -> None:
    def run(adam: ListAdam | DenseAdam, theta: np.ndarray, seed: int) -> np.ndarray:
        for gradient in np.random.default_rng(seed).normal(size=(5, 3)):
            moved = adam.step(theta, gradient, 0.1)
            theta = theta if moved is None else moved
        return theta

    first = kind(3, AdamSettings())
    half = run(first, np.zeros(3), 1)
    state, copy = first.state(), half.copy()
    expected = run(first, half, 2)
    second = kind(3, AdamSettings())
    second.restore(state)
    np.testing.assert_array_equal(run(second, copy, 2), expected)


@pytest.mark.parametrize("kind", [ListAdam, DenseAdam])
def test_a_state_that_does_not_fit_is_refused(kind: type) -> None:
    state = kind(4, AdamSettings()).state()
    with pytest.raises(UsageError, match="shape"):
        kind(3, AdamSettings()).restore(state)
    del state["v"]
    with pytest.raises(UsageError, match="state v"):
        kind(4, AdamSettings()).restore(state)


def test_a_gradient_of_another_shape_is_refused() -> None:
    with pytest.raises(UsageError, match="shape"):
        DenseAdam(3, AdamSettings()).step(np.zeros(3), np.zeros((3, 1)), 0.1)


@pytest.mark.parametrize("wrong", [{"beta1": 1.0}, {"beta2": -0.1}, {"eps": 0.0}, {"eps": np.nan}])
def test_settings_outside_their_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError, match=next(iter(wrong))):
        AdamSettings(**wrong)


def test_only_gradients_longer_than_allowed_are_shortened_and_keep_their_direction() -> None:
    a, b = np.array([3.0, 0.0], np.float32), np.array([[0.0], [4.0]])
    for loose in (0.0, 5.0, 6.0):
        assert clipped(loose, a, b) == (a, b)
    short_a, short_b = clipped(2.5, a, b)
    np.testing.assert_array_equal(short_a, [1.5, 0.0])
    np.testing.assert_array_equal(short_b, [[0.0], [2.0]])
    assert short_a.dtype == np.float32
    assert a[0] == 3.0


def test_a_length_whose_square_float32_cannot_hold_is_measured() -> None:
    (short,) = clipped(1.0, np.full(4, 1e30, np.float32))
    np.testing.assert_allclose(short, 0.5, rtol=1e-6)


@pytest.mark.parametrize(("clip_norm", "size"), [(1.0, 1e200), (1e-10, 1e38), (1e-300, 1e300)])
def test_a_gradient_is_not_shortened_to_nothing(clip_norm: float, size: float) -> None:
    dtype = np.float32 if size < 1e39 else np.float64
    (short,) = clipped(clip_norm, np.array([3.0, -4.0], dtype) * dtype(0.2 * size))
    np.testing.assert_allclose(short / clip_norm, [0.6, -0.8], rtol=1e-6)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_number_that_is_none_is_not_shortened_to_one(bad: float) -> None:
    assert not np.isfinite(clipped(1.0, np.array([1.0, bad]))).all()


def test_a_gradient_whose_square_overflows_is_refused() -> None:
    theta = np.zeros(1)
    ListAdam(1, AdamSettings()).step(theta, np.array([1e200]), 0.1)
    assert theta[0] == 0.0  # what Adam does: an infinite moment, and no step

    refuse_unsquarable(3, d_weight=np.array([1e150]), d_b_out=np.full(2, 3e38, np.float32))
    with pytest.raises(NumericalError, match=r"iteration 3: d_weight\[1\] is -1e\+200.*clip_norm"):
        refuse_unsquarable(3, d_weight=np.array([0.0, -1e200]))
