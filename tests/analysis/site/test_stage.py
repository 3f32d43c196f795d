from __future__ import annotations

import pytest

from analysis.site import stage as staging
from lsnn_core.errors import UsageError


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A clone with little in it: its documents, one lesson and its solutions."""
    root = tmp_path / "clone"
    for name in ("README.md", "LICENSE", "lsnn_core/TUTORIAL.md"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(f"# {name}\n")
    for module in staging.SOURCES:
        place = root / "lsnn_core" / "reference" / f"{module}.py"
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("x = 1\n")
    for name in ("lessons/lesson1_a.py", "lessons/solutions/lesson1_a.py"):
        (root / "analysis" / name).parent.mkdir(parents=True, exist_ok=True)
        (root / "analysis" / name).write_text(f"# %% [markdown]\n# # {name}\n# %%\nprint(6 * 7)\n")
    monkeypatch.setattr(staging, "CLONE", root)
    monkeypatch.setattr(staging, "LESSONS", root / "analysis" / "lessons")
    return root


def test_documents_are_where_they_are_in_a_clone(clone, tmp_path):
    assert list(staging.stage(tmp_path / "site")) == ["running lesson1_a"]

    for name in ("README.md", "LICENSE", "lsnn_core/TUTORIAL.md"):
        assert (tmp_path / "site" / name).read_text() == (clone / name).read_text()


def test_a_script_has_a_page_beside_it(clone, tmp_path):
    list(staging.stage(tmp_path / "site"))

    folder = tmp_path / "site" / "analysis" / "lessons"
    lesson, solutions = (folder / f"{name}lesson1_a.md" for name in ("", "solutions/"))
    assert "\n42\n" in lesson.read_text()
    assert "\n42\n" in solutions.read_text()
    assert "\nsolutions/lesson1_a\n" in lesson.read_text()
    assert (folder / "lesson1_a.py").exists()
    shown = (tmp_path / "site" / "lsnn_core" / "reference" / "minimal.md").read_text()
    assert "{literalinclude} minimal.py" in shown


def test_pages_of_the_site_go_on_with_what_is_listed(clone, tmp_path):
    list(staging.stage(tmp_path / "site"))

    text = (tmp_path / "site" / "file-format.md").read_text()
    assert text.startswith("# The run file")
    assert "| `config` |" in text


def test_an_installed_program_has_no_site(clone, tmp_path):
    (clone / "README.md").unlink()

    with pytest.raises(UsageError, match="the site is built in a clone"):
        next(staging.stage(tmp_path / "site"))
    assert not (tmp_path / "site").exists()
