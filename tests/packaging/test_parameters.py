"""No function takes more than eight parameters: what belongs together goes in one named tuple."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("lsnn_core", "tasks", "analysis", "tests")
MOST = 8

Function = ast.FunctionDef | ast.AsyncFunctionDef


def functions(tree: ast.Module) -> Iterator[Function]:
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def parameters(function: Function) -> list[str]:
    """Return the names of all parameters but a method's own object."""
    given = function.args
    placed = [*given.posonlyargs, *given.args]
    if placed and placed[0].arg in ("self", "cls"):
        placed = placed[1:]
    rest = [argument for argument in (given.vararg, given.kwarg) if argument is not None]
    return [argument.arg for argument in (*placed, *given.kwonlyargs, *rest)]


def crowded(name: str, tree: ast.Module) -> list[str]:
    counted = ((f"{name}:{f.lineno} {f.name}", len(parameters(f))) for f in functions(tree))
    return [f"{place}: {count}" for place, count in counted if count > MOST]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_function_takes_more_than_eight_parameters(package):
    paths = sorted((ROOT / package).rglob("*.py"))
    trees = ((str(path.relative_to(ROOT)), ast.parse(path.read_text("utf-8"))) for path in paths)

    assert len(paths) > 10
    assert [place for name, tree in trees for place in crowded(name, tree)] == []


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("def f(a, b, /, c, *d, e, **g): pass", 6),
        ("async def f(a): pass", 1),
        ("class A:\n    def f(self, a): pass", 1),
        ("class A:\n    @classmethod\n    def f(cls): pass", 0),
    ],
)
def test_every_kind_of_parameter_is_counted(text, count):
    (function,) = functions(ast.parse(text))

    assert len(parameters(function)) == count


def test_a_crowded_function_is_named():
    tree = ast.parse("\ndef f(a, b, c, d, e, g, h, i, *, j=1): pass")

    assert crowded("p.py", tree) == ["p.py:2 f: 9"]
