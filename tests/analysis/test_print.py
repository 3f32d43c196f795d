"""Every picture of the gallery as it is printed, in one column and over a page.

No small text, none clipped or on other text, no percentage above 100, a letter for every panel.
"""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from matplotlib.text import Text

from analysis import Look, style
from analysis.commands.gallery import IN_CLONE
from analysis.gallery_page import files_of, pictures
from lsnn_core import plugins
from lsnn_core.errors import UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import letters

SMALLEST_PT = 6.0
pytestmark = pytest.mark.skipif(not IN_CLONE.is_dir(), reason="results are in a clone only")


COLUMN_IN, FULL_IN = 3.5, 7.0
WITHOUT_LETTERS = {"fig1d", "table1"}  # a single panel each
every_picture = pytest.mark.parametrize("picture", pictures(), ids=lambda picture: picture.figure)


@every_picture
@pytest.mark.parametrize("width_in", [COLUMN_IN, FULL_IN])
def test_text_can_be_read_at_the_width_it_is_printed(picture, width_in):
    files = [str(file.path) for file in files_of(picture, IN_CLONE)]
    if not files:
        pytest.skip("no result file yet")
    figure = plugins.load(plugins.FIGURES, picture.figure)
    sizes, draw = {}, Text.draw

    def measure(text, renderer):
        if text.get_visible() and text.get_text().strip():
            sizes[text.get_text()] = text.get_fontsize()  # in points: figures are in inches
        draw(text, renderer)

    if picture.figure == "table1" and width_in < FULL_IN:
        with style.context(), pytest.raises(UsageError, match=r"at least 6\.5 inches"):
            figure.picture(figure.load(files), Look(width_in))
        return
    with style.context():
        fig = figure.picture(figure.load(files), Look(width_in))
    with mock.patch.object(Text, "draw", measure):
        assert flaws(fig) == []
    assert fig.get_size_inches()[0] == width_in
    assert {text: size for text, size in sizes.items() if size < SMALLEST_PT} == {}
    assert (letters(fig)[:2] == "AB") == (picture.figure not in WITHOUT_LETTERS)


@every_picture
def test_text_can_be_read_and_percentages_end_at_100(picture, tmp_path):
    files = [str(file.path) for file in files_of(picture, IN_CLONE)]
    if not files:
        pytest.skip("no result file yet")
    figures, sizes = [], {}
    settle, draw = style.settle, Text.draw

    def keep(fig):
        figures.append(fig)
        settle(fig)

    def measure(text, renderer):
        if text.get_visible() and text.get_text().strip():
            sizes[text.get_text()] = text.get_fontsize()  # in points: figures are in inches
        draw(text, renderer)

    figure = plugins.load(plugins.FIGURES, picture.figure)
    with mock.patch.object(style, "settle", keep), mock.patch.object(Text, "draw", measure):
        figure.draw(files, str(tmp_path / "out.svg"))

    assert {text: size for text, size in sizes.items() if size < SMALLEST_PT} == {}
    (fig,) = figures
    assert fig.get_size_inches()[0] <= style.PAGE_IN
    percentages = [ax for ax in fig.axes if "(%)" in ax.get_ylabel()]
    assert [ax.get_ylabel() for ax in percentages if top(ax) > 100.0] == []


def top(ax):
    """Return the highest value that an axes shows."""
    shown = [line for line in ax.lines if in_data(line, ax)]
    lines = [np.nanmax(np.asarray(line.get_ydata(), float)) for line in shown]
    bars = [patch.get_y() + patch.get_height() for patch in ax.patches if hasattr(patch, "get_y")]
    spans = [
        path.vertices[:, 1].max()
        for collection in ax.collections
        for path in collection.get_paths()
        if len(path.vertices)
    ]
    return max([0.0, *lines, *bars, *spans])


def in_data(line, ax):
    return line.get_transform().contains_branch(ax.transData) and len(line.get_ydata())
