from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.paper import timit
from analysis.panels.bars import WIDTH
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture, words
from tests.helpers.run_files import a_run
from tests.helpers.task_runs import speech_run


@pytest.fixture
def spoken(write):
    """Write a run of speech, and return its path."""

    def spoken(*args, **options):
        name = "-".join(map(str, args)) + options.get("corpus", "")
        return write(speech_run(*args, **options), name)

    return spoken


def drawn(*paths):
    return picture(timit, timit.load(paths))


def bars(ax):
    """Return height by position of the filled bars."""
    return {round(p.get_x(), 6): p.get_height() for p in ax.patches if p.get_alpha() is not None}


def test_corpora_are_drawn_apart(spoken):
    paths = [spoken("timit-lsnn", error=0.34), spoken("timit-standin-lsnn", error=0.2)]

    ours, stand_in = [ax for ax in drawn(*paths).axes if ax.get_ylabel() == "test error (%)"]

    assert bars(ours) == pytest.approx({round(-WIDTH, 6): 34.0})
    assert bars(stand_in) == pytest.approx({round(-WIDTH, 6): 20.0})
    diamonds = [line.get_ydata()[0] for line in ours.lines if line.get_marker() == "D"]
    assert diamonds == [33.2, 37.0, 29.7]
    assert [line for line in stand_in.lines if line.get_marker() == "D"] == []
    assert "timit-standin" in stand_in.get_title()


def test_the_corpus_counts_not_the_name_of_the_recipe(spoken):
    path = spoken("timit-lsnn", corpus="timit-standin")

    assert list(timit.load([path]).groups) == ["timit-standin-lsnn"]


def test_seeds_are_grouped_and_their_curves_kept_in_per_cent(spoken):
    paths = [spoken("timit-standin-lif", seed, error=0.1 * seed) for seed in (2, 1)]

    data = timit.load(paths)

    assert data.groups["timit-standin-lif"].values == pytest.approx((10.0, 20.0))
    (second, first) = data.curves["timit-standin-lif"]
    np.testing.assert_allclose(second.value - first.value, 10.0)


@pytest.mark.parametrize(
    "recipes",
    [
        ["timit-standin-lsnn"],
        ["timit-lsnn"],
        ["timit-lsnn", "timit-lsnn-bi", "timit-standin-lsnn-bi", "timit-standin-lstm"],
        [f"timit-standin-{kind}" for kind in timit.MODELS],
    ],
)
def test_no_text_is_clipped_or_overlaps(spoken, recipes):
    assert flaws(drawn(*(spoken(recipe) for recipe in recipes))) == []


def test_missing_corpora_say_what_makes_a_run(spoken):
    without_timit = drawn(spoken("timit-standin-lsnn"))
    notes = [word.replace("\n", " ") for word in words(without_timit)]
    (said,) = [n for n in notes if "lsnn train timit-lsnn --set task.path=FOLDER" in n]
    assert "LSNN 33.2 %, LSNN, none adaptive 37 %, LSTM (Greff et al.) 29.7 %" in said
    assert all(ax.axison for ax in without_timit.axes)  # no empty half

    without_stand_in = drawn(spoken("timit-lsnn"))
    notes = [word.replace("\n", " ") for word in words(without_stand_in)]
    assert any("lsnn train timit-standin-lsnn" in note for note in notes)


def test_other_tasks_recipes_corpora_and_untested_runs_are_refused(write, spoken):
    other = write(a_run(n_iterations=2), "o")
    untested = speech_run()
    del untested["metrics"]["test"]

    with pytest.raises(BadFileError, match="task 'smnist'; timit shows framewise phones"):
        timit.load([other])
    with pytest.raises(BadFileError, match=r"no /metrics/test/error .*: lsnn evaluate"):
        timit.load([write(untested, "u")])
    with pytest.raises(BadFileError, match=r"task\.corpus: expected one of timit, .* found 'x'"):
        timit.load([spoken("timit-lsnn", corpus="x")])
    with pytest.raises(UsageError, match="recipe 'mine', which is none of the figure's"):
        timit.load([spoken("mine")])
    with pytest.raises(UsageError, match="expected one or more run files, found none"):
        timit.load([])


def test_one_seed_twice_is_refused(spoken):
    with pytest.raises(UsageError, match="both timit-standin-lsnn with seed 1"):
        timit.load([spoken("timit-standin-lsnn"), spoken("timit-lsnn", corpus="timit-standin")])


def test_drawn_twice_the_bytes_are_equal(spoken, tmp_path):
    path = spoken("timit-standin-lsnn")
    outs = [tmp_path / name for name in ("a.svg", "b.svg")]

    for out in outs:
        timit.figure.draw([path], str(out))

    assert outs[0].read_bytes() == outs[1].read_bytes()
