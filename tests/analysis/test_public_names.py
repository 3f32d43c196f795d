"""What `analysis` hands on, and what it loads for that."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import analysis

ROOT = Path(__file__).parents[2]
HEAVY = ("matplotlib", "h5py", "numba")


def loaded_by(code):
    """Return which heavy packages another Python process has loaded after `code`."""
    code += f"\nimport sys; print(*[name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_importing_the_package_and_its_verbs_loads_nothing_heavy():
    verbs = "import analysis, analysis.commands.figure, analysis.commands.gallery"

    assert loaded_by(verbs) == []


def test_reading_a_run_does_not_load_matplotlib():
    everything = (
        "import pkgutil, importlib, analysis.reading as package\n"
        "for module in pkgutil.iter_modules(package.__path__):\n"
        "    importlib.import_module(f'analysis.reading.{module.name}')"
    )

    assert loaded_by(everything) == ["h5py"]
    assert loaded_by("from analysis import open_run") == ["h5py"]


def test_drawing_a_panel_does():
    assert "matplotlib" in loaded_by("from analysis import raster")


def test_every_name_is_handed_on_once():
    names = analysis.__all__

    assert {"raster", "open_run", "connectivity", "PALETTE", "RunFigure", "save"} <= set(names)
    assert sorted(set(names)) == names
    assert [name for name in names if not hasattr(analysis, name)] == []
    assert set(names) <= set(dir(analysis))


def test_a_panel_is_its_function_not_the_module_of_that_name():
    from analysis.panels.raster import raster

    assert analysis.raster is analysis.panels.raster is raster


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'rastre'"):
        getattr(analysis, "rastre")  # noqa: B009
