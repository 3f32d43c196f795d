from __future__ import annotations

import numpy as np
import pytest

from analysis import curve, running_mean
from lsnn_core.errors import UsageError
from tests.helpers.axes import one_axes

NAN = np.nan


def test_running_mean_is_the_mean_around_each_point():
    values = np.random.default_rng(0).random(9)

    mean = running_mean(values, 3)

    padded = [values[max(0, i - 1) : i + 2].mean() for i in range(9)]
    np.testing.assert_allclose(mean, padded, rtol=1e-15)


@pytest.mark.parametrize("width", [1, 2, 5, 40])
def test_running_mean_of_a_constant_is_the_constant(width):
    np.testing.assert_allclose(running_mean(np.full(7, 0.1), width), 0.1, rtol=1e-15)


def test_running_mean_leaves_nan_out_and_keeps_the_gap():
    mean = running_mean([1.0, NAN, 3.0, np.inf, 5.0], 3)

    np.testing.assert_array_equal(mean, [1.0, NAN, 3.0, NAN, 5.0])


def test_one_huge_value_does_not_blur_the_later_ones():
    values = np.full(100, 0.3)
    values[3] = 1e18

    np.testing.assert_allclose(running_mean(values, 5)[10:], 0.3, rtol=1e-15)


def test_the_raw_values_lie_behind_the_smoothed_ones():
    ax, values = one_axes(), np.random.default_rng(0).random(80)

    line = curve(ax, np.arange(80), values)

    raw, front = ax.lines
    np.testing.assert_array_equal(raw.get_ydata(), values)
    np.testing.assert_array_equal(line.get_ydata(), running_mean(values, 2))
    assert front is line
    assert raw.get_zorder() < line.get_zorder()


@pytest.mark.parametrize("kwargs", [{"window": 1}, {"raw": False}])
def test_raw_values_can_be_left_out(kwargs):
    ax = one_axes()

    curve(ax, np.arange(80), np.ones(80), **kwargs)

    assert len(ax.lines) == 1


@pytest.mark.parametrize(
    ("values", "alone"),
    [([0.5], [0]), ([NAN, 0.5, NAN], [1]), ([1.0, NAN, 2.0, 3.0, np.inf, 4.0], [0, 5])],
)
def test_a_point_between_gaps_gets_a_marker(values, alone):
    line = curve(one_axes(), np.arange(len(values)), values)

    assert line.get_marker() == "o"
    assert line.get_markevery() == alone


def test_points_that_a_line_joins_get_no_marker():
    assert curve(one_axes(), [1, 2], [0.1, 0.2]).get_marker() == ""


def test_nan_and_infinity_are_marked_at_their_iterations():
    ax = one_axes()

    curve(ax, [10, 20, 30, 40], [1.0, NAN, -np.inf, 2.0])

    (crosses,) = [line for line in ax.lines if line.get_marker() == "x"]
    assert crosses.get_xdata().tolist() == [20, 30]
    assert crosses.get_label() == "not finite"
    assert np.isfinite(ax.get_ylim()).all()


def test_no_finite_values_is_said_in_words_once():
    ax = one_axes()

    curve(ax, [1, 2], [NAN, NAN])
    curve(ax, [1, 2], [NAN, NAN])

    assert [text.get_text() for text in ax.texts] == ["no finite values"]


@pytest.mark.parametrize(
    ("step", "value", "window", "named"),
    [
        ([1, 2], [1.0], None, "value"),
        ([], [], None, "value"),
        ([[1]], [1.0], None, "step"),
        ([1], [1.0], 0, "width"),
    ],
)
def test_wrong_arrays_are_refused_by_name(step, value, window, named):
    with pytest.raises(UsageError, match=f"^{named}: expected"):
        curve(one_axes(), step, value, window=window)
