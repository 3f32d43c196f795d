"""Run the kernels' own source text in the Python interpreter, as it is or with a mistake put in.

The copy lives in a folder of its own. Where the kernels use vector registers and the compiler it
gets their twins from `in_python`, so that each of dozens of mutants costs no compilation, and an
index outside an array is an error.
"""

from __future__ import annotations

import importlib
import pathlib
import shutil

import pytest

from lsnn_core import kernels, lane_block

ORIGINAL = pathlib.Path(kernels.__file__).parent
TWINS = pathlib.Path(__file__).parent / "in_python"
WITHOUT_CACHE = shutil.ignore_patterns("__pycache__")


def use_interpreted_kernels(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    old: str | None = None,
    new: str = "",
) -> None:
    """Let `lane_block` run a copy of the kernels, in which `new` stands for the one `old`."""
    name = f"kernels_{tmp_path.name}"
    folder = tmp_path / name
    shutil.copytree(ORIGINAL, folder, ignore=WITHOUT_CACHE)
    if old is not None:
        _replace(folder, old, new)
    shutil.copytree(TWINS, folder, dirs_exist_ok=True, ignore=WITHOUT_CACHE)
    monkeypatch.syspath_prepend(tmp_path)
    run = importlib.import_module(f"{name}.run")
    for function in ("run_forward", "run_backward", "sum_lanes"):
        monkeypatch.setattr(lane_block, function, getattr(run, function))


def _replace(folder: pathlib.Path, old: str, new: str) -> None:
    walked = [path for path in folder.glob("*.py") if not path.name.startswith("single")]
    found = [path for path in walked for _ in range(path.read_text().count(old))]
    names = [path.name for path in found]
    assert len(found) == 1, f"{old!r} should be in the kernels once, is in {names}: mend the list"
    found[0].write_text(found[0].read_text().replace(old, new))
