"""The wheel holds the three packages with their data, and nothing else."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from lsnn_core import __version__

ROOT = Path(__file__).parents[2]
PACKAGES = ["lsnn_core", "tasks", "analysis"]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    out = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "build",
        "--wheel",
        "--no-isolation",
        "--outdir",
        str(out),
        str(ROOT),
    ]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def files_in(folder):
    """Return the files of a package in this tree, as the wheel should name them."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    return {str(path.relative_to(ROOT)) for path in paths if "__pycache__" not in path.parts}


def test_it_holds_three_packages_and_its_metadata(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}

    assert tops == {*PACKAGES, f"lsnn-{__version__}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_ships(wheel, package):
    shipped = {name for name in wheel.namelist() if name.startswith(f"{package}/")}

    assert shipped == files_in(package)


@pytest.mark.parametrize(
    "name",
    [
        "lsnn_core/py.typed",
        "tasks/py.typed",
        "analysis/py.typed",
        "tasks/recipes/smnist-deepr.toml",
        "tasks/data/mnist/train-images-idx3-ubyte.gz",
        "analysis/lsnn.mplstyle",
        f"lsnn-{__version__}.dist-info/licenses/LICENSE",
    ],
)
def test_data_ships(wheel, name):
    assert name in wheel.namelist()


def test_the_metadata_name_command_licence_and_python(wheel):
    folder = f"lsnn-{__version__}.dist-info"
    metadata = wheel.read(f"{folder}/METADATA").decode()

    assert "License-Expression: BSD-3-Clause\n" in metadata
    assert "Requires-Python: >=3.11\n" in metadata
    assert "lsnn = lsnn_core.cli:main\n" in wheel.read(f"{folder}/entry_points.txt").decode()
