"""The wheel holds the three packages and their data but no results; a source archive also tests."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from lsnn_core import __version__

ROOT = Path(__file__).parents[2]
PACKAGES = ["lsnn_core", "tasks", "analysis"]
RESULTS = ("analysis/results/", "analysis/gallery/", "analysis/GALLERY.md")  # in a clone alone
MOST_MB = 14  # MNIST has 11.6


def built(kind, out, source=ROOT):
    command = [sys.executable, "-m", "build", f"--{kind}", "--no-isolation", "--outdir", str(out)]
    subprocess.run([*command, str(source)], check=True, capture_output=True, timeout=120)
    return next(out.iterdir())


@pytest.fixture(scope="session")
def wheel(tmp_path_factory):
    with zipfile.ZipFile(built("wheel", tmp_path_factory.mktemp("wheel"))) as opened:
        yield opened


@pytest.fixture(scope="session")
def sdist(tmp_path_factory):
    with tarfile.open(built("sdist", tmp_path_factory.mktemp("sdist"))) as opened:
        yield opened


def shipped_from(archive):
    """Return the files of a source archive, as they are named in this tree."""
    return {name.partition("/")[2] for name in archive.getnames()}


def files_in(folder):
    """Return the files of a package in this tree, as the wheel should name them."""
    paths = (path for path in (ROOT / folder).rglob("*") if path.is_file())
    names = {path.relative_to(ROOT).as_posix() for path in paths if "__pycache__" not in path.parts}
    return {name for name in names if not name.startswith(RESULTS)}


def test_it_holds_three_packages_and_its_metadata(wheel):
    tops = {name.split("/")[0] for name in wheel.namelist()}

    assert tops == {*PACKAGES, f"lsnn-{__version__}.dist-info"}


@pytest.mark.parametrize("package", PACKAGES)
def test_every_file_of_a_package_ships(wheel, package):
    shipped = {name for name in wheel.namelist() if name.startswith(f"{package}/")}

    assert shipped == files_in(package)


def test_it_is_as_small_as_its_data_allow(wheel):
    assert Path(wheel.filename).stat().st_size < MOST_MB * 1e6


def test_the_source_archive_holds_what_the_tests_need_and_no_results(sdist):
    shipped = shipped_from(sdist)

    assert Path(sdist.name).stat().st_size < MOST_MB * 1e6
    assert not [name for name in shipped if name.startswith(RESULTS)]
    assert set.union(*map(files_in, [*PACKAGES, "tests", ".ci"])) <= shipped
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "pyproject.toml"} <= shipped


def test_the_source_archive_builds_the_same_wheel(sdist, wheel, tmp_path):
    sdist.extractall(tmp_path, filter="data")

    again = built("wheel", tmp_path / "out", next(tmp_path.iterdir()))

    assert set(zipfile.ZipFile(again).namelist()) == set(wheel.namelist())


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
