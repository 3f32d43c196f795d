"""What the documents and the docstrings mention exists: paths, names in modules, decisions."""

from __future__ import annotations

import ast
import pkgutil
import re
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("lsnn_core", "tasks", "analysis", "tests")
DECISIONS = ("lsnn_core/DECISIONS.md", "tasks/DECISIONS.md")
EXTENDING = [f"{path.parent.name}/EXTENDING.md" for path in ROOT.glob("*/EXTENDING.md")]
DOCUMENTS = (
    *DECISIONS,
    *sorted(EXTENDING),
    "README.md",
    "CONTRIBUTING.md",
    "lsnn_core/CLUSTERS.md",
    "lsnn_core/TUTORIAL.md",
    "lsnn_core/EXCHANGE.md",
    "tasks/RECORDINGS.md",
)
SOURCES = sorted(
    str(path.relative_to(ROOT))
    for package in PACKAGES
    for suffix in ("py", "toml")
    for path in (ROOT / package).rglob(f"*.{suffix}")
)

PATH = re.compile(r"(?<![\w/.~-])((?:lsnn_core|tasks|analysis|tests|\.ci)/[\w./-]*\w/?)")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
PAIR = re.compile(r"`([\w/]+\.py)`((?:,?\s+`[A-Za-z_][\w.]*`)+)")
DOTTED = re.compile(r"(?<![\w./])((?:lsnn_core|tasks|analysis|tests)(?:\.[A-Za-z_]\w*)+)(?!\w*/)")
DECISION = re.compile(r"\bD-[a-z0-9]+(?:-[a-z0-9]+)*")
HEADING = re.compile(r"^### (D-\S+)\n\n\*\*", re.MULTILINE)

NO_MODULES = ("tasks.py", "lsnn_core.LSTM")  # a file's name, and what a test expects to miss


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def defined(path: str) -> set[str]:
    """Return what a module defines anywhere; members of a class as Class.member, too."""
    names = set()
    for node in ast.walk(ast.parse(text(path))):
        names |= own_names(node)
        if isinstance(node, ast.ClassDef):
            inside = chain.from_iterable(map(own_names, ast.walk(node)))
            names |= {f"{node.name}.{name}" for name in inside}
    return names


def own_names(node: ast.AST) -> set[str]:
    match node:
        case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
            return {name}
        case ast.Name(id=name, ctx=ast.Store()):
            return {name}
    return set()


def absent_names(document: str) -> list[str]:
    """Return the names that `document` says are in a module, after its path, and are not."""
    return [
        f"{path} {name}"
        for path, names in PAIR.findall(text(document))
        for name in re.findall(r"[\w.]+", names)
        if name not in defined(path)
    ]


def absent_modules(source: str) -> list[str]:
    names = {name for name in DOTTED.findall(text(source)) if name not in NO_MODULES}
    return sorted(name for name in names if not resolves(name))


def resolves(name: str) -> bool:
    if (ROOT / name.replace(".", "/")).with_suffix(".py").exists():
        return True  # without importing what belongs to other interpreters
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError):
        return False
    return True


@pytest.mark.parametrize("document", [*DOCUMENTS, *SOURCES])
def test_a_path_that_is_mentioned_exists(document):
    assert [path for path in PATH.findall(text(document)) if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_link_leads_somewhere(document):
    folder = (ROOT / document).parent

    assert [link for link in LINK.findall(text(document)) if not (folder / link).exists()] == []


@pytest.mark.parametrize("document", DOCUMENTS)
def test_a_name_after_the_path_of_a_module_is_defined_there(document):
    assert absent_names(document) == []


@pytest.mark.parametrize("source", [*DOCUMENTS, *SOURCES])
def test_a_dotted_name_can_be_imported(source):
    assert absent_modules(source) == []


def test_every_decision_has_a_name_of_its_own_and_a_place():
    entries = [entry for document in DECISIONS for entry in text(document).split("\n### ")[1:]]
    names = [entry.split()[0] for entry in entries]

    assert len(entries) > 100
    assert len(names) == len(set(names))
    assert [entry for entry in entries if "\nWhere: `" not in entry] == []


@pytest.mark.parametrize("document", [*DOCUMENTS, *SOURCES])
def test_a_decision_that_is_cited_is_listed(document):
    listed = {name for pages in DECISIONS for name in HEADING.findall(text(pages))}

    assert set(DECISION.findall(text(document))) <= listed


@pytest.mark.parametrize("document", DECISIONS)
def test_what_was_measured_can_be_looked_up_or_is_said_not_to_be_shipped(document):
    remarks = re.findall(r"\([^()]*\b(?:measured|tried)\b[^()]*\)", text(document))
    shipped = [[ROOT / path for path in PATH.findall(remark)] for remark in remarks]

    assert remarks
    unfounded = [
        remark
        for remark, files in zip(remarks, shipped, strict=True)
        if "not shipped" not in remark and not any(file.is_file() for file in files)
    ]
    assert unfounded == []
