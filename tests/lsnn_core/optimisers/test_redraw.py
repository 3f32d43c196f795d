from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import chisquare

from lsnn_core.kernels.rewire import Kept, Matrix, absent_sites
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.sites import matrix_sites
from lsnn_core.optimisers.redraw import allocate, draw_sites, merge, spread
from tests.helpers.networks import connections, one_or_two_halves, seeds

Site = tuple[int, int]


def kept_sites(listed: Connections, keep: np.ndarray) -> set[Site]:
    return set(zip(listed.source[keep].tolist(), listed.target[keep].tolist(), strict=True))


def absent(listed: Connections, keep: np.ndarray) -> list[list[Site]]:
    """All sites of each matrix without a kept entry, in list order, the slow way."""
    kept = kept_sites(listed, keep)
    found = []
    for block in listed.layout.matrices.values():
        source, target = matrix_sites(block, np.arange(block.sites))
        sites = zip(source.tolist(), target.tolist(), strict=True)
        found.append([site for site in sites if site not in kept])
    return found


@given(connections(one_or_two_halves), seeds)
def test_rank_leads_to_the_same_site_as_counting(listed: Connections, seed: int) -> None:
    keep = np.random.default_rng(seed).random(len(listed)) < 0.7
    kept = Kept(listed.indptr, listed.target, keep)
    for block, expected in zip(listed.layout.matrices.values(), absent(listed, keep), strict=True):
        source, target = np.empty((2, len(expected)), dtype=np.int64)
        ranks = np.arange(len(expected))
        absent_sites(kept, Matrix(*block[1:]), ranks, source, target)
        assert list(zip(source.tolist(), target.tolist(), strict=True)) == expected


@given(connections(one_or_two_halves), seeds, st.data())
def test_drawn_sites_are_absent_distinct_and_as_many_as_asked(
    listed: Connections, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    keep = rng.random(len(listed)) < 0.7
    free = absent(listed, keep)
    room = np.array([len(sites) for sites in free])
    share = np.array([data.draw(st.integers(0, int(size))) for size in room])
    source, target = draw_sites(rng, listed, keep, share, room)
    drawn = list(zip(source.tolist(), target.tolist(), strict=True))
    assert drawn == sorted(set(drawn))
    assert [len(set(drawn) & set(sites)) for sites in free] == share.tolist()


@given(connections(one_or_two_halves), seeds)
def test_merged_list_is_sorted_and_knows_where_each_entry_was(
    listed: Connections, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    keep = rng.random(len(listed)) < 0.7
    room = np.array([len(sites) for sites in absent(listed, keep)])
    source, target = draw_sites(rng, listed, keep, room // 2, room)
    indptr, targets, origin = merge(listed, keep, source, target)
    rows = np.repeat(np.arange(listed.layout.n_source), np.diff(indptr))
    new = set(zip(source.tolist(), target.tolist(), strict=True))
    merged = list(zip(rows.tolist(), targets.tolist(), strict=True))
    assert merged == sorted(kept_sites(listed, keep) | new)
    np.testing.assert_array_equal(origin[origin >= 0], np.flatnonzero(keep))
    assert {site for site, was in zip(merged, origin, strict=True) if was < 0} == new


@given(seeds, st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=3, max_size=3))
def test_allocation_fills_room_and_reports_what_does_not_fit(
    seed: int, sizes: list[tuple[int, int]]
) -> None:
    size, room = (np.array(column) for column in zip(*sizes, strict=True))
    room = np.minimum(size, room)
    for missing in (0, 1, int(room.sum()), int(room.sum()) + 3):
        share = allocate(np.random.default_rng(seed), missing, size, room)
        assert (share <= room).all()
        assert share.sum() == min(missing, room.sum())


def test_allocation_is_in_proportion_to_size_not_to_room() -> None:
    rng, size, room = np.random.default_rng(3), np.array([20, 60, 120]), np.array([20, 50, 10])
    first = [np.argmax(allocate(rng, 1, size, room)) for _ in range(3000)]
    assert chisquare(np.bincount(first), 3000 * size / size.sum()).pvalue > 1e-3


def test_spread_is_in_proportion_to_room() -> None:
    rng, room = np.random.default_rng(3), np.array([20, 0, 30])
    shares = np.array([spread(rng, 10, room) for _ in range(2000)])
    assert (shares.sum(axis=1) == 10).all()
    assert shares.mean(axis=0) == pytest.approx([4.0, 0.0, 6.0], abs=0.1)
    np.testing.assert_array_equal(spread(rng, 50, room), room)


def test_every_absent_site_is_equally_likely() -> None:
    layout = Layout(0, 5, 0)
    listed = Connections.from_sites(layout, [0, 1, 1, 4], [1, 0, 4, 3], np.ones(4), 1, 0)
    keep, rng, hits = np.array([True, True, False, True]), np.random.default_rng(5), {}
    room = np.array([0, 17, 0])
    for _ in range(5000):
        source, target = draw_sites(rng, listed, keep, np.array([0, 2, 0]), room)
        for site in zip(source.tolist(), target.tolist(), strict=True):
            hits[site] = hits.get(site, 0) + 1
    assert set(hits) == set(absent(listed, keep)[1])
    assert chisquare(list(hits.values())).pvalue > 1e-3
