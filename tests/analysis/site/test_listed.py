from __future__ import annotations

import re
from pathlib import Path

import pytest

from analysis.site.listed import recipe_pages, run_file_tables
from lsnn_core.files.schema import TABLE

PLACE = "tasks/recipes"
RECIPES = Path(__file__).parents[3] / PLACE


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "first.toml").write_text('title = "one"\n[task]\nname = "parity"\n')
    (tmp_path / "second.toml").write_text('base = "first"\ntitle = "two"\n[task]\nbits = 2\n')
    return tmp_path


def test_a_recipe_has_its_text_its_command_and_its_base(folder):
    page = recipe_pages(folder)["second"]

    assert page.startswith("# second\n\ntwo.\n")
    assert "lsnn train second\n" in page
    assert "[first](first.md)" in page
    assert (folder / "second.toml").read_text() in page


def test_recipes_are_listed_by_the_task_that_they_or_their_base_name(folder):
    lists = recipe_pages(folder)[""]

    assert lists.count("## ") == 1
    below = lists.partition("## parity\n")[2]
    assert f"| [first]({PLACE}/first.md) | one |" in below
    assert f"| [second]({PLACE}/second.md) | two |" in below


def test_all_shipped_recipes_have_pages_that_are_listed():
    pages = recipe_pages(RECIPES)

    assert set(pages) == {"", *(path.stem for path in RECIPES.glob("*.toml"))}
    assert all(f"\n{PLACE}/{name}\n" in pages[""] for name in pages if name)


def test_every_dataset_of_a_run_file_is_in_the_table_of_its_group():
    text = run_file_tables()

    by_group = dict(re.findall(r"^### `/(\w+)`\n(.*?)(?=^###|\Z)", text, re.MULTILINE | re.DOTALL))
    for entry in TABLE:
        group, _, name = entry.path.partition("/")
        rows = by_group.get(group, text).splitlines()
        shown = f"| `{name or group}` | {entry.dims} | {entry.units} | {entry.description} |"
        assert rows.count(shown) == 1
    assert len(re.findall("^###", text, re.MULTILINE)) == len(by_group) > 5
