"""Imports stand at the top of a file, and go round in no circle: not even for type checkers.

Both are read from the sources of all three packages; nothing is imported. A package that is listed
in `CLEAN` has neither an import inside a function nor a part in a circle.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("lsnn_core", "tasks", "analysis")
CLEAN = PACKAGES

# What a function may import: not everyone has it.
OPTIONAL = {
    "espeakng_loader",  # the extra `speech`
    "mpi4py",  # the extra `mpi`
    "nir",  # the extra of this name
    "neo",  # the extra of this name, with its units
    "quantities",
    "grp", "pwd", "resource",  # not on Windows
}  # fmt: skip
# Folders of verbs, and a verb's file beside the task that it serves.
VERBS = {"commands", "command"}

Sources = Mapping[str, ast.Module]
Graph = Mapping[str, set[str]]


def sources() -> dict[str, ast.Module]:
    """Return the tree of every module; a package is called `NAME.__init__`."""
    return {
        ".".join(path.relative_to(ROOT).with_suffix("").parts): ast.parse(path.read_text("utf-8"))
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))


def outermost(line: ast.Import | ast.ImportFrom) -> set[str]:
    """Return the packages that a line imports from, "" for our own by dots."""
    if isinstance(line, ast.ImportFrom):
        return {"" if line.level else str(line.module).partition(".")[0]}
    return {name.name.partition(".")[0] for name in line.names}


def inside_functions(modules: Sources) -> list[str]:
    """Return where functions import what everyone has; verbs may: their help must be light."""
    return sorted(
        {
            f"{module}:{line.lineno}: {ast.unparse(line)}"
            for module, tree in modules.items()
            if not VERBS & {*module.split(".")}
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            for line in imports(node)
            if not outermost(line) <= OPTIONAL
        }
    )


def targets(module: str, line: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Return what a line may import, with all that may be no module of ours."""
    if isinstance(line, ast.Import):
        yield from (name.name for name in line.names)
        return
    above = module.split(".")[: -line.level] if line.level else []
    base = ".".join([*above, *([line.module] if line.module else [])])
    yield from (f"{base}.{name.name}" for name in line.names)


def graph(modules: Sources) -> Graph:
    """Return which modules each imports, under TYPE_CHECKING and inside functions as well.

    That a module's own packages are imported before it is left out: they cannot need it finished.
    """

    def home(target: str) -> str | None:
        """Return the module that a name is or comes from, None if that is not ours."""
        places = (target, f"{target}.__init__", target.rpartition(".")[0])
        places += (f"{places[-1]}.__init__",)
        return next((place for place in places if place in modules), None)

    def needs(module: str, tree: ast.Module) -> set[str]:
        homes = {home(target) for line in imports(tree) for target in targets(module, line)}
        return {name for name in homes if name is not None and name != module}

    return {module: needs(module, tree) for module, tree in modules.items()}


def circle(edges: Graph, start: str) -> list[str]:
    """Return the shortest way from a module back to itself, empty if there is none."""
    ways, seen = [[start]], set()
    for way in ways:
        for module in sorted(edges[way[-1]]):
            if module == start:
                return [*way, start]
            if module not in seen:
                seen.add(module)
                ways.append([*way, module])
    return []


def circles(modules: Sources, package: str) -> list[str]:
    edges = graph(modules)
    ways = (circle(edges, module) for module in modules if module.split(".")[0] == package)
    return [" -> ".join(way) for way in ways if way]


@pytest.mark.parametrize("package", CLEAN)
def test_no_function_imports(package):
    own = {name: tree for name, tree in sources().items() if name.split(".")[0] == package}

    assert len(own) > 1
    assert inside_functions(own) == []


@pytest.mark.parametrize("package", CLEAN)
def test_imports_go_round_in_no_circle(package):
    assert circles(sources(), package) == []


MADE_UP = {
    "p.__init__": "from .a import f",
    "p.a": "import numpy\nfrom .b.c import g\n\ndef f():\n    import resource",
    "p.b.__init__": "",
    "p.b.c": "if TYPE_CHECKING:\n    from ..d import T\n\nasync def g():\n    import json",
    "p.d": "from p import a\n\nclass T:\n    def h(self):\n        from . import b",
    "p.commands.e": "def run():\n    from ..a import f",
}


def test_what_is_wrong_is_named():
    modules = {name: ast.parse(text) for name, text in MADE_UP.items()}

    assert inside_functions(modules) == ["p.b.c:5: import json", "p.d:5: from . import b"]
    assert circles(modules, "p") == [
        "p.a -> p.b.c -> p.d -> p.a",
        "p.b.c -> p.d -> p.a -> p.b.c",
        "p.d -> p.a -> p.b.c -> p.d",
    ]
