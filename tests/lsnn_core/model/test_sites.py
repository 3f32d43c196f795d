from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from lsnn_core.errors import UsageError
from lsnn_core.kernels.rewire import site_delays, site_signs
from lsnn_core.model.layout import Layout
from lsnn_core.model.sites import matrix_sites, site_delay, site_key, site_sign
from tests.helpers.networks import one_or_two_halves

numbers = st.lists(st.integers(0, 2**31 - 1), min_size=1, max_size=20)


@given(numbers, st.integers(0, 2**70), st.integers(1, 1000), st.integers(0, 2**31 - 1))
def test_kernels_and_numpy_agree(source: list[int], seed: int, n_delays: int, shift: int) -> None:
    s = np.array(source)
    t = s[::-1] ^ shift
    delay, sign = np.empty(len(s), np.int32), np.empty(len(s), np.int8)
    with np.errstate(over="ignore"):
        site_delays(site_key(seed, "delay"), s, t, n_delays, delay)
        site_signs(site_key(seed, "sign"), s, t, sign)
    np.testing.assert_array_equal(delay, site_delay(seed, s, t, n_delays))
    np.testing.assert_array_equal(sign, site_sign(seed, s, t))


def test_values_never_change_since_resumed_runs_rely_on_them() -> None:
    source, target = np.arange(8), np.arange(8)[::-1]
    assert site_delay(7, source, target, 10).tolist() == [5, 2, 10, 4, 7, 3, 9, 10]
    assert site_sign(7, source, target).tolist() == [-1, -1, -1, 1, 1, 1, -1, -1]


def test_delays_are_uniform_over_neighbouring_sites() -> None:
    source, target = np.divmod(np.arange(100_000), 250)
    delay = site_delay(1, source, target, 10)
    assert chisquare(np.bincount(delay, minlength=11)[1:]).pvalue > 1e-3
    pairs = np.bincount(10 * (delay[:-1] - 1) + delay[1:] - 1, minlength=100)
    assert chisquare(pairs).pvalue > 1e-3


def test_signs_are_even_and_unrelated_to_delays_and_seeds() -> None:
    source, target = np.divmod(np.arange(100_000), 250)
    sign = site_sign(1, source, target).astype(float)
    delay = site_delay(1, source, target, 2) - 1.5
    assert abs(sign.mean()) < 0.015
    assert abs(np.corrcoef(sign, delay)[0, 1]) < 0.015
    assert abs(np.corrcoef(sign, site_sign(2, source, target))[0, 1]) < 0.015
    assert abs(np.corrcoef(sign, site_sign(1, target, source))[0, 1]) < 0.015


def test_one_delay_is_no_choice() -> None:
    assert site_delay(3, 5, 6, 1).tolist() == [1]
    with pytest.raises(UsageError, match="delays"):
        site_delay(3, 5, 6, 0)


@given(one_or_two_halves)
def test_numbers_run_through_every_site_once_in_list_order(layout: Layout) -> None:
    for block in layout.matrices.values():
        source, target = matrix_sites(block, np.arange(block.sites))
        row, column = source - block.source_start, target - block.target_start
        places = np.indices(block.shape)
        mask = (places[0] - places[1]) % layout.halves == 0
        if not block.autapses:
            np.fill_diagonal(mask, False)
        np.testing.assert_array_equal(np.stack([row, column]), np.nonzero(mask))
