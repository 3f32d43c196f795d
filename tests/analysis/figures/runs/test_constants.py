from __future__ import annotations

import numpy as np
import pytest

from analysis import Look
from analysis.figures.runs import constants, dashboard, learning
from analysis.reading.constants import learned_constants
from analysis.reading.run import open_run
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.run_files import N_REGULAR
from tests.helpers.whole_runs import learn_constants, whole_run

ALL = ("tau_m", "tau_a", "beta", "b0")


def drawn(path):
    return picture(constants, constants.load(path))


def learned(path):
    with open_run(path) as run:
        return learned_constants(run)


def test_values_are_those_of_the_file_by_population(write):
    tree = learn_constants(whole_run(), ALL)
    found = learned(write(tree))

    assert list(found) == list(ALL)
    stored = tree["neurons"]
    np.testing.assert_array_equal(found["tau_m"].after["R"], stored["tau_m_ms"][:N_REGULAR])
    np.testing.assert_array_equal(found["b0"].after["A"], stored["b0"][N_REGULAR:])
    np.testing.assert_array_equal(
        found["tau_a"].before["A"], stored["initial"]["tau_a_ms"][N_REGULAR:]
    )
    assert found["beta"].after.keys() == {"A"}


def test_lines_show_shares_before_and_after(write):
    tree = learn_constants(whole_run(), ("b0",))
    (above, below) = drawn(write(tree)).axes

    before_R, after_R, _, after_A = (line.get_data() for line in below.lines)
    assert set(before_R[0][1:-1]) == {0.01}
    values = np.sort(tree["neurons"]["b0"][:N_REGULAR])
    np.testing.assert_allclose(after_R[0][1:-1], values)
    np.testing.assert_allclose(after_R[1][1:-1], 100 * np.arange(1, N_REGULAR + 1) / N_REGULAR)
    assert after_A[1][-1] == 100
    course = tree["metrics"]["train"]["b0_p50"]
    np.testing.assert_array_equal(above.lines[0].get_ydata(), course["value"])


@pytest.mark.parametrize("learn", [ALL, ("tau_m",), ("beta", "b0")], ids="+".join)
@pytest.mark.parametrize("recipe", ["smnist-deepr", "smnist-lif"])
def test_no_text_is_clipped_or_overlaps(write, learn, recipe):
    learn = learn if recipe == "smnist-deepr" else ("tau_m", "b0")

    data = constants.load(write(learn_constants(whole_run(recipe), learn)))
    for look in (Look(), Look(3.5)):
        assert flaws(picture(constants, data, look)) == []


@pytest.mark.parametrize("figure", [learning, dashboard])
def test_the_figures_of_all_runs_have_room_for_them(write, figure):
    path = write(learn_constants(whole_run(n_iterations=200), ALL))
    data = learning.load([path]) if figure is learning else dashboard.load(path)
    fig = picture(figure, data)

    titles = [ax.get_ylabel() for ax in fig.axes]
    assert r"$\tau_a$ (ms) of neurons" in titles
    assert r"$b^0$ of neurons" in titles
    assert flaws(fig) == []


def test_constants_that_training_left_alone_are_refused_with_a_command(write):
    with pytest.raises(
        BadFileError, match=r"were not learned; .* `lsnn train smnist-delays-learned`"
    ):
        constants.load(write(whole_run()))


def test_two_runs_are_refused():
    with pytest.raises(UsageError, match="figure constants: expected one run file, found 2"):
        constants.figure.draw(["a.h5", "b.h5"], "out.png")


@pytest.mark.parametrize("bad", [np.nan, -1.0, np.inf])
def test_values_that_no_neuron_has_are_refused(write, bad):
    tree = learn_constants(whole_run(), ("b0",))
    tree["neurons"]["b0"][3] = bad

    with pytest.raises(BadFileError, match="/neurons/b0: expected numbers"):
        constants.load(write(tree))


def test_a_course_that_is_missing_is_refused(write):
    tree = learn_constants(whole_run(), ("b0",))
    del tree["metrics"]["train"]["b0_p95"]

    with pytest.raises(BadFileError, match="no /metrics/train/b0_p95"):
        constants.load(write(tree))
