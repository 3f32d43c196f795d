"""Every lesson and its solutions, run as a reader runs them: their own asserts are the tests."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from unittest import mock

import pytest

import analysis
from analysis import style
from analysis.lessons.pictures import pictures_into
from tests.helpers.axes import flaws

FOLDER = Path(analysis.__file__).parent / "lessons"
LESSONS = sorted(FOLDER.glob("lesson[0-9]*.py"))
every_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)


def cells(path):
    """Return the kind and the lines of each cell of a percent-format script."""
    parts = re.split(r"^# %%(.*)\n", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert parts[0] == ""  # a lesson begins with a cell
    kinds = [kind.strip() for kind in parts[1::2]]
    return list(zip(kinds, (part.splitlines() for part in parts[2::2]), strict=True))


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
def test_it_opens_as_a_notebook(path):
    for script in (path, path.parent / "solutions" / path.name):
        kinds = {kind for kind, _ in cells(script)}
        texts = [line for kind, lines in cells(script) if kind for line in lines if line]
        assert kinds == {"", "[markdown]"}
        assert all(line.startswith("#") for line in texts)
