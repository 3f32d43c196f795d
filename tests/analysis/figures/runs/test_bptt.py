from __future__ import annotations

import numpy as np
import pytest

from analysis import Look
from analysis.figures.runs import bptt
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import letters, picture, words
from tests.helpers.walks import walked_run
from tests.helpers.whole_runs import whole_run


@pytest.fixture
def draw(write):
    return lambda tree, look=None: picture(bptt, bptt.load([write(tree)]), look or Look())


def images(fig):
    return [ax.images[0] for ax in fig.axes if ax.images and len(ax.images[0].get_array()) > 1]


@pytest.mark.parametrize("width_in", [3.5, 6.75, 7.0])
@pytest.mark.parametrize("n_adaptive", [100, 0])
def test_no_text_is_clipped_or_overlaps(draw, n_adaptive, width_in):
    fig = draw(walked_run(n_adaptive), Look(width_in))

    assert flaws(fig) == []
    assert letters(fig) == "ABC"


def test_time_runs_alike_in_all_panels(draw):
    fig = draw(walked_run(), Look(5.0))
    fig.draw_without_rendering()

    rows = [ax for ax in fig.axes if ax.get_window_extent().width > 300]
    sides = np.array([ax.get_window_extent().intervalx for ax in rows])
    assert len(rows) == 7
    np.testing.assert_allclose(sides, np.broadcast_to(sides[0], sides.shape), atol=0.1)
    assert [ax.get_xlim() for ax in rows[:6]] == [(540.0, 840.0)] * 6
    assert rows[6].get_xlim() == (812.0 - 540.0, 812.0 - 840.0)


def test_images_have_a_row_for_each_neuron_and_adaptation_those_of_a_alone(draw):
    tree = walked_run()
    stored = tree["recordings"]["walk"]

    psi, d_V, d_b = (image.get_array() for image in images(draw(tree)))

    np.testing.assert_allclose(psi, stored["psi"].T)
    np.testing.assert_allclose(d_V, stored["d_V"].T)
    np.testing.assert_allclose(d_b, stored["d_b"].T[16:])
    assert len(images(draw(walked_run(0)))) == 2


def test_norms_are_drawn_by_rule_and_population(draw):
    tree = walked_run()

    ax = draw(tree).axes[-1]

    lines = {(line.get_color(), line.get_linestyle()): line.get_ydata() for line in ax.lines}
    solid = lines[bptt.COLOURS["A"], "-"]
    np.testing.assert_allclose(solid, tree["recordings"]["gradient"]["norm_A"])
    np.testing.assert_allclose(lines[bptt.COLOURS["A"], ":"][700], np.exp(-1))
    np.testing.assert_allclose(lines[bptt.COLOURS["R"], "--"][20], np.exp(-1), rtol=1e-5)


def test_without_norms_there_are_two_panels_and_the_note_is_silent_on_them(draw):
    fig = draw(walked_run(reach=False))

    assert letters(fig) == "AB"
    assert "E-prop" not in " ".join(words(fig))
    assert "E-prop" in " ".join(words(draw(walked_run())))


def test_a_panel_alone_keeps_its_time_axis(draw):
    for panel in "AB":
        fig = draw(walked_run(), Look(panel=panel, note=False))
        assert flaws(fig) == []
        assert "time (ms)" in [ax.get_xlabel() for ax in fig.axes]


def test_a_run_without_the_recording_and_two_runs_are_refused(write):
    with pytest.raises(BadFileError, match=r"no /recordings/walk/nodes.*lsnn evaluate RUN.h5"):
        bptt.load([write(whole_run())])
    with pytest.raises(UsageError, match="figure bptt: expected one run file, found 2"):
        bptt.load(["a.h5", "b.h5"])
