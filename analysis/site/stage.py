"""What the site is made of, gathered into one folder: each document where it is in a clone.

So a link from one document to another, which leads somewhere in a clone, leads there on the site,
too. A page that is made of a script or a recipe has its path, but for the ending.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from lsnn_core.errors import UsageError

from .cells import fenced, page
from .listed import recipe_pages, run_file_tables

HERE = Path(__file__).parent
CLONE = HERE.parents[1]
LESSONS = HERE.parent / "lessons"
DOCUMENTS = (
    "*.md", "LICENSE", "CITATION.cff", "analysis/*.md", "analysis/gallery/*", "lsnn_core/*.md",
    "lsnn_core/reference/*.md", "tasks/*.md",
)  # fmt: skip
SOURCES = ("minimal", "forward", "adjoint", "tangent", "surrogate", "eprop")
"""Modules of the reference that are pages, in the order in which they are read."""


def stage(folder: Path) -> Iterator[str]:
    """Write all pages into an empty folder; yield a line for what takes time.

    Raises
    ------
    UsageError
        If this is no clone: an installed program comes without most documents.
    """
    if not (CLONE / "README.md").is_file():
        raise UsageError(
            f"site: there is no README.md in {CLONE}; the site is built in a clone of the"
            " repository, an installed program comes without its documents"
        )
    for document in (found for pattern in DOCUMENTS for found in sorted(CLONE.glob(pattern))):
        _place(document, folder)
    shutil.copytree(HERE / "pages", folder, dirs_exist_ok=True)
    for name in SOURCES:
        _source(CLONE / "lsnn_core" / "reference" / f"{name}.py", folder)
    for name, text in recipe_pages(CLONE / "tasks" / "recipes").items():
        _end_with(text, folder / (f"tasks/recipes/{name}.md" if name else "recipes.md"))
    _end_with(run_file_tables(), folder / "file-format.md")
    yield from _lessons(folder)


def _lessons(folder: Path) -> Iterator[str]:
    """Run all lessons and the solutions of their exercises."""
    for lesson in sorted(LESSONS.glob("lesson*.py")):
        yield f"running {lesson.stem}"
        solutions = lesson.parent / "solutions" / lesson.name
        for script in (lesson, solutions):
            target = _place(script, folder)
            text = page(script, target.parent)
            text += f"\n*As a script: [{script.name}]({script.name}).*\n"
            if script is lesson:
                text += "\n" + fenced(f":hidden:\n\nsolutions/{solutions.stem}", "{toctree}") + "\n"
            _end_with(text, target.with_suffix(".md"))


def _source(module: Path, folder: Path) -> None:
    """Make a page that shows a module."""
    target = _place(module, folder)
    shown = fenced(":language: python", "{literalinclude} " + module.name)
    _end_with(f"# {module.name}\n\n{shown}\n", target.with_suffix(".md"))


def _place(file: Path, folder: Path) -> Path:
    """Copy a file of the clone to where it is in the clone."""
    target = folder / file.relative_to(CLONE)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, target)
    return target


def _end_with(text: str, page: Path) -> None:
    """Put a text after what a page holds, if it is there."""
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text((page.read_text("utf-8") if page.exists() else "") + text, "utf-8")
