from __future__ import annotations

import numpy as np
import pytest

from analysis import Look
from analysis.figures.runs import mechanisms, mechanisms_data
from analysis.figures.runs.mechanisms_data import Cell
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import letters, picture
from tests.helpers.run_files import series
from tests.helpers.whole_runs import whole_run

LAG = np.arange(300.0)


def swept(delays=60, seed=1, *, adaptive=True, task="smnist", learn="", permuted=False, right=0.9):
    """Return the tree of one run of the sweep, by a name that says nothing."""
    options = {} if adaptive else {"n_adaptive": 0}
    tree = whole_run("smnist-deepr", seed, delays=delays, accuracy=right, task=task, **options)
    config = tree["config"].replace('name = "smnist-deepr"', f'name = "r{delays}"', 1)
    if learn:
        config = config.replace("[training]\n", f"[training]\nlearn = {learn}\n")
    if permuted:
        config = config.replace("[task]\n", "[task]\npermuted = true\n")
    tree["config"] = config
    reach = {"lag_ms": LAG, "norm_R": 2.0 * np.exp(-LAG / delays)}
    tree["recordings"]["gradient"] = reach | ({"norm_A": np.exp(-LAG / 90)} if adaptive else {})
    if task == "store-recall":
        tree["metrics"]["test"] = {"recall_error": series(np.array([40]), np.array([1 - right]))}
        del tree["recordings"]["memory"]
    return tree


@pytest.fixture
def load(write):
    return lambda *trees: mechanisms.load([write(tree, f"m{k}") for k, tree in enumerate(trees)])


def test_cells_are_told_from_configurations(load):
    data = load(
        swept(10), swept(10, seed=2), swept(150, adaptive=False), swept(10, learn='["tau_m"]'),
        swept(10, learn="[]", seed=3), swept(60, permuted=True), swept(30, task="store-recall"),
    )  # fmt: skip

    assert {cell: len(runs) for cell, runs in data.runs.items()} == {
        Cell("smnist", "LSNN", "fixed", 10): 3,
        Cell("smnist", "LIF", "fixed", 150): 1,
        Cell("smnist", "LSNN", "learned", 10): 1,
        Cell("permuted", "LSNN", "fixed", 60): 1,
        Cell("store-recall", "LSNN", "fixed", 30): 1,
    }
    assert len(data.missing()) == 60 - 5


def test_scores_are_per_cent_right_and_the_gradient_a_share_of_that_at_the_readout(load):
    data = load(swept(60, right=0.8), swept(60, right=0.8, task="store-recall"))

    for runs in data.runs.values():
        assert runs[0].right == pytest.approx(80.0)
        np.testing.assert_allclose(runs[0].reach["R"], np.exp(-LAG / 60), rtol=1e-6)


def test_lines_go_through_means_and_each_seed_is_a_point(load):
    fig = picture(mechanisms, load(swept(10, right=0.7), swept(10, 2, right=0.9), swept(60)))

    ax = next(ax for ax in fig.axes if ax.get_title() == "sequential MNIST")
    lines = [line.get_ydata() for line in ax.lines if line.get_marker() == "None"]
    assert any(len(y) == 2 and np.allclose(y, [80.0, 90.0]) for y in lines)
    points = [y for line in ax.lines if line.get_marker() == "o" for y in line.get_ydata()]
    assert sorted(points) == pytest.approx([70.0, 90.0, 90.0])


def test_missing_cells_are_left_out_and_named(load):
    fig = picture(mechanisms, load(swept(10), swept(60, adaptive=False)))

    said = " ".join(" ".join(t.get_text() for part in fig.subfigs for t in part.texts).split())
    assert "No run of 58 of 60 cells" in said
    assert "sequential MNIST, LIF, fixed: 10, 30, 150, 400" in said
    assert "store-recall, LSNN, learned: all" in said


def test_no_text_is_clipped_or_overlaps(load):
    assert flaws(picture(mechanisms, load(swept(10)))) == []
    every_line = [
        swept(delays, adaptive=adaptive)
        for delays in mechanisms_data.DELAYS
        for adaptive in (True, False)
    ]
    data = load(*every_line, swept(10, learn='["beta"]'), swept(10, task="store-recall"))
    for look in (Look(), Look(3.5)):
        fig = picture(mechanisms, data, look)
        assert flaws(fig) == []
        assert letters(fig) == "ABC"


def test_runs_without_recordings_are_scores_alone(load):
    tree = swept()
    del tree["recordings"]["gradient"], tree["recordings"]["memory"]

    ((one,),) = load(tree).runs.values()

    assert (one.reach, one.held) == ({}, {})


def test_other_tasks_and_a_seed_twice_are_refused(load, write):
    with pytest.raises(BadFileError, match=r"task 'l2l'.*mechanisms shows spiking networks"):
        load(swept(task="l2l"))
    with pytest.raises(UsageError, match=r"both LSNN, delays to 60 ms, fixed constants.* seed 1"):
        load(swept(), swept())
    with pytest.raises(UsageError, match="expected one or more run files, found none"):
        mechanisms.load([])
    path = write(swept(), "same")
    with pytest.raises(UsageError, match="name one of them"):
        mechanisms.load([path, path])
