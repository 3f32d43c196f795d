from __future__ import annotations

import numpy as np
import pytest

from analysis import open_run
from analysis.reading.connectivity import ages, connectivity, degrees
from lsnn_core.errors import BadFileError
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run


@pytest.fixture
def opened(tmp_path):
    return lambda tree: open_run(write_run(tmp_path / "run.h5", tree))


def dense(matrix):
    rows = np.repeat(np.arange(matrix["shape"][0]), np.diff(matrix["indptr"]))
    there = np.zeros(matrix["shape"], bool)
    there[rows, matrix["indices"]] = True
    return there


def test_probabilities_are_counts_over_possible_sites(opened):
    tree = whole_run()
    w_in, w_rec = (dense(tree["weights"][name]) for name in ("W_in", "W_rec"))
    inhibitory = tree["inputs"]["sign"] < 0

    with opened(tree) as run:
        found = connectivity(run)

    assert found.sizes == {"X_E": 60, "X_I": 20, "R_E": 66, "R_I": 54, "A": 100, "Y": 10}
    assert found.between("X_I", "A").probability == w_in[inhibitory][:, 120:].mean()
    own = w_rec[120:, 120:].sum() / (100 * 99)
    assert found.between("A", "A").probability == own
    assert found.between("Y", "A") is None


def test_unsigned_networks_have_whole_populations(opened):
    with opened(whole_run("smnist-lsnn")) as run:
        assert list(connectivity(run).sizes) == ["X_E", "X_I", "R", "A", "Y"]


def test_degrees_are_sums_over_rows_and_columns(opened):
    tree = whole_run()
    there = dense(tree["weights"]["W_out"])

    with opened(tree) as run:
        incoming, outgoing = degrees(run.weights("W_out"))

    np.testing.assert_array_equal(incoming, there.sum(axis=0))
    np.testing.assert_array_equal(outgoing, there.sum(axis=1))


def test_ages_follow_the_runs_one_list(opened):
    """The list is sorted by source, then target, outputs after neurons: age = place in it."""
    tree = whole_run()
    w_in, w_rec, w_out = (dense(tree["weights"][n]) for n in ("W_in", "W_rec", "W_out"))
    total = w_in.sum() + w_rec.sum() + w_out.sum()
    tree["resume"]["list_age"] = np.arange(total)
    both = np.hstack([w_rec, w_out])
    place = w_in.sum() - 1 + np.cumsum(both).reshape(both.shape)

    with opened(tree) as run:
        found = ages(run)

    np.testing.assert_array_equal(found["W_in"], np.arange(w_in.sum()))
    np.testing.assert_array_equal(found["W_rec"], place[:, :220][w_rec])
    np.testing.assert_array_equal(found["W_out"], place[:, 220:][w_out])


def test_matrices_of_another_network_are_refused(opened):
    tree = whole_run()
    tree["inputs"]["sign"] = tree["inputs"]["sign"][:70]

    with opened(tree) as run, pytest.raises(BadFileError, match=r"/weights/W_in: expected shape"):
        connectivity(run)


@pytest.mark.parametrize("group", ["inputs", "neurons"])
def test_a_population_of_which_a_part_is_free_is_refused(opened, group):
    tree = whole_run()
    tree[group]["sign"][:3] = 0

    with opened(tree) as run, pytest.raises(BadFileError, match=rf"/{group}/sign: .* found 3 of"):
        connectivity(run)
