"""Kinds of results, told from the configurations of the shipped recipes."""

from __future__ import annotations

import pytest

from analysis.reading.kinds import KINDS, kind_of
from analysis.reading.published import row_of
from analysis.reading.run import open_run
from lsnn_core.config.recipes import configure, find_recipes
from lsnn_core.config.tables import to_toml
from tests.helpers.run_files import write_run

WITHOUT_ROW = {"shd-lif", "shd-lsnn", "store-recall"}  # not in the paper, nor in its table
AS_PUBLISHED = ["smnist-deepr", "smnist-lsnn", "smnist-lif", "smnist-rnn", "smnist-population",
                "smnist-deepr-700"]  # fmt: skip
OURS = ["smnist-deepr-trained", "smnist-deepr-700-trained", "smnist-lif-trained",
        "smnist-rnn-trained", "smnist-lstm-trained", "smnist-lstm", "l2l-tn-paper", "l2l-sine",
        "navigation", "navigation-trained"]  # fmt: skip
BEYOND = ["smnist-delays", "smnist-delays-lif", "smnist-delays-learned", "smnist-delays-2ms",
          "smnist-delays-2ms-lif", "smnist-permuted-delays", "smnist-permuted-delays-lif",
          "smnist-delays-700", "l2l-tn", "l2l-tn-regular",
          "timit-standin-paper"]  # fmt: skip


@pytest.fixture
def kind(tmp_path):
    def kind(recipe, *overrides):
        config = to_toml(configure(recipe, overrides))
        with open_run(write_run(tmp_path / "run.h5", {"config": config})) as run:
            return kind_of(run, row_of(run.recipe))

    return kind


def test_every_shipped_recipe_has_a_row():
    shipped = {name for name, path in find_recipes().items() if "tasks" in path.parts}

    assert {name for name in shipped if row_of(name) is None} == WITHOUT_ROW


@pytest.mark.parametrize(
    ("expected", "recipe"),
    [
        (k, recipe)
        for k, all_of in zip(KINDS, (AS_PUBLISHED, OURS, BEYOND), strict=True)
        for recipe in all_of
    ],
)
def test_shipped_recipes_are_of_the_kind_that_they_claim(kind, expected, recipe):
    assert kind(recipe) == expected


@pytest.mark.parametrize(
    ("expected", "override"),
    [
        ("a", "seed=3"),
        ("a", "training.threads=1"),
        ("a", "training.average=0.999"),
        ("b", "training.batch=64"),
        ("b", "training.clip_norm=1.0"),
        ("c", "network.delays=150"),
        ("c", "network.beta=0.4"),
        ("c", "task.permuted=true"),
        ("c", 'training.learn=["tau_m"]'),
    ],
)
def test_a_setting_changes_the_kind(kind, expected, override):
    assert kind("smnist-deepr", override) == expected
