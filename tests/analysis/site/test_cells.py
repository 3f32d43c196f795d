from __future__ import annotations

import sys

import pytest

from analysis.site.cells import Cell, cells, fenced, page, running

SCRIPT = '''"""What it is."""
# %% [markdown]
# # A title
#
# Text with $x_1$.

# %%
from dataclasses import dataclass

import analysis.lessons.pictures as lib


@dataclass  # looks its module up by name
class Number:
    value: "int"


print("one\\n```")  # fmt: skip

# %%
with lib.picture("my-picture", height_in=1.0) as fig:
    fig.subplots().plot([Number(1).value, 2])
'''


@pytest.fixture
def script(tmp_path):
    path = tmp_path / "lesson.py"
    path.write_text(SCRIPT)
    return path


def test_a_script_is_cut_at_its_markers():
    found = list(cells("x = 1\n# %%\n\n# %% [markdown]\n# text\n# %% a name\ny = 2\n"))

    assert found == [Cell(False, "x = 1", 1), Cell(True, "# text", 5), Cell(False, "y = 2", 7)]


def test_a_page_has_text_code_output_and_pictures_in_turn(script, tmp_path):
    text = page(script, tmp_path)

    parts = (
        "# A title\n\nText with $x_1$.",
        "```python\nfrom dataclasses",
        "one\n```\n````",
        "![my",
    )
    places = [text.index(part) for part in parts]
    assert places == sorted(places)
    assert "![my picture](my-picture.png)" in text
    assert "fmt: skip" not in text
    assert (tmp_path / "my-picture.png").read_bytes().startswith(b"\x89PNG")


def test_an_error_tells_the_line_of_the_script(script, tmp_path):
    script.write_text(SCRIPT + "\n# %%\n1 / 0\n")

    with pytest.raises(ZeroDivisionError) as found:
        page(script, tmp_path)

    last = found.traceback[-1]
    assert (last.path, last.lineno + 1) == (script, len(SCRIPT.splitlines()) + 3)


def test_a_module_that_runs_is_forgotten_afterwards(script):
    with running(script) as module:
        assert sys.modules[module.__name__] is module
    assert module.__name__ not in sys.modules


def test_a_fence_is_longer_than_what_it_holds():
    assert fenced("a ``` b", "text") == "````text\na ``` b\n````"
