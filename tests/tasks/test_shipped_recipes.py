"""Every shipped recipe makes a task and a network, and those of the paper's Fig. 1B take a step."""

from __future__ import annotations

import pytest

from lsnn_core.config.recipes import configure, find_recipes
from lsnn_core.learning.learner import Learner
from lsnn_core.learning.models import make_learner, make_task

FIG_1B = [
    f"smnist-{model}{ms}"
    for model in ("deepr", "deepr-700", "lsnn", "lif", "lstm", "rnn")
    for ms in ("", "-2ms")
]
NEEDS_DATA = ("timit", "shd")  # of the user's own
ONE_MS = [name for name in FIG_1B if "2ms" not in name]


def learner(name: str, **training: int) -> Learner:
    config = configure(name, [f"training.{key}={value}" for key, value in training.items()])
    return make_learner(config, make_task(config))


@pytest.mark.parametrize("name", [n for n in find_recipes() if not n.startswith(NEEDS_DATA)])
def test_a_recipe_makes_a_task_and_a_network(name):
    config = configure(name)

    assert config.name == name
    assert len(config.title) > 20
    learner(name, batch=2, threads=1).close()


@pytest.mark.parametrize("name", [*ONE_MS, "smnist-population", "store-recall"])
def test_a_step_changes_the_weights(name):
    rate = configure(name).network.model != "lsnn"
    t = learner(name, batch=2 if rate else 32, threads=1)
    before = t.stored().tree["weights"]
    outcome = t.gradient(t.batch(0), 0)
    t.update(outcome, 0.01, 0)
    after = t.stored().tree["weights"]
    t.close()

    assert 0.5 < outcome.loss < 20
    b_out = ("dense", "b_out") if rate else ("b_out",)
    assert (value(before, b_out) != value(after, b_out)).all()


def value(tree, path):
    for name in path:
        tree = tree[name]
    return tree


@pytest.mark.parametrize("name", ONE_MS)
def test_two_ms_a_pixel_differ_by_time_alone(name):
    one, two = configure(name), configure(f"{name}-2ms")
    tau = two.network.tau_a_ms

    assert (one.task.pop("steps_per_pixel"), two.task.pop("steps_per_pixel")) == (1, 2)
    assert one.task == two.task
    assert tau == (1400.0 if two.network.n_adaptive else 700.0)  # 700: the default, without effect
    assert (one.training, one.loss, one.rewiring) == (two.training, two.loss, two.rewiring)
