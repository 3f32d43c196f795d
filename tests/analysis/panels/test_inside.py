"""Thresholds and potentials of a run, from memory and from a file."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from analysis import thresholds, voltages
from lsnn_core import Record
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import one_axes
from tests.helpers.live_runs import N_ADAPTIVE, N_REGULAR, N_STEPS, file_of, live_run
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run

PANELS = {"V": voltages, "B": thresholds}
both = pytest.mark.parametrize("name", PANELS)


@pytest.fixture(scope="module")
def run():
    return live_run(record=("V", "B"))


def values(lines):
    return np.array([line.get_ydata() for line in lines]).T


@both
def test_chosen_neurons_are_drawn_in_their_order(run, name):
    neurons = [15, 13]

    lines = PANELS[name](one_axes(), run, example=2, neurons=neurons)

    np.testing.assert_array_equal(values(lines), run.recorded[name][:, 2][:, neurons])
    np.testing.assert_array_equal(lines[0].get_xdata(), np.arange(N_STEPS))
    assert [line.get_label() for line in lines] == ["15", "13"]


@pytest.mark.parametrize(("name", "first", "count"), [("V", 0, 2), ("B", N_REGULAR, 5)])
def test_those_that_fire_most_are_shown_if_none_are_named(run, name, first, count):
    spikes = run.z[:, 0].sum(axis=0)

    shown = [int(line.get_label()) for line in PANELS[name](one_axes(), run)]

    assert len(shown) == count
    assert min(shown) >= first
    others = np.setdiff1d(np.arange(first, N_REGULAR + N_ADAPTIVE), shown)
    assert spikes[shown].min() >= spikes[others].max()


@both
def test_a_file_of_the_run_is_drawn_alike(run, tmp_path, name):
    path = file_of(run, tmp_path / "run.h5", example=1)
    live = PANELS[name](one_axes(), run, example=1)

    filed = PANELS[name](one_axes(), path)

    np.testing.assert_array_equal(values(filed), values(live))
    assert [line.get_label() for line in filed] == [line.get_label() for line in live]


def test_chosen_steps_and_neurons_stand_at_their_time_and_name():
    run = live_run(Record("V", neurons=[3, 14], steps=range(10, 30)), dt_ms=0.5)

    (line,) = voltages(one_axes(), run, neurons=[14])

    np.testing.assert_array_equal(line.get_ydata(), run.recorded["V"][:, 0, 1])
    np.testing.assert_array_equal(line.get_xdata(), 0.5 * np.arange(10, 30))


def test_populations_have_their_colours(run):
    regular, adaptive = voltages(one_axes(), run, neurons=[1, 14])

    assert np.argmax(to_rgb(regular.get_color())) == 2  # blue
    assert np.argmax(to_rgb(adaptive.get_color())) == 1  # green


def test_thresholds_at_rest_are_dotted(run):
    ax = one_axes()

    voltages(ax, run, neurons=[1, 2])

    dotted = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    np.testing.assert_allclose(dotted, [0.01, 1e3])


@both
def test_what_was_not_recorded_is_told_with_the_call_that_does(name):
    said = (
        rf'run: has not recorded "{name}"; record it with: net.forward\(x, record=\("{name}",\)\)'
    )

    with pytest.raises(UsageError, match=f"^{said}$"):
        PANELS[name](one_axes(), live_run())


@both
def test_a_file_without_it_is_told_with_the_command_that_records(run, tmp_path, name):
    tree = whole_run()
    del tree["recordings"]["example"]["threshold"]
    path = write_run(tmp_path / "run.h5", tree)

    with pytest.raises(BadFileError, match=r"no /recordings/example/\w+ in it; record it with"):
        PANELS[name](one_axes(), path)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([3], "neurons: 3 was not recorded, or has none; known are 1, 14"),
        ([], r"neurons: expected a list of numbers, found \[\]"),
        (3, "neurons: expected a list of numbers, found 3"),
        ([1.5], r"neurons: expected a list of numbers, found \[1.5\]"),
    ],
)
def test_neurons_that_are_not_there_are_named(given, said):
    run = live_run(Record("V", neurons=[1, 14]))

    with pytest.raises(UsageError, match=f"^{said}$"):
        voltages(one_axes(), run, neurons=given)


def test_a_network_without_adaptive_neurons_has_no_thresholds_to_show():
    with pytest.raises(UsageError, match=r"^run: no adaptive neuron was recorded"):
        thresholds(one_axes(), live_run(record="B", n_adaptive=0))
