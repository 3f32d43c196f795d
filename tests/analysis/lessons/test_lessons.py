"""Every lesson and its solutions, run as a reader runs them: their own asserts are the tests."""

from __future__ import annotations

import re
import runpy
from unittest import mock

import pytest

from analysis import style
from analysis.lessons.cells import cells, lessons
from analysis.lessons.pictures import pictures_into
from tests.helpers.axes import flaws

LESSONS = [one.path for one in lessons()]
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


@every_lesson
def test_a_lesson_runs_and_draws_pictures_in_which_no_text_is_clipped(path, tmp_path):
    figures, settle = [], style.settle

    def keep(fig):
        settle(fig)
        figures.append(fig)

    with pictures_into(tmp_path) as written, mock.patch.object(style, "settle", keep):
        runpy.run_path(str(path))

    assert written
    assert all(picture.read_bytes().startswith(b"\x89PNG") for picture in written)
    assert [flaw for fig in figures for flaw in flaws(fig)] == []


@every_lesson
def test_its_solutions_say_what_they_assert(path, tmp_path, capsys):
    with pictures_into(tmp_path):
        runpy.run_path(str(path.parent / "solutions" / path.name))

    assert "assert " in (path.parent / "solutions" / path.name).read_text(encoding="utf-8")
    assert capsys.readouterr().out


@every_lesson
def test_a_lesson_is_short_and_asks_three_questions_that_are_answered(path):
    text = path.read_text(encoding="utf-8")
    solutions = path.parent / "solutions" / path.name

    assert text.count("\n") < 200
    asked = text.partition("# ## Exercises")[2]
    assert re.findall(r"^# (\d)\. ", asked, re.MULTILINE) == ["1", "2", "3"]
    assert f"`analysis/lessons/solutions/{path.name}`" in asked
    answered = solutions.read_text(encoding="utf-8")
    assert re.findall(r"^# \*\*(\d)\.\*\*", answered, re.MULTILINE) == ["1", "2", "3"]


@every_lesson
def test_it_is_cells_of_text_and_code_from_its_first_line_to_its_last(path):
    for script in (path, path.parent / "solutions" / path.name):
        parts = list(cells(script))
        assert parts[0].line == 1
        assert {part.is_text for part in parts} == {True, False}
        lines = script.read_text(encoding="utf-8").splitlines()
        marked = [k for k, line in enumerate(lines, 1) if line.startswith("# %%")]
        assert [part.line for part in parts] == marked
        texts = [
            lines[a:b]
            for a, b, part in zip(marked, [*marked[1:], None], parts, strict=True)
            if part.is_text
        ]
        assert all(line.startswith("#") or not line for text in texts for line in text[:-1])
