from __future__ import annotations

import numpy as np
import pytest

from analysis import running_mean
from analysis.figures.runs import learning
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture, words
from tests.helpers.run_files import a_run, series

TITLES = [
    "loss",
    "accuracy (%)",
    "firing rate (Hz)",
    "connectivity (%)",
    "dropped per iteration",
]


SPLITS = ["training", "validation", "test"]


def drawn(*paths):
    return picture(learning, learning.load(paths))


def curves(ax):
    """Return what stands in front: the smoothed curves."""
    return [line for line in ax.lines if line.get_zorder() == 3]


def test_one_run_fills_all_panels(write):
    fig = drawn(write(a_run()))

    assert [ax.get_ylabel() for ax in fig.axes] == TITLES
    assert [len(curves(ax)) for ax in fig.axes] == [3, 3, 2, 3, 1]


def test_curves_show_what_is_stored_in_the_units_named(write):
    tree = a_run()
    loss, accuracy, rates, connectivity, dropped = drawn(write(tree)).axes

    train, rewiring = tree["metrics"]["train"], tree["rewiring"]
    validation = tree["metrics"]["validation"]["accuracy"]
    same = np.testing.assert_allclose
    same(curves(loss)[0].get_ydata(), running_mean(train["loss"]["value"], 10))
    same(loss.lines[0].get_ydata(), train["loss"]["value"])
    same(curves(accuracy)[1].get_ydata(), 100 * validation["value"])
    same(curves(accuracy)[1].get_xdata(), validation["step"])
    same(curves(rates)[1].get_ydata(), running_mean(train["rate_A_hz"]["value"], 10))
    same(curves(connectivity)[2].get_ydata(), 100 * rewiring["connectivity_W_out"]["value"])
    same(curves(dropped)[0].get_ydata(), running_mean(rewiring["dropped"]["value"], 10))


def test_axes_begin_where_the_quantity_does(write):
    _, accuracy, rates, connectivity, dropped = drawn(write(a_run())).axes

    assert accuracy.get_ylim() == (-2, 102)
    assert [ax.get_ylim()[0] for ax in (rates, connectivity, dropped)] == [0, 0, 0]


def test_legends_name_the_quantities(write):
    fig = drawn(write(a_run()))

    legends = [ax.get_legend() for ax in fig.axes]
    names = [[t.get_text() for t in legend.get_texts()] if legend else [] for legend in legends]
    assert names[1:3] == [SPLITS, ["R", "A", "target"]]
    assert [len(n) for n in names] == [3, 3, 3, 3, 0]


def test_the_target_rate_is_marked(write):
    rates = drawn(write(a_run())).axes[2]

    (target,) = [line for line in rates.lines if line.get_label() == "target"]
    assert set(target.get_ydata()) == {10.0}


def test_a_run_without_rewiring_has_no_such_panels(write):
    fig = drawn(write(a_run(policy="none", n_adaptive=0)))

    assert [ax.get_ylabel() for ax in fig.axes] == TITLES[:3]


def test_several_runs_share_the_panels_and_are_named(write):
    one, two = write(a_run(1), "seed1"), write(a_run(2), "seed2", status="running")

    fig = drawn(one, two)

    assert [len(curves(ax)) for ax in fig.axes] == [6, 6, 4, 6, 2]
    (legend,) = [one for part in fig.subfigs for one in part.legends]
    assert [t.get_text() for t in legend.get_texts()] == ["seed1", "seed2 (running)"]
    assert len({line.get_color() for line in curves(fig.axes[3])}) == 2


def test_runs_of_equal_file_names_are_told_apart(tmp_path, write):
    (tmp_path / "b").mkdir()
    paths = [write(a_run(1), "run"), write(a_run(2), "b/run")]

    assert [run.name for run in learning.load(paths).runs] == paths


def test_an_unfinished_run_says_so(write):
    assert "r (interrupted)" in words(drawn(write(a_run(), "r", status="interrupted")))
    assert "".join(words(drawn(write(a_run(), "r", status="complete")))) == "ABCDE"


def test_odd_file_names_are_printed(write):
    names = ["_$x^$", "a" * 90, "tab\there"]

    fig = drawn(*(write(a_run(n_iterations=5), name) for name in names))

    (legend,) = [one for part in fig.subfigs for one in part.legends]
    assert [t.get_text() for t in legend.get_texts()] == [
        r"\$x^\$",
        "a" * 12 + "..." + "a" * 17,
        "tab?here",
    ]
    assert flaws(fig) == []


@pytest.mark.parametrize(
    "runs",
    [[{}], [{"policy": "none"}], [{"n_iterations": 9, "policy": "none"}] * 9],
    ids=["one", "no rewiring", "nine"],
)
def test_no_text_is_clipped_or_overlaps(write, runs):
    fig = drawn(*(write(a_run(**kw), f"smnist-deepr-seed{i}") for i, kw in enumerate(runs)))

    assert flaws(fig) == []


def spoil(tree, make):
    """Replace the values of all metrics by `make(values)`."""
    for split in tree["metrics"].values():
        for name, stored in split.items():
            split[name] = series(stored["step"], make(stored["value"].copy()))
    return tree


@pytest.mark.parametrize(
    "make",
    [
        lambda v: np.where(np.arange(v.size) % 3 == 1, np.nan, v),
        lambda v: np.where(np.arange(v.size) == 0, np.inf, v),
        lambda v: np.full(v.size, np.nan),
        lambda v: np.full(v.size, 0.25),
        lambda v: np.zeros(v.size),
    ],
    ids=["some NaN", "infinity", "all NaN", "constant", "zero"],
)
def test_bad_or_dull_values_still_make_a_figure(write, make):
    fig = drawn(write(spoil(a_run(n_iterations=30, policy="none"), make)))

    assert [len(curves(ax)) for ax in fig.axes] == [3, 3, 2]
    assert all(np.ptp(ax.get_ylim()) > 0 for ax in fig.axes)
    assert flaws(fig) == []


def test_a_run_of_one_iteration_shows_points(write):
    fig = drawn(write(a_run(n_iterations=1)))

    assert all(line.get_marker() in "oD" for ax in fig.axes for line in curves(ax))
    low, high = fig.axes[0].get_xlim()
    assert [tick for tick in fig.axes[0].get_xticks() if low < tick < high] == [1.0]


@pytest.mark.parametrize(
    ("splits", "gone", "named"),
    [
        (["train", "validation", "test"], ["loss"], "metrics/train/loss"),
        (["train"], ["rate_R_hz", "rate_A_hz"], "metrics/train/rate_R_hz"),
    ],
)
def test_a_panel_without_data_is_named_with_the_command(write, splits, gone, named):
    tree = a_run()
    for split in splits:
        for name in gone:
            del tree["metrics"][split][name]

    with pytest.raises(BadFileError, match=rf"run\.h5: no /{named} in it.*: lsnn train$"):
        learning.load([write(tree)])


def test_a_rewiring_run_without_connectivity_is_refused(write):
    tree = a_run() | {"rewiring": {}}

    with pytest.raises(BadFileError, match=r"no /rewiring/connectivity_W_in"):
        learning.load([write(tree)])


def test_many_validation_points_lose_their_markers_but_tests_keep_theirs(write):
    tree, step = a_run(), np.arange(50)
    for split in ("validation", "test"):
        tree["metrics"][split]["accuracy"] = series(step, step / 50)

    _, validation, test = curves(drawn(write(tree)).axes[1])

    assert (validation.get_marker(), test.get_marker()) == ("", "D")


def test_a_score_is_the_tasks_own(write):
    tree = a_run(policy="none")
    for split in tree["metrics"].values():
        split["recall_error"] = split.pop("accuracy")

    fig = drawn(write(tree))

    assert [ax.get_ylabel() for ax in fig.axes] == ["loss", "recall error (%)", "firing rate (Hz)"]
    values = tree["metrics"]["validation"]["recall_error"]["value"]
    np.testing.assert_allclose(curves(fig.axes[1])[1].get_ydata(), 100 * values)
    assert flaws(fig) == []


def test_a_run_of_a_task_without_a_score_is_drawn(write):
    tree = a_run(policy="none")
    for split in tree["metrics"].values():
        del split["accuracy"]

    assert [ax.get_ylabel() for ax in drawn(write(tree)).axes] == ["loss", "firing rate (Hz)"]


def test_one_curve_is_enough_for_a_panel(write):
    tree = a_run()
    del tree["metrics"]["train"]["accuracy"], tree["metrics"]["test"]

    assert len(curves(drawn(write(tree)).axes[1])) == 1


def test_a_curve_without_points_is_refused(write):
    tree = a_run()
    tree["metrics"]["train"]["loss"] = series([], [])

    with pytest.raises(BadFileError, match="/metrics/train/loss: no points yet"):
        learning.load([write(tree)])


def test_no_run_is_refused():
    with pytest.raises(UsageError, match="expected one or more run files"):
        learning.load([])


def test_drawn_twice_the_bytes_are_equal(tmp_path, write):
    paths = [write(a_run(1, n_iterations=9), "one"), write(a_run(2, n_iterations=9), "two")]

    for name in ("a", "b"):
        learning.figure.draw(paths, str(tmp_path / f"{name}.pdf"))

    assert (tmp_path / "a.pdf").read_bytes() == (tmp_path / "b.pdf").read_bytes()
