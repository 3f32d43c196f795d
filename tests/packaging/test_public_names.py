"""What `lsnn_core` exports: loaded on first use, and known to type checkers as well."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import lsnn_core

PROBE = """
import sys, lsnn_core
before = {"numpy", "numba", "h5py"} & set(sys.modules)
from lsnn_core import LSNN
print(sorted(before), "numba" in sys.modules, vars(lsnn_core)["LSNN"] is LSNN)
"""


def declared_for_type_checkers():
    """Return (home, name) of every import that only type checkers see."""
    tree = ast.parse(Path(lsnn_core.__file__).read_text())
    block = next(node for node in tree.body if isinstance(node, ast.If))  # if TYPE_CHECKING
    return [(line.module, name.asname) for line in block.body for name in line.names]


@pytest.mark.parametrize("name", lsnn_core.__all__)
def test_a_name_is_that_of_its_home(name):
    value = getattr(lsnn_core, name)

    assert value.__name__ == name
    assert getattr(importlib.import_module(value.__module__), name) is value


def test_type_checkers_see_the_same_names_from_the_same_homes():
    homes = {(home, name) for name, home in lsnn_core._HOMES.items()}

    assert set(declared_for_type_checkers()) == homes


def test_nothing_is_loaded_before_its_first_use():
    command = [sys.executable, "-c", PROBE]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)

    assert result.stdout == "[] True True\n"


def test_dir_lists_them_all():
    assert {*lsnn_core.__all__, "__version__"} <= set(dir(lsnn_core))


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'LSTM'"):
        lsnn_core.LSTM  # noqa: B018
    with pytest.raises(ImportError, match="LSTM"):
        from lsnn_core import LSTM  # noqa: F401
