from __future__ import annotations

import numpy as np
import pytest

from analysis import Look
from analysis.figures.runs import rewiring
from analysis.panels.survival import FEWEST, survival_by_age
from lsnn_core.errors import BadFileError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.whole_runs import whole_run


def drawn(path):
    return picture(rewiring, rewiring.load(path))


def test_births_replace_what_was_dropped_and_what_the_matrix_gained(write):
    tree = whole_run()
    stored = tree["rewiring"]
    sites = 80 * 220
    stored["connectivity_W_in"]["value"] = np.linspace(1000, 1390, 40) / sites

    history = rewiring.load(write(tree)).matrices["W_in"]

    dropped = stored["dropped_W_in"]["value"]
    np.testing.assert_allclose(history.count, np.linspace(1000, 1390, 40))
    np.testing.assert_allclose(history.born[1:], dropped[1:] + 10)


def test_survival_is_the_share_of_each_age_that_is_left():
    born = np.full(100, 40)
    age = np.repeat(np.arange(100), 10)  # of 40 born in each iteration 10 are left
    first = np.full(500, 100)  # there from the start: not born

    middle, share = survival_by_age(np.concatenate([age, first]), born, 12)

    np.testing.assert_allclose(share, 0.25)
    assert np.all(np.diff(middle) > 0)


def test_classes_with_few_births_are_left_out():
    born = np.zeros(64)
    born[-1] = FEWEST  # age 0
    born[-5] = FEWEST - 1

    middle, share = survival_by_age(np.zeros(5, int), born, 6)

    np.testing.assert_allclose(share, [5 / FEWEST])
    assert middle.size == 1


@pytest.mark.parametrize("width_in", [None, 3.5])
def test_no_text_is_clipped_or_overlaps(write, width_in):
    data = rewiring.load(write(whole_run(n_iterations=200)))
    assert flaws(picture(rewiring, data, Look(width_in))) == []


def test_gains_are_counted_from_the_first_iteration_recorded(write):
    tree = whole_run()
    stored = tree["rewiring"]["connectivity_W_out"]
    sites = 220 * 10
    stored["value"] = np.linspace(200, 239, 40) / sites

    gains = drawn(write(tree)).axes[1]

    shown = {
        line.get_color(): line.get_ydata() for line in gains.lines if len(line.get_xdata()) == 40
    }
    np.testing.assert_allclose(shown[rewiring.LOOKS["W_out"]["color"]], np.arange(40))
    np.testing.assert_allclose(shown[rewiring.LOOKS["W_in"]["color"]], 0)


def test_a_fixed_network_is_refused(write):
    with pytest.raises(BadFileError, match="was not rewired; draw one that was"):
        rewiring.load(write(whole_run("smnist-lif")))


@pytest.mark.parametrize("name", ["dropped_W_in", "connectivity_W_out"])
def test_missing_series_are_named_with_their_command(write, name):
    tree = whole_run()
    del tree["rewiring"][name]

    with pytest.raises(BadFileError, match=rf"no /rewiring/{name} in it.*lsnn train"):
        rewiring.load(write(tree))


def test_missing_ages_are_named_with_their_command(write):
    tree = whole_run()
    del tree["resume"]

    with pytest.raises(BadFileError, match=r"no /resume/list_age in it.*lsnn train"):
        rewiring.load(write(tree))
