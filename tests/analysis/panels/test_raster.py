"""The raster of a run: the same from memory and from a file, neurons' numbers on the axis."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color

from analysis import PALETTE, open_run, raster
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import one_axes
from tests.helpers.live_runs import N_ADAPTIVE, N_EXAMPLES, N_REGULAR, file_of, live_run
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run


@pytest.fixture(scope="module")
def run():
    return live_run(record=("V", "B"))


def drawn(ax, run, **options):
    """Return (time, row) of every tick, sorted."""
    segments = [part for ticks in raster(ax, run, **options) for part in ticks.get_segments()]
    middles = np.array([part.mean(axis=0) for part in segments])
    return middles[np.lexsort(middles.T)]


@pytest.mark.parametrize("example", range(N_EXAMPLES))
def test_each_spike_of_the_example_stands_in_the_row_of_its_neuron(run, example):
    step, neuron = np.nonzero(run.z[:, example])

    middles = drawn(one_axes(), run, example=example)

    order = np.lexsort((step, neuron))
    np.testing.assert_allclose(middles, np.stack([step, neuron], axis=1)[order])


def test_silent_neurons_keep_their_row(run):
    ax = one_axes()
    assert not run.z[:, 0, [2, -1]].any()

    raster(ax, run)

    low, high = ax.get_ylim()
    assert low <= -0.5
    assert high >= N_REGULAR + N_ADAPTIVE - 0.5


def test_populations_have_their_colours_and_names(run):
    regular, adaptive = raster(one_axes(), run)

    assert same_color(regular.get_color()[0], PALETTE["R_E"])
    assert same_color(adaptive.get_color()[0], PALETTE["A"])
    names = [regular.get_label(), adaptive.get_label()]
    assert names == [f"R: {N_REGULAR} regular", f"A: {N_ADAPTIVE} adaptive"]


def test_a_file_of_the_run_by_path_or_open_is_drawn_alike(run, tmp_path):
    path = file_of(run, tmp_path / "run.h5", example=1)
    axes = one_axes()
    live, limits = drawn(axes, run, example=1), (axes.get_xlim(), axes.get_ylim())

    with open_run(path) as file:
        for given in (path, tmp_path / "run.h5", file):
            ax = one_axes()
            np.testing.assert_array_equal(drawn(ax, given), live)
            assert (ax.get_xlim(), ax.get_ylim()) == limits
        assert "spikes/R" in file  # and it stays open


def test_inhibitory_neurons_of_a_file_have_their_colour(tmp_path):
    shown = raster(one_axes(), write_run(tmp_path / "run.h5", whole_run()))

    colours = [ticks.get_color()[0] for ticks in shown]
    assert all(map(same_color, colours, (PALETTE["R_E"], PALETTE["R_I"], PALETTE["A"])))


def test_steps_of_another_length_are_counted_in_ms():
    ax, run = one_axes(), live_run(dt_ms=0.5)

    times = drawn(ax, run)[:, 0]

    assert set(times) == set(0.5 * np.flatnonzero(run.z[:, 0].any(axis=1)))
    assert ax.get_xlim() == (0, 0.5 * len(run.z))


def test_no_spikes_is_said_in_words(run):
    ax, silent = one_axes(), run.net.forward(np.zeros((10, 1, 5), bool))

    assert raster(ax, silent) == []
    assert [text.get_text() for text in ax.texts] == ["no spikes"]


@pytest.mark.parametrize(
    ("run_of", "example", "said"),
    [
        (lambda run, path: run, 3, "example: expected 0 to 2, found 3"),
        (lambda run, path: run, -1, "example: expected 0 to 2, found -1"),
        (lambda run, path: run, True, "example: expected a whole number, found True"),
        (lambda run, path: path, 1, "example: a run file holds one example, 0, found 1"),
        (lambda run, path: run.z, 0, "run: expected what `LSNN.forward` returned, .* ndarray"),
        (lambda run, path: run.net, 0, "run: expected what `LSNN.forward` returned, .* LSNN"),
    ],
)
def test_mistakes_are_one_line(run, tmp_path, run_of, example, said):
    path = file_of(run, tmp_path / "run.h5")

    with pytest.raises(UsageError, match=f"^{said}$") as caught:
        raster(one_axes(), run_of(run, path), example=example)
    assert "\n" not in str(caught.value)


def test_a_file_without_spikes_says_what_records_them(tmp_path):
    tree = whole_run()
    del tree["spikes"]

    with pytest.raises(BadFileError, match=r"no /spikes/R in it; record it with: lsnn evaluate"):
        raster(one_axes(), write_run(tmp_path / "run.h5", tree))
