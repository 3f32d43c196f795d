"""Other packages add names to our groups; ours win, and a broken package is named."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

import lsnn_core
from lsnn_core import plugins
from lsnn_core.errors import LsnnError, UsageError


class Package:
    def __init__(self, name):
        self.name = name


def point(name, value, package="other"):
    made = EntryPoint(name, value, plugins.TASKS)
    vars(made)["dist"] = Package(package)
    return made


@pytest.fixture
def offered(monkeypatch):
    points = []
    monkeypatch.setattr(plugins, "entry_points", lambda group: list(points))
    return points


def test_a_name_stands_for_its_object(offered):
    offered.append(point("root", "math:sqrt"))

    assert plugins.load(plugins.TASKS, "root")(9) == 3


@pytest.mark.parametrize("reverse", [False, True])
def test_our_own_names_win(offered, reverse):
    offered += [point("a", "math:sin", "lsnn"), point("a", "math:cos", "aaa")][
        :: -1 if reverse else 1
    ]

    assert plugins.find(plugins.TASKS)["a"].value == "math:sin"


def test_a_misspelt_name_gets_the_nearest(offered):
    offered.append(point("smnist", "math:sqrt"))

    with pytest.raises(UsageError, match="task 'snmist' does not exist; did you mean 'smnist'"):
        plugins.load(plugins.TASKS, "snmist")


@pytest.mark.parametrize("value", ["math:no_such_thing", "no_such_module:thing"])
def test_a_broken_package_is_named(offered, value):
    offered.append(point("broken", value))

    with pytest.raises(
        LsnnError, match=r"task 'broken' cannot be loaded.*no_such.*reinstall other"
    ):
        plugins.load(plugins.TASKS, "broken")


@pytest.mark.parametrize(
    ("files", "argv", "kind", "package"),
    [
        ({"tasks.py": ""}, ["train", "store-recall"], "file", "tasks"),
        ({"tasks.py": "raise SystemExit('mine was run')"}, ["recipes"], "file", "tasks"),
        ({"analysis/__init__.py": ""}, ["figure", "fig1", "run.h5"], "folder", "analysis"),
    ],
)
def test_a_file_of_the_user_that_hides_a_package_is_named(tmp_path, files, argv, kind, package):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    path = os.pathsep.join([str(tmp_path), str(Path(lsnn_core.__file__).parents[1])])
    done = subprocess.run(
        [sys.executable, "-m", "lsnn_core", *argv],
        cwd=tmp_path, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True,
    )  # fmt: skip

    hiding = tmp_path / next(iter(files)).partition("/")[0]
    assert done.returncode == 1
    assert done.stderr.startswith(f"lsnn: error: {hiding}: this {kind} hides the package")
    assert f"{package!r} of lsnn" in done.stderr
    assert "rename it" in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_folder_without_init_hides_nothing(tmp_path):
    (tmp_path / "tasks").mkdir()
    command = [sys.executable, "-m", "lsnn_core", "recipes"]
    path = {**os.environ, "PYTHONPATH": str(Path(lsnn_core.__file__).parents[1])}
    done = subprocess.run(command, cwd=tmp_path, env=path, capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")


def test_the_installed_package_offers_its_own_names():
    assert {"train", "recipes", "inspect", "figure"} <= set(plugins.find(plugins.COMMANDS))
    assert {"smnist", "store-recall"} <= set(plugins.find(plugins.TASKS))
