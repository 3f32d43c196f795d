"""Tests share helpers and never each other; they stand where the module is that they test."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = {
    str(path.relative_to(ROOT)): path.read_text("utf-8")
    for path in sorted((ROOT / "tests").rglob("*.py"))
}
# Test modules without a module of their name, and what they test.
OTHERS = {
    "tests/analysis/test_paper_sweep.py": "`paper.toml` among the result files",
    "tests/analysis/test_public_names.py": "what `analysis` exports",
    "tests/analysis/test_shipped_results.py": "the result files in the repository",
    "tests/analysis/test_untrained_runs.py": "all figures, of runs that have only begun",
    "tests/lsnn_core/gradient_checks/test_autograd.py": "the reference, by a second opinion",
    "tests/lsnn_core/kernels/examples/test_mutants.py": "all files of this family of kernels",
    "tests/lsnn_core/kernels/neurons/test_mutants.py": "all files of this family of kernels",
    "tests/lsnn_core/kernels/eprop/test_mutants.py": "all files of this family of kernels",
    "tests/lsnn_core/test_extending_neuron.py": "the first chapter of `EXTENDING.md`",
    "tests/lsnn_core/rate/test_equations.py": "both cells in their network, forward",
    "tests/lsnn_core/rate/test_gradients.py": "both cells in their network, backward",
    "tests/lsnn_core/rate/test_overflow.py": "both cells in their network, at their limits",
    "tests/analysis/test_captions.py": "what the gallery says, all figures",
    "tests/analysis/test_print.py": "how the gallery prints, all figures",
    "tests/tasks/test_shipped_recipes.py": "the recipes of all tasks",
}


def taken(tree: ast.AST) -> Iterator[str]:
    """Yield what is imported from test modules, also by a script that a test starts: a text."""
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=names):
                places = [f"{module}.{name.name}" for name in names]
            case ast.Import(names=names):
                places = [name.name for name in names]
            case ast.Constant(value=str(text)) if "import" in text:
                yield from taken(parsed(text))
                continue
            case _:
                continue
        yield from (place for place in places if ".test_" in f".{place}")


def parsed(script: str) -> ast.Module:
    """Return a text as a program, an empty one if it is none."""
    try:
        return ast.parse(script)
    except SyntaxError:
        return ast.Module([], [])


def private_names(source: str) -> Iterator[str]:
    """Yield what a test takes from another file of the tests though its name says not to."""
    tree, modules = ast.parse(source), set()
    for line in ast.walk(tree):
        if isinstance(line, ast.ImportFrom) and str(line.module).partition(".")[0] == "tests":
            modules |= {name.asname or name.name for name in line.names}
            yield from (name.name for name in line.names if name.name.startswith("_"))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name) if module in modules:
                if name.startswith("_") and not name.startswith("__"):
                    yield f"{module}.{name}"


def has_its_module(path: Path) -> bool:
    """Whether a module, a folder of modules or a page has the name of a test or of its folder."""
    home, name = ROOT / path.parent.relative_to("tests"), path.stem.removeprefix("test_")
    return (
        (home / f"{name}.py").is_file()
        or (home / f"{name.upper()}.md").is_file()
        or home.name == name
        or home.with_suffix(".py").is_file()
    )


def test_no_test_module_takes_anything_from_another():
    assert [f"{path}: {x}" for path, s in SOURCES.items() for x in taken(ast.parse(s))] == []


def test_what_tests_share_has_a_public_name():
    assert [f"{path}: {x}" for path, s in SOURCES.items() for x in private_names(s)] == []


def test_a_test_stands_where_its_module_is():
    mirrored = [
        path
        for path in map(Path, SOURCES)
        if path.parts[1] in ("lsnn_core", "tasks", "analysis") and path.name.startswith("test_")
    ]
    alone = {str(path) for path in mirrored if not has_its_module(path)}

    assert len(mirrored) > 100
    assert alone == set(OTHERS)


def test_what_is_wrong_is_named():
    home = "tests"  # else this page would be taken for one that imports
    lines = f"from {home}.a.test_b import c", f"from {home}.a import test_d", "import numpy"
    script = f"S = 'from {home}.test_e import f'"

    assert list(taken(ast.parse("\n".join([*lines, script])))) == [
        f"{home}.a.test_b.c",
        f"{home}.a.test_d",
        f"{home}.test_e.f",
    ]
    private = f"from {home}.a import _b\nfrom {home}.c import d\nd._e"
    assert list(private_names(private)) == ["_b", "d._e"]
