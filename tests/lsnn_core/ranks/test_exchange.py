"""Ranks share blocks, know what all found, and add gradients to the bits of one process."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import LsnnError, NumericalError, UsageError
from lsnn_core.ranks.exchange import ALONE, add_in_order
from tests.helpers.threads_as_ranks import by_threads


@given(st.integers(1, 7), st.integers(0, 20))
def test_each_block_has_one_rank_in_order(size, count):
    shares = by_threads(size, lambda ranks: ranks.share(count))

    assert [i for share in shares for i in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


@given(
    st.integers(1, 6), st.integers(1, 12), st.integers(0, 30), st.integers(0, 11), st.integers(0, 9)
)
def test_sums_have_the_bits_of_one_process(size, blocks, width, unused, seed):
    used = max(blocks - unused, 1)
    rng = np.random.default_rng(seed)
    rows = (rng.standard_normal((blocks, width)) * 10.0 ** rng.integers(-6, 6, width)).astype("f4")
    expected = ALONE.total(rows, blocks, used, np.empty(width, "f4"))

    def total(ranks):
        share = ranks.share(blocks)
        out = np.full(width, np.nan, "f4")
        return ranks.total(rows[share.start : share.stop], blocks, used, out).tobytes()

    assert by_threads(size, total) == [expected.tobytes()] * size


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_alone_sums_are_those_of_numpy_where_rows_are_long(dtype):
    rows = np.random.default_rng(1).standard_normal((9, 50)).astype(dtype)
    rows[:, ::3] = -0.0

    assert add_in_order(rows, np.empty(50, dtype)).tobytes() == rows.sum(axis=0).tobytes()


def test_everyone_knows_what_all_found():
    found = by_threads(3, lambda ranks: ranks.everyone(lambda: [ranks.rank, np.arange(2)]))

    assert [[thing for thing in of_rank if isinstance(thing, int)] for of_rank in found] == [
        [0, 1, 2]
    ] * 3


def test_only_the_first_does_what_only_one_may():
    assert by_threads(3, lambda ranks: ranks.first(lambda: ranks.rank + 10)) == [10, 10, 10]
    assert by_threads(3, lambda ranks: ranks.any(ranks.rank == 2)) == [True] * 3
    assert by_threads(3, lambda ranks: ranks.any(False)) == [False] * 3


class Odd(Exception):
    def __init__(self, one, two):
        super().__init__(one)


@pytest.mark.parametrize("error", [NumericalError("NaN in a loss"), KeyError("x"), Odd(1, 2)])
def test_an_error_of_one_surfaces_in_all(error):
    def work(ranks):
        def find():
            if ranks.rank > 0:
                raise error if ranks.rank == 1 else LsnnError("a later block")
            return [1]

        try:
            ranks.everyone(find)
        except Exception as caught:
            return caught, ranks.failed
        return None

    (first, known), (second, _), _ = by_threads(3, work)

    assert known
    assert second is error
    if isinstance(error, Odd):  # what cannot travel is told
        assert "in find" in str(first)
        assert "Odd" in str(first)
    else:
        assert (type(first), str(first)) == (type(error), str(error))
        notes = "".join(getattr(first, "__notes__", []))
        assert ("in find" in notes) == (not isinstance(error, LsnnError))


def test_ranks_that_differ_are_refused_by_all():
    def work(ranks):
        with pytest.raises(UsageError, match=r"rank 1 on .*: numpy is 3, expected 2 as on rank 0"):
            ranks.require_same({"numpy": "3" if ranks.rank == 1 else "2"})
        return ranks.failed

    assert by_threads(2, work) == [True, True]
    by_threads(2, lambda ranks: ranks.require_same({"numpy": "2"}))


def test_who_waits_for_others_at_the_end_may_give_up():
    def work(ranks):
        return ranks.endings("done", 0.0) if ranks.rank == 1 else None

    assert by_threads(2, work) == [None, []]
    assert by_threads(2, lambda ranks: ranks.endings(ranks.rank, float("inf"))) == [[0, 1]] * 2
