from __future__ import annotations

import numpy as np
import pytest
from matplotlib.colors import same_color, to_rgb

from analysis import (
    PALETTE,
    digit,
    pixel_sequence,
    readout_window,
    softmax_readout,
    traces,
)
from lsnn_core.errors import UsageError
from tests.helpers.axes import one_axes

SOFTMAX = np.random.default_rng(0).dirichlet(np.ones(4), size=30)


def test_traces_draw_each_column_over_time():
    threshold = np.random.default_rng(1).random((20, 3))

    lines = traces(one_axes(), threshold, time_ms=0.5 * np.arange(20))

    np.testing.assert_array_equal([line.get_ydata() for line in lines], threshold.T)
    np.testing.assert_array_equal(lines[0].get_xdata(), 0.5 * np.arange(20))


def test_traces_differ_in_shade():
    lines = traces(one_axes(), np.ones((4, 5)))

    brightness = [sum(to_rgb(line.get_color())) for line in lines]
    assert brightness == sorted(brightness, reverse=True)
    assert len(set(brightness)) == 5


def test_equal_baselines_are_one_line():
    ax = one_axes()

    traces(ax, np.ones((5, 3)), baseline=[0.01, 0.01, 0.02])

    dotted = [line.get_ydata()[0] for line in ax.lines if line.get_linestyle() == ":"]
    assert dotted == [0.01, 0.02]


def test_softmax_readout_draws_all_classes_and_marks_two():
    lines = softmax_readout(one_axes(), SOFTMAX, label=2, prediction=0)

    np.testing.assert_array_equal([line.get_ydata() for line in lines], SOFTMAX.T)
    assert same_color(lines[2].get_color(), PALETTE["Y"])
    assert lines[0].get_linestyle() == "--"
    assert lines[1].get_color() == lines[3].get_color() == PALETTE["context"]


def test_a_right_prediction_is_drawn_as_the_true_class():
    lines = softmax_readout(one_axes(), SOFTMAX, label=2, prediction=2)

    assert [line.get_linestyle() for line in lines] == ["-"] * 4


def test_the_readout_window_spans_its_time():
    span = readout_window(one_axes(), 812.0, 840.0)

    assert (span.get_x(), span.get_width()) == (812.0, 28.0)


def test_the_digit_is_ink_on_white():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)

    picture = digit(one_axes(), image)

    np.testing.assert_array_equal(picture.get_array(), image)
    assert picture.to_rgba(np.array([[0, 255]]))[0, :, 0].tolist() == [1.0, 0.0]


def test_the_pixel_sequence_runs_row_by_row_along_time():
    image = np.arange(12, dtype=np.uint8).reshape(3, 4)

    picture = pixel_sequence(one_axes(), image, ms_per_pixel=2.0)

    assert picture.get_array().tolist() == [list(range(12))]
    assert list(picture.get_extent()[:2]) == [0.0, 24.0]


@pytest.mark.parametrize(
    ("draw", "named"),
    [
        (lambda ax: traces(ax, np.ones(5)), "values"),
        (lambda ax: traces(ax, np.ones((5, 2)), baseline=[1.0]), "baseline"),
        (lambda ax: softmax_readout(ax, np.ones((0, 3))), "softmax"),
        (lambda ax: softmax_readout(ax, SOFTMAX, label=4), "label"),
        (lambda ax: softmax_readout(ax, SOFTMAX, prediction=-1), "prediction"),
        (lambda ax: digit(ax, np.ones(784)), "image"),
        (lambda ax: pixel_sequence(ax, np.ones((0, 0))), "image"),
    ],
)
def test_wrong_arrays_are_refused_by_name(draw, named):
    with pytest.raises(UsageError, match=f"^{named}: expected"):
        draw(one_axes())
