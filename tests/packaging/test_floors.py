"""The lowest versions that are declared are the ones that are tried."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
REQUIREMENT = re.compile(r"([A-Za-z0-9_-]+)(>=|==)([0-9.]+)")

OTHERS = {"pyparsing": "3.2"}  # what a declared package needs so old


def versions(lines, sign):
    """Return the version of each package, numbers without zeros at their end."""
    found = [REQUIREMENT.fullmatch(line).groups() for line in lines]
    assert {used for _, used, _ in found} == {sign}
    return {name: re.sub(r"(\.0)+$", "", number) for name, _, number in found}


def test_the_oldest_versions_are_the_declared_floors():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = [*project["dependencies"], *project["optional-dependencies"]["test"]]
    lines = (ROOT / ".ci" / "oldest.txt").read_text().splitlines()

    tried = versions([line for line in lines if not line.startswith("#")], "==")

    assert tried == {**versions(declared, ">="), **OTHERS}
