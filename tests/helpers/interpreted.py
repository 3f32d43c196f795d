"""Run the kernels' own source text in the Python interpreter, as it is or with a mistake put in.

The copy lives in a folder of its own. Where the kernels use vector registers and the compiler it
gets their twins from `in_python`, so that each of dozens of mutants costs no compilation, and an
index outside an array is an error.
"""

from __future__ import annotations

import importlib
import pathlib
import shutil
from collections.abc import Callable, Mapping

import numpy as np
import pytest

from lsnn_core import kernels
from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.simulation import eprop_block, example_block, neuron_block

ORIGINAL = pathlib.Path(kernels.__file__).parent
TWINS = pathlib.Path(__file__).parent / "in_python"
RUN = ("run_forward", "run_backward", "complete_adaptation", "count_spikes")
WITHOUT_CACHE = shutil.ignore_patterns("__pycache__")


def use_interpreted_kernels(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: pathlib.Path,
    old: str | None = None,
    new: str = "",
    where: str = "",
) -> None:
    """Let all kinds of blocks run a copy of the kernels, with `new` for the one `old`.

    `where`: the file with the mistake, or a folder with all of its files.
    """
    name = f"kernels_{tmp_path.name}"
    folder = tmp_path / name
    shutil.copytree(ORIGINAL, folder, ignore=WITHOUT_CACHE)
    if old is not None:
        _replace(folder / where, old, new)
    shutil.copytree(TWINS, folder, dirs_exist_ok=True, ignore=WITHOUT_CACHE)
    monkeypatch.syspath_prepend(tmp_path)
    for block, module, functions in (
        (example_block, "examples.run", RUN),
        (neuron_block, "neurons.run", ("part", "run_segments", "run_segment_back")),
        (neuron_block, "neurons.sharing", ("stop_workers",)),
        (eprop_block, "eprop.run", ("run_part",)),
        (eprop_block, "eprop.errors", ("take_errors",)),
    ):
        copy = importlib.import_module(f"{name}.{module}")
        for function in functions:
            monkeypatch.setattr(block, function, getattr(copy, function))


def largest_error(differences: Callable[[], Mapping[str, float]]) -> float:
    """The largest of `differences()`, infinite where the kernels end before there are any."""
    try:
        with np.errstate(over="ignore"):  # the hash of the noise wraps around
            return max(differences().values())
    except (IndexError, UsageError):  # an index out of bounds, events that are none
        return float("inf")


def small_case(name: str, **options: object) -> Case:
    """A drawn network that is small enough for the interpreter."""
    sizes = {"n_in": 5, "n": 11, "n_out": 2, "n_regular": 5, "n_steps": 24, "batch": 3}
    return random_case(name, np.random.default_rng(3), CaseOptions(**{**sizes, **options}))  # type: ignore[arg-type]


def _replace(place: pathlib.Path, old: str, new: str) -> None:
    files = [place] if place.is_file() else sorted(place.glob("*.py"))
    holding = [path for path in files for _ in range(path.read_text().count(old))]
    names = [path.name for path in holding]
    assert len(holding) == 1, f"{old!r} should be in {place.name} once, is in {names}"
    holding[0].write_text(holding[0].read_text().replace(old, new))
