import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lsnn_core.kernels import random as kernels
from lsnn_core.random import counter as twin
from lsnn_core.random.streams import shuffled, stream

words = st.integers(0, 2**64 - 1)
counters = st.integers(0, 2**63 - 1)


@pytest.mark.parametrize(
    ("seed", "expected"),
    [
        (0, [0xE220A8397B1DCDAF, 0x6E789E6AA1B965F4, 0x06C45D188009454F]),
        (1234567, [6457827717110365317, 3203168211198807973, 9817491932198370423]),
    ],
)
def test_hash_is_the_published_splitmix64(seed, expected):
    assert twin.hash64(seed, np.arange(3)).tolist() == expected


@given(words, counters)
def test_kernel_draws_the_same_bits(key, counter):
    key = np.uint64(key)
    for name in ("hash64", "bits53", "uniform"):
        assert getattr(kernels, name)(key, counter) == getattr(twin, name)(key, counter), name


@given(words, counters)
def test_kernel_draws_the_same_normal(key, counter):
    found = kernels.normal(np.uint64(key), counter)
    np.testing.assert_allclose(found, twin.normal(key, counter), rtol=1e-15, atol=1e-15)


@given(words, st.lists(counters, min_size=1, max_size=5))
def test_a_draw_depends_on_nothing_but_its_key_and_counter(key, several):
    together = twin.normal(key, several)
    alone = [float(twin.normal(key, c)) for c in several]
    np.testing.assert_allclose(together, alone, rtol=1e-15, atol=1e-15)


@pytest.mark.parametrize(
    ("draw", "distribution"), [(twin.uniform, "uniform"), (twin.normal, "norm")]
)
def test_draws_follow_their_distribution(draw, distribution):
    keys = np.arange(200)[:, None]  # neighbouring keys and counters: the worst a caller can do
    assert stats.kstest(draw(keys, np.arange(500)).ravel(), distribution).pvalue > 0.01


@pytest.mark.parametrize("axis", [0, 1])
def test_neighbouring_draws_are_uncorrelated(axis):
    x = twin.normal(np.arange(300)[:, None], np.arange(300))
    shifted = np.roll(x, 1, axis=axis)
    assert abs(np.mean(x * shifted)) < 4 / np.sqrt(x.size)


def test_uniforms_stay_below_one_and_normals_are_finite():
    top = (2**53 - 1) * 2.0**-53
    assert top < 1.0
    assert np.isfinite(np.sqrt(-2.0 * np.log(1.0 - top)))
    assert twin.uniform(5, np.arange(100_000)).max() <= top


def test_the_order_of_an_epoch_is_its_stream_s_and_cannot_be_changed():
    order = shuffled(4, "epoch", 2, 50)

    np.testing.assert_array_equal(order, stream(4, "epoch", 2).permutation(50))
    assert len({tuple(shuffled(4, "epoch", epoch, 50)) for epoch in range(9)}) == 9
    with pytest.raises(ValueError, match="read-only"):
        order[0] = 1
