"""Run files that a stranger changed: how they are changed, and how they are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from lsnn_core.cli import main
from tests.helpers.mutations import replace_dataset

BAD_FILE = 3


def put(path: Path, name: str, change: Any) -> None:
    """Store `change`, or what it makes of the array that is there, under the same attributes."""
    with h5py.File(path, "r+") as file:
        replace_dataset(file, name, change(file[name][()]) if callable(change) else change)


def first(value: Any, dtype: Any = None) -> Any:
    """A change of an array's first number."""

    def change(array: Any) -> Any:
        array = np.array(array, dtype or array.dtype)
        array.flat[0] = value
        return array

    return change


def refused(path: Path, capsys: Any, verb: str, code: int = BAD_FILE) -> str:
    before = path.read_bytes()
    assert main([verb, str(path)]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1), err
    assert path.read_bytes() == before
    return str(err)
