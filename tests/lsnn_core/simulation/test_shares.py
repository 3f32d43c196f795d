"""Blocks are shared out by their number, and what none of their examples gave does not count."""

from __future__ import annotations

import numpy as np

from lsnn_core.ranks import exchange
from lsnn_core.ranks.exchange import Ranks
from lsnn_core.simulation import shares as module
from lsnn_core.simulation.shares import Shares
from tests.helpers.threads_as_ranks import Comm


def test_alone_all_blocks_are_ours():
    shares = Shares([5, 5, 4])
    rows = np.array([[1.0, 2.0], [3.0, 4.0], [np.nan, np.nan]])

    assert list(shares.own) == [0, 1, 2]
    assert shares.slices == [(0, 5), (5, 10), (10, 14)]
    assert shares.total(rows, 10, np.empty(2)).tolist() == [4.0, 6.0]
    assert shares.summed([np.array([1.0]), np.array([2.0])]).tolist() == [3.0]
    assert not shares.is_one
    assert Shares([1]).is_one


def test_ranks_have_their_parts(monkeypatch):
    them = Ranks(Comm(1, 2, {}))
    monkeypatch.setattr(module, "current", lambda: them)
    shares = Shares([5, 5, 4])

    assert shares.slices == [(5, 10), (10, 14)]
    assert not Shares([1]).is_one
    assert exchange.current().size == 1
