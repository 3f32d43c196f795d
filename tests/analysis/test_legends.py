"""Legends have as many columns as fit, and none crosses what it stands in."""

from __future__ import annotations

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.lines import Line2D

from analysis import context, new_figure
from analysis.legends import legend_above, legend_columns, legend_rows, put_legend

NAMES = ("$W_\\mathrm{in}$", "validation", "a recipe with a long name (3 seeds)", "R", "target")

MATRICES = tuple(rf"$W_\mathrm{{{name}}}$" for name in ("in", "rec", "out"))


def handles(names=NAMES):
    return [Line2D([], [], label=name) for name in names]


def extent_in(fig, legend):
    box = legend.get_window_extent(FigureCanvasAgg(fig).get_renderer())
    return box.x0 / fig.dpi, box.x1 / fig.dpi


@pytest.mark.parametrize("width_in", [2.5, 3.5, 5.0, 7.0])
@pytest.mark.parametrize("n", [1, 3, 5])
def test_a_legend_is_as_broad_as_fits(width_in, n):
    with context():
        fig = new_figure(width_in, 2)
        legend = put_legend(fig, handles()[:n], loc="center")
        left, right = extent_in(fig, legend)
        shown = legend_columns(handles()[:n], width_in)
        broader = put_legend(fig, handles()[:n], width_in=50.0, loc="center")
        low, high = extent_in(fig, broader)
        n_rows = legend_rows(handles()[:n], width_in)

    assert 0 <= left < right <= width_in
    assert shown == n or high - low > width_in - 0.25
    assert n_rows == -(-n // shown)


@pytest.mark.parametrize("n_columns", [1, 2, 3])
@pytest.mark.parametrize("scale", ["linear", "log"])
def test_a_legend_above_stays_on_its_axes(n_columns, scale):
    with context():
        fig = new_figure(2.25 * n_columns, 1.7)
        axes = fig.subplots(1, n_columns, squeeze=False)[0]
        for ax in axes:
            ax.plot([1, 2], [1, 2])
            ax.set(yscale=scale, ylabel="firing rate (Hz)", ylim=(0.5, 2))
            legend_above(ax, handles(MATRICES))
        fig.draw_without_rendering()
        for ax in axes:
            left, right = extent_in(fig, ax.get_legend())
            assert left * fig.dpi >= ax.bbox.x0 - 1
            assert right * fig.dpi <= ax.bbox.x1 + 1
            assert ax.get_ylim()[1] > 2
