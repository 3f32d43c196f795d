"""Connections from and to scipy.sparse matrices."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given

from lsnn_core.errors import UsageError
from lsnn_core.model.connections import MATRICES, Connections, Layout
from tests.helpers.networks import connections

SMALL = Layout(2, 3, 1)


def sparse(listed: Connections, what: str = "weight") -> dict[str, sp.csr_array]:
    return {name: listed.sparse(name, what) for name in MATRICES}


@given(connections())
def test_round_trip_through_scipy(listed):
    if listed.layout.halves == 2:
        return
    again = Connections.from_sparse(
        **sparse(listed), delay=sparse(listed, "delay"), sign=sparse(listed, "sign")
    )
    assert again.equals(listed)


@pytest.mark.parametrize("form", [sp.csr_array, sp.csc_matrix, sp.coo_array, sp.lil_matrix])
def test_any_form_of_scipy_says_what_a_dense_matrix_says(form):
    rng = np.random.default_rng(1)
    dense = [rng.random(m.shape) * (rng.random(m.shape) < 0.6) for m in SMALL.matrices.values()]
    np.fill_diagonal(dense[1], 0)
    expected = Connections.from_dense(SMALL, *dense, delay_rec=2)
    found = Connections.from_sparse(*map(form, dense), delay={"W_rec": 2})

    assert found.equals(expected)
    for name, matrix in zip(MATRICES, dense, strict=True):
        np.testing.assert_array_equal(found.sparse(name).toarray(), matrix)


def test_a_stored_zero_is_a_connection():
    W_in = sp.csr_array((np.array([0.0, 1.0]), ([0, 1], [0, 2])), (2, 3))
    listed = Connections.from_sparse(W_in, sp.csr_array((3, 3)), sp.csr_array((3, 1)))
    assert listed.count("W_in") == 2


def test_what_is_given_is_left_as_it_is():
    twice = sp.csr_array((np.array([1.0, 2.0]), np.array([1, 1]), np.array([0, 2, 2])), (2, 3))
    listed = Connections.from_sparse(twice, sp.csr_array((3, 3)), sp.csr_array((3, 1)))

    assert listed.weight.tolist() == [3.0]
    assert twice.nnz == 2
    listed.sparse("W_in").data[:] = 7.0
    assert listed.weight.tolist() == [3.0]


GOOD = {"W_in": sp.eye_array(2, 3), "W_rec": sp.csr_array((3, 3)), "W_out": sp.csr_array((3, 1))}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (
            {"W_in": np.ones((2, 3))},
            "W_in: expected a scipy.sparse matrix, found an array of float",
        ),
        ({"W_rec": sp.csr_array((2, 3))}, r"W_rec: expected shape \(3, 3\)"),
        ({"W_rec": sp.eye_array(3)}, "autapse"),
        ({"delay": {"W_in": 1.5}}, "delay of W_in: expected integers"),
        ({"delay": {"W_in": 0}}, "goes to a neuron, so its delay must be >= 1"),
        ({"delay": {"W_in": np.ones((2, 3), int)}}, r"delay of W_in: expected shape \(\), or a sp"),
        (
            {"delay": {"W_in": sp.csr_array((2, 3))}},
            "delay of W_in: expected an entry, zero or not",
        ),
        ({"delay": {"W": 1}}, "delay: expected some of .*, found 'W'"),
        ({"sign": {"W_in": -1}}, "against its fixed sign"),
        ({"sign": {"W_in": 2}}, "has a sign other than"),
    ],
)
def test_what_is_no_network_is_refused_by_name(changed, message):
    with pytest.raises(UsageError, match=message):
        Connections.from_sparse(**{**GOOD, **changed})


def test_dense_and_sparse_say_where_the_other_belongs():
    with pytest.raises(UsageError, match=r"give it to Connections\.from_sparse"):
        Connections.from_dense(SMALL, *GOOD.values())
    with pytest.raises(UsageError, match=r"what: expected one of .*, found 'weights'"):
        Connections.from_sparse(**GOOD).sparse("W_in", "weights")


def test_a_list_shows_itself_in_one_line():
    found = repr(Connections.from_sparse(**GOOD))
    assert found == (
        "Connections(Layout(n_in=2, n=3, n_out=1, halves=1), W_in: 2, W_rec: 0, W_out: 0, float64)"
    )
