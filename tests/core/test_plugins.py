"""Other packages add names to our groups; ours win, and a broken package is named."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

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


def test_the_installed_package_offers_its_own_names():
    assert {"train", "recipes", "inspect", "figure"} <= set(plugins.find(plugins.COMMANDS))
    assert {"smnist", "store-recall"} <= set(plugins.find(plugins.TASKS))
