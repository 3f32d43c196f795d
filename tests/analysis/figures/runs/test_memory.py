from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.runs import memory
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.whole_runs import whole_run


def drawn(*paths):
    return picture(memory, memory.load(paths))


def test_a_rows_trace_is_averaged_at_equal_times_since_it_was_shown(write):
    run = memory.load([write(whole_run())]).shown

    since, mean = run.held("B")

    np.testing.assert_allclose(since, 28.0 * np.arange(16))
    np.testing.assert_allclose(mean, 0.9 * np.exp(-np.arange(16) / 20), rtol=1e-6)


def test_the_panels_above_show_a_run_with_adaptive_neurons(write):
    paths = [write(whole_run("smnist-lif"), "a"), write(whole_run("smnist-deepr"), "b")]

    data = memory.load(paths)

    assert data.shown.name == "smnist-deepr"
    assert data.runs[0].thresholds is None


@pytest.mark.parametrize("recipes", [("smnist-deepr", "smnist-lif"), ("smnist-lif",)])
def test_no_text_is_clipped_or_overlaps(write, recipes):
    assert flaws(drawn(*(write(whole_run(r), r) for r in recipes))) == []


def test_of_permuted_digits_groups_of_pixels_are_told_not_rows(write):
    tree = whole_run()
    permuted = tree["config"].replace("steps_per_pixel = 1", "steps_per_pixel = 1\npermuted = true")
    path = write(tree | {"config": permuted}, "permuted")
    for paths, row in (([path], "group of pixels"), ([write(whole_run())], "row")):
        fig = drawn(*paths)
        labels = [text for ax in fig.axes for text in (ax.get_xlabel(), ax.get_ylabel())]
        assert f"time since the {row}\nwas shown (ms)" in labels
        assert sum(f"{row}{end}" in labels for end in (" of pixels", ",\nas shown")) == 1
        assert flaws(fig) == []


def test_a_run_without_the_recording_is_refused_with_its_command(write):
    tree = whole_run()
    del tree["recordings"]["memory"]

    with pytest.raises(BadFileError, match=r"no /recordings/memory.*lsnn evaluate RUN.h5"):
        memory.load([write(tree)])


def test_spikes_outside_the_example_are_refused(write):
    tree = whole_run()
    tree["spikes"]["A"]["timestamps"][-1] = 5000.0

    with pytest.raises(BadFileError, match=r"/spikes/A: expected neurons 120 to 219 within 840 ms"):
        memory.load([write(tree)])


def test_more_runs_than_can_be_told_apart_are_refused():
    with pytest.raises(UsageError, match="expected one to 4 run files, found 5"):
        memory.load(["a.h5"] * 5)
