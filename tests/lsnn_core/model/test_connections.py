from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

from lsnn_core.errors import UsageError
from lsnn_core.model.connections import MATRICES, Connections, Layout
from tests.helpers.networks import connections

SMALL = Layout(2, 3, 1)


def small_list() -> Connections:
    """Two inputs, three neurons, one output; six connections, one of each kind and sign."""
    return Connections.from_sites(
        SMALL,
        source=[0, 0, 1, 2, 2, 4],
        target=[0, 2, 1, 1, 3, 0],
        weight=[0.5, -0.25, 1.0, -0.125, 2.0, 0.75],
        delay=[1, 2, 3, 1, 0, 5],
        sign=[1, -1, 0, -1, 1, 0],
    )


def test_the_three_matrices_lie_where_the_layout_says() -> None:
    blocks = SMALL.matrices
    assert list(blocks) == list(MATRICES)
    assert blocks["W_in"][1:] == (0, 2, 0, 3, True, 1)
    assert blocks["W_rec"][1:] == (2, 5, 0, 3, False, 1)
    assert blocks["W_out"][1:] == (2, 5, 3, 4, True, 1)
    assert [block.sites for block in blocks.values()] == [6, 6, 3]
    assert (SMALL.n_source, SMALL.n_target, SMALL.sites) == (5, 4, 15)


@pytest.mark.parametrize("sizes", [(-1, 2, 1), (1, 2.0, 1), (1, 2, True), (1, 2**31, 1)])
def test_a_layout_refuses_what_is_no_count(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(UsageError):
        Layout(*sizes)


def test_views_of_a_list_made_by_hand() -> None:
    listed = small_list()
    np.testing.assert_array_equal(listed.indptr, [0, 2, 3, 5, 5, 6])
    np.testing.assert_array_equal(listed.source, [0, 0, 1, 2, 2, 4])
    np.testing.assert_array_equal(listed.dense("W_in"), [[0.5, 0, -0.25], [0, 1, 0]])
    np.testing.assert_array_equal(listed.dense("W_rec"), [[0, -0.125, 0], [0, 0, 0], [0.75, 0, 0]])
    np.testing.assert_array_equal(listed.dense("W_out"), [[2], [0], [0]])
    np.testing.assert_array_equal(listed.delays("W_in"), [[1, -1, 2], [-1, 3, -1]])
    np.testing.assert_array_equal(listed.delays("W_out"), [[0], [-1], [-1]])
    np.testing.assert_array_equal(listed.select("W_rec"), [3, 5])
    assert [listed.count(name) for name in MATRICES] == [3, 2, 1]
    assert len(listed) == 6


def test_one_matrix_counts_from_its_own_first_row_and_column() -> None:
    shape, indptr, indices, data, delay, sign = small_list().matrix("W_out")
    assert (shape, list(indptr), list(indices), list(data)) == ((3, 1), [0, 1, 1, 1], [0], [2.0])
    assert (list(delay), list(sign)) == ([0], [1])
    with pytest.raises(UsageError, match="W_in"):
        small_list().matrix("W_back")


@given(connections(signed=True))
def test_round_trip_through_dense(listed: Connections) -> None:
    again = Connections.from_dense(
        listed.layout,
        *(listed.dense(name) for name in MATRICES),
        delay_in=listed.delays("W_in"),
        delay_rec=listed.delays("W_rec"),
        signed=True,
    )
    assert again.equals(listed)


@given(connections())
def test_round_trip_through_the_pieces_of_each_matrix(listed: Connections) -> None:
    pieces = {name: listed.matrix(name) for name in MATRICES}
    assert Connections.from_matrices(listed.layout, pieces).equals(listed)


@given(connections())
def test_matrices_share_the_list_without_rest(listed: Connections) -> None:
    positions = np.concatenate([listed.select(name) for name in MATRICES])
    np.testing.assert_array_equal(np.sort(positions), np.arange(len(listed)))


def test_sites_may_come_in_any_order() -> None:
    listed = small_list()
    order = np.array([3, 5, 0, 2, 4, 1])
    columns = (listed.source, listed.target, listed.weight, listed.delay, listed.sign)
    assert Connections.from_sites(SMALL, *(column[order] for column in columns)).equals(listed)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": [2, 0, 1, 1, 3, 0]}, "out of order"),
        ({"target": [0, 0, 1, 1, 3, 0]}, "duplicate"),
        ({"target": [0, 2, 1, 0, 3, 0]}, "autapse"),
        ({"target": [0, 3, 1, 1, 3, 0], "delay": [1, 0, 3, 1, 0, 5]}, "input straight to an out"),
        ({"target": [0, 4, 1, 1, 3, 0]}, "0..3"),
        ({"target": [-1, 2, 1, 1, 3, 0]}, "0..3"),
        ({"delay": [1, 0, 3, 1, 0, 5]}, "source 0 -> target 2 .* must be >= 1"),
        ({"delay": [1, 2, 3, 1, 1, 5]}, "must be 0"),
        ({"sign": [1, 1, 0, -1, 1, 0]}, "against its fixed sign"),
        ({"sign": [1, -1, 0, -1, 2, 0]}, "sign other than"),
        ({"weight": [0.5, np.nan, 1, -1, 2, 3]}, "not finite"),
        ({"weight": [0.5, -1, 1, -1, 2, np.inf]}, "not finite"),
        ({"weight": [0.5, -1, 1, -1, 2]}, "6 entries"),
        ({"indptr": [0, 2, 1, 5, 5, 6]}, "never to fall"),
        ({"indptr": [0, 2, 3, 5, 5, 7]}, "from 0 to 6"),
        ({"indptr": [1, 2, 3, 5, 5, 6]}, "from 0 to 6"),
        ({"indptr": [0, 2, 3, 5, 6]}, "6 entries"),
    ],
)
def test_a_broken_list_is_refused(change: dict[str, list[float]], message: str) -> None:
    listed = small_list()
    broken = {name: np.array(value, getattr(listed, name).dtype) for name, value in change.items()}
    with pytest.raises(UsageError, match=message):
        replace(listed, **broken).validate()


@pytest.mark.parametrize(("name", "dtype"), [("target", np.int64), ("weight", np.float16)])
def test_a_foreign_dtype_is_refused(name: str, dtype: type) -> None:
    listed = small_list()
    with pytest.raises(UsageError, match=name):
        replace(listed, **{name: getattr(listed, name).astype(dtype)}).validate()


def test_dense_matrices_are_refused_when_no_network_can_have_them() -> None:
    good = [np.ones((2, 3)), np.ones((3, 3)) - np.eye(3), np.ones((3, 1))]
    Connections.from_dense(SMALL, *good)
    with pytest.raises(UsageError, match="autapse"):
        Connections.from_dense(SMALL, good[0], np.ones((3, 3)), good[2])
    with pytest.raises(UsageError, match="W_in: expected shape"):
        Connections.from_dense(SMALL, good[0].T, *good[1:])
    with pytest.raises(UsageError, match="integers"):
        Connections.from_dense(SMALL, *good, delay_in=1.5)
    with pytest.raises(UsageError, match="must be >= 1"):
        Connections.from_dense(SMALL, *good, delay_rec=0)
    with pytest.raises(UsageError, match="not finite"):
        Connections.from_dense(SMALL, good[0] * np.nan, *good[1:], signed=True)
    with pytest.raises(UsageError, match="real numbers"):
        Connections.from_dense(SMALL, good[0] * 1j, *good[1:])


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("W_in", {"indptr": np.array([0, 3, 2])}, "never to fall"),
        ("W_in", {"indices": np.array([0, 9, 1])}, "0..2"),
        ("W_rec", {"shape": (1, 1)}, "expected shape"),
        ("W_rec", {"delay": np.array([1])}, "2 entries"),
        ("W_rec", {"sign": np.array([300, 1])}, "within"),
        ("W_out", {"indices": np.array([2**63], np.uint64)}, "integers"),
        ("W_out", {"indices": np.array([0.5])}, "integers"),
    ],
)
def test_broken_pieces_from_a_file_are_refused(
    name: str, change: dict[str, np.ndarray], message: str
) -> None:
    pieces = {key: small_list().matrix(key) for key in MATRICES}
    pieces[name] = pieces[name]._replace(**change)
    with pytest.raises(UsageError, match=message):
        Connections.from_matrices(SMALL, pieces)


def test_a_missing_matrix_is_refused() -> None:
    with pytest.raises(UsageError, match="W_out"):
        Connections.from_matrices(SMALL, {"W_in": small_list().matrix("W_in")})


def test_halves_of_a_network_are_not_joined() -> None:
    layout = Layout(4, 6, 2, halves=2)
    within = [(0, 2), (3, 5), (4, 2), (9, 1), (4, 6), (9, 7)]
    Connections.from_sites(layout, *np.transpose(within), np.ones(6), [1, 1, 1, 1, 0, 0], 0)
    for source, target in [(0, 1), (5, 0), (4, 7)]:
        with pytest.raises(UsageError, match=f"source {source} -> target {target} .*two halves"):
            Connections.from_sites(layout, [source], [target], [1.0], int(target < 6), 0)


def test_halves_have_half_the_sites() -> None:
    blocks = Layout(4, 6, 2, halves=2).matrices.values()

    assert [block.sites for block in blocks] == [12, 12, 6]  # 2 x 2 x 3, 2 x 3 x 2, 2 x 3 x 1


@pytest.mark.parametrize(("sizes", "halves"), [((4, 6, 3), 2), ((4, 5, 2), 2), ((3, 6, 3), 3)])
def test_what_has_no_halves_is_refused(sizes: tuple[int, int, int], halves: int) -> None:
    with pytest.raises(UsageError, match="halves: expected 1, or 2 with even numbers"):
        Layout(*sizes, halves)


def test_a_list_that_was_checked_is_sealed_and_shares_its_arrays() -> None:
    listed = small_list()
    heavier = replace(listed, weight=2 * listed.weight)
    sealed = heavier.sealed()

    assert listed.sealed() is listed
    assert not heavier.is_sealed()
    assert sealed.is_sealed()
    assert sealed.has_structure_of(listed)
    assert heavier.weight.flags.writeable  # the caller's
    with pytest.raises(ValueError, match="read-only"):
        sealed.weight[0] = 1.0


def test_a_list_that_cannot_be_is_not_sealed() -> None:
    listed = small_list()
    for name, wrong in {
        "weight": np.full(6, np.nan),
        "target": listed.target[::-1].copy(),
        "delay": listed.delay.tolist(),
        "indptr": listed.indptr.astype(float),
        "layout": (2, 3, 1),
    }.items():
        with pytest.raises(UsageError):
            replace(listed, **{name: wrong}).sealed()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"source": [[0], [0, 1]]}, "source: expected integers"),
        ({"source": [0, 1, 2]}, "connections: source, target, weight must be vectors of one"),
        ({"target": 1}, "connections: source, target, weight must be vectors of one"),
        ({"weight": [[1.0], [1.0, 2.0]]}, "weight: expected real numbers"),
        ({"layout": None}, "layout: expected Layout"),
    ],
)
def test_parts_of_another_kind_are_refused(change: dict, message: str) -> None:
    usual = {"layout": SMALL, "source": [0, 1], "target": [0, 1], "weight": [1.0, 1.0]}
    with pytest.raises(UsageError, match=f"^{message}"):
        Connections.from_sites(**{**usual, "delay": 1, "sign": 0, **change})


def test_sizes_of_a_layout_are_plain_integers() -> None:
    layout = Layout(np.int32(70_000), np.int32(70_000), np.int8(1))

    assert {type(size) for size in (layout.n_in, layout.n, layout.n_out)} == {int}
    assert layout.sites == 2 * 70_000**2
