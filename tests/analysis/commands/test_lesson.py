from __future__ import annotations

import json
import shutil

import pytest

from analysis.lessons import cells
from analysis.lessons.pictures import pictures_into
from lsnn_core.cli import main

SCRIPT = """# %% [markdown]
# # Lesson {n}. A title
#
# Some text.

# %%
from analysis.lessons.pictures import picture

with picture("drawn") as fig:
    fig.subplots()
print("lesson {n} ran")
"""


@pytest.fixture
def made_up(tmp_path, monkeypatch):
    """Two small lessons of our own, and a folder for what they draw."""
    folder = tmp_path / "lessons"
    (folder / "solutions").mkdir(parents=True)
    for n in (1, 2):
        (folder / f"lesson{n}_small.py").write_text(SCRIPT.format(n=n))
    shutil.copy(folder / "lesson1_small.py", folder / "solutions")
    monkeypatch.setattr(cells, "FOLDER", folder)
    out = tmp_path / "out"
    out.mkdir()
    return out


def test_without_a_number_all_are_listed(made_up, capsys):
    assert main(["lesson"]) == 0
    assert capsys.readouterr().out == "1  A title\n2  A title\n"


def test_one_is_read_and_run_and_its_pictures_are_named(made_up, capsys):
    assert main(["lesson", "2", "--out", str(made_up)]) == 0

    out = capsys.readouterr().out
    assert out.index("# Lesson 2. A title") < out.index("Some text.") < out.index("lesson 2 ran")
    assert f"picture: {made_up / 'drawn.png'}" in out
    assert (made_up / "drawn.png").read_bytes().startswith(b"\x89PNG")


def test_its_solutions_are_another_script(made_up, capsys):
    path = cells.lesson(1).solutions
    path.write_text(path.read_text().replace("ran", "is solved"))

    assert main(["lesson", "1", "--solutions", "--out", str(made_up)]) == 0
    assert "lesson 1 is solved" in capsys.readouterr().out


def test_a_notebook_has_the_same_cells(made_up, capsys):
    assert main(["lesson", "1", "--notebook", "--out", str(made_up)]) == 0

    path = made_up / "lesson1_small.ipynb"
    assert capsys.readouterr().out == f"{path}\n"
    book = json.loads(path.read_text())
    assert (book["nbformat"], [c["cell_type"] for c in book["cells"]]) == (4, ["markdown", "code"])
    text, code = ("".join(cell["source"]) for cell in book["cells"])
    assert text == "# Lesson 1. A title\n\nSome text."
    assert code.startswith("from analysis")
    assert code.endswith('print("lesson 1 ran")')


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["9"], "lesson: expected 1 to 2, found 9"),
        (["1", "--out", "no/such"], "out 'no/such': folder does not exist; create it first"),
        (["--notebook"], "--notebook: expected a lesson's number, too"),
    ],
)
def test_what_cannot_be_done_is_refused(made_up, capsys, words, message):
    assert main(["lesson", *words]) == 2
    assert message in capsys.readouterr().err


def test_a_mistake_is_shown_at_its_line_of_the_script(made_up):
    path = cells.lesson(1).path
    path.write_text(path.read_text().replace('print("lesson', 'print(1 / 0, "lesson'))

    with pictures_into(made_up), pytest.raises(ZeroDivisionError) as caught:
        cells.play(path)

    assert caught.traceback[-1].lineno + 1 == path.read_text().split("1 / 0")[0].count("\n") + 1
