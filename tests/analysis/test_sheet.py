"""Panels find their place on any figure, in lines that break where it is narrow."""

from __future__ import annotations

import pytest
from matplotlib.figure import Figure

from analysis import Look, Panel, PanelGrid, PanelRow, PanelStack, RunFigure, Sheet, context
from lsnn_core.errors import UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import letters, words

NOTE = "A note that says what the panels are, in so many words that it takes several lines."


def some_lines(ax):
    ax.plot([0, 1])
    ax.set_ylabel("y")


def panel(width_in, height_in=1.0):
    return Panel(lambda part: some_lines(part.subplots()), width_in, height_in)


def grid(n, **options):
    return PanelGrid((some_lines,) * n, (2.0, 1.5), **options)


SHEET = Sheet((PanelRow((panel(2.0), panel(4.0))), grid(4)), NOTE)
FIGURE = RunFigure(title="Mine", load=lambda paths: None, sheet=lambda data: SHEET)


def drawn(sheet, width_in):
    with context():
        fig = Figure(figsize=(width_in, sheet.height_in(width_in)), layout="constrained")
        sheet.draw(fig)
        assert flaws(fig) == []  # lays it out, too
    return fig


def boxes(fig):
    """Return left, bottom and width of all axes in inches."""
    width, height = fig.get_size_inches()
    found = []
    for ax in fig.axes:
        (left, bottom), (right, _) = fig.transFigure.inverted().transform(ax.bbox.get_points())
        found.append((left * width, bottom * height, (right - left) * width))
    return found


def lines(fig):
    """Return how many axes stand side by side in each line, from above."""
    bottoms = [round(bottom, 1) for _, bottom, _ in boxes(fig)]
    return [bottoms.count(b) for b in sorted(set(bottoms), reverse=True)]


@pytest.mark.parametrize(
    ("width_in", "expected"),
    [(10.0, [2, 3, 1]), (6.0, [2, 3, 1]), (3.5, [1, 1, 2, 2]), (2.0, [1, 1, 1, 1, 1, 1])],
)
def test_lines_break_where_panels_have_no_room_side_by_side(width_in, expected):
    fig = drawn(SHEET, width_in)

    assert lines(fig) == expected
    assert letters(fig) == "ABCDEF"


def test_panels_share_a_line_as_they_like_to():
    a, b = boxes(drawn(SHEET, 6.0))[:2]

    assert b[2] / a[2] == pytest.approx(2, rel=0.3)


def test_axes_of_a_grid_are_in_line():
    first, second, _, fourth = boxes(drawn(SHEET, 6.0))[2:]

    assert first[0] == pytest.approx(fourth[0])
    assert first[1] == pytest.approx(second[1])


def test_a_narrow_sheet_is_as_much_higher_as_it_needs():
    assert SHEET.height_in(3.5) > SHEET.height_in(7.0) + 1.0


def test_panels_of_a_stack_stand_below_one_another():
    sheet = Sheet((PanelRow((panel(2.0), PanelStack((panel(2.0), panel(3.0))))),))

    fig = drawn(sheet, 5.0)

    left, above, below = boxes(fig)
    assert above[0] == pytest.approx(below[0], abs=0.1) != left[0]
    assert letters(fig) == "ABC"


@pytest.mark.parametrize(("letter", "width_in"), [("A", 2.0), ("B", 4.0), ("F", 2.0)])
def test_a_panel_alone_is_drawn_without_a_letter(letter, width_in):
    with context():
        fig = FIGURE.picture(None, Look(panel=letter, note=False))

    assert len(fig.axes) == 1
    assert fig.get_size_inches()[0] == width_in
    assert words(fig) == []


def test_the_panel_asked_for_is_the_one_of_that_letter():
    marked = tuple(lambda ax, k=k: ax.set_xlabel(str(k)) for k in range(5))
    stack = PanelStack((panel(1.0), panel(1.0)))
    sheet = Sheet((PanelRow((stack, panel(1.0))), PanelGrid(marked, (1.0, 1.0))))

    fig = drawn(sheet.asked("F"), 3.0)

    assert sheet.letters == "ABCDEFGH"
    assert [ax.get_xlabel() for ax in fig.axes] == ["2"]


@pytest.mark.parametrize("letter", ["G", "Z"])
def test_a_panel_that_is_not_there_is_refused(letter):
    with pytest.raises(UsageError, match=f"expected one of the figure's, A to F, found '{letter}'"):
        SHEET.asked(letter)


def test_the_note_can_be_left_out_and_is_broken_to_the_width():
    with context():
        with_note, without = (FIGURE.picture(None, Look(3.0, note=note)) for note in (True, False))

    (said,) = [word for word in words(with_note) if word.startswith("A note")]
    assert "\n" in said
    assert not any(word.startswith("A note") for word in words(without))
    assert without.get_size_inches()[1] < with_note.get_size_inches()[1]


def test_a_part_of_a_figure_of_a_user_is_drawn_on_and_keeps_its_size():
    with context():
        fig = Figure(figsize=(9, 4), layout="constrained")
        mine, theirs = fig.subfigures(1, 2, width_ratios=[2, 1])
        mine.subplots().plot([1, 0])
        FIGURE.compose(theirs, None, note=False)
        assert flaws(fig) == []

    assert tuple(fig.get_size_inches()) == (9, 4)
    assert len(fig.axes) == 1 + 6
    left = 9 * 2 / 3
    assert all(left <= box[0] for box in boxes(fig)[1:])
    assert letters(fig) == "ABCDEF"


def test_a_figure_too_narrow_for_its_columns_says_so():
    narrow = Sheet((PanelRow((panel(6.0),)),), least_in=6.0)
    figure = RunFigure(title="Mine", load=lambda paths: None, sheet=lambda data: narrow)

    with context(), pytest.raises(UsageError, match="width: Mine needs at least 6 inches, found 5"):
        figure.picture(None, Look(5.0))
