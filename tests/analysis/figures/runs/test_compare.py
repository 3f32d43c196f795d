from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.runs import compare
from analysis.panels.band import band, on_common_steps
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws, one_axes
from tests.helpers.figures import picture, words
from tests.helpers.whole_runs import rate_run, whole_run


def test_runs_share_the_steps_that_all_of_them_reached():
    short = ([10, 20], [0.0, 1.0])
    long = ([5, 15, 40], [0.0, 1.0, 2.0])

    steps, values = on_common_steps([short, long])

    np.testing.assert_array_equal(steps, [10, 15, 20])
    np.testing.assert_allclose(values, [[0.0, 0.5], [0.5, 1.0], [1.0, 1.2]])


def test_the_band_reaches_from_the_lowest_run_to_the_highest():
    ax = one_axes()

    line = band(ax, [1, 2], [[0.0, 4.0], [1.0, 3.0]])

    np.testing.assert_array_equal(line.get_ydata(), [2.0, 2.0])
    outline = ax.collections[0].get_paths()[0].vertices
    assert {(1.0, 0.0), (1.0, 4.0), (2.0, 1.0), (2.0, 3.0)} <= set(map(tuple, outline))


def test_seeds_of_a_recipe_are_one_group(write):
    paths = [
        write(whole_run("smnist-lif", 1, accuracy=0.3), "a"),
        write(whole_run("smnist-deepr", 1, accuracy=0.8), "b"),
        write(whole_run("smnist-lif", 2, accuracy=0.5), "c"),
    ]

    data = compare.load(paths)

    assert [recipe.name for recipe in data.recipes] == ["smnist-lif", "smnist-deepr"]
    np.testing.assert_allclose(data.recipes[0].test, [30.0, 50.0])
    assert data.recipes[0].training[1].shape[1] == 2
    assert data.title == "accuracy (%)"


def test_the_score_is_one_that_all_runs_have(write):
    other = whole_run("store-recall", task="store-recall")
    for split in other["metrics"].values():
        del split["accuracy"]

    data = compare.load([write(whole_run(), "a"), write(other, "b")])

    assert data.score == "loss"


@pytest.mark.parametrize("n", [1, 5])
def test_no_text_is_clipped_or_overlaps(write, n):
    names = ["smnist-lif", "smnist-deepr", "smnist-deepr-2ms", "smnist-lsnn", "store-recall"][:n]
    data = compare.load([write(whole_run(name), name) for name in names])
    fig = picture(compare, data)

    assert flaws(fig) == []


def test_untested_runs_say_how_to_test(write):
    tree = rate_run("smnist-lstm")
    del tree["metrics"]["test"], tree["metrics"]["validation"]
    fig = picture(compare, compare.load([write(tree)]))

    texts = [word for word in words(fig) if len(word) > 1]
    assert texts == ["no validation yet:\nlsnn train", "not tested yet:\nlsnn evaluate RUN.h5"]


def test_mistakes_are_refused(write):
    with pytest.raises(UsageError, match="expected one or more run files"):
        compare.load([])
    with pytest.raises(UsageError, match="both smnist-deepr with seed 1"):
        compare.load([write(whole_run(), "a"), write(whole_run(), "b")])
    bare = whole_run()
    del bare["metrics"]
    with pytest.raises(BadFileError, match=r"no /metrics/train/loss in it"):
        compare.load([write(bare)])
