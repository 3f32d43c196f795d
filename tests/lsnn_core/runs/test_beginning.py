"""A run that starts from another's weights: these, a fresh optimiser, and a word in its history."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.errors import UsageError
from lsnn_core.files import read_run
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.beginning import begin_from
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.program import train
from tests.helpers.tiny_runs import tiny_config


def fresh(model: str, **changes: Any) -> Trainer:
    config = tiny_config(model, **{"seed": 1, **changes})
    return Trainer(config, make_task(config))


def trained(path: Path, model: str, **changes: Any) -> Trainer:
    """Two iterations, in a file."""
    trainer = fresh(model, **changes)
    trainer.step()
    trainer.step()
    TrainingRun(trainer, path).save("interrupted")
    return trainer


def flat(tree: dict[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in tree.items():
        below = flat(value) if isinstance(value, dict) else {"": value}
        found |= {f"{name}/{key}": part for key, part in below.items()}
    return found


@pytest.mark.parametrize("model", ["lsnn", "lstm"])
def test_weights_are_the_others_and_the_optimiser_is_fresh(tmp_path, model):
    before = trained(tmp_path / "run.h5", model)
    after = fresh(model)
    untouched = flat(after.learner.stored().tree["resume"])
    step = begin_from(after, tmp_path / "run.h5")
    old, new = (flat(t.learner.stored().tree["weights"]) for t in (before, after))
    assert old.keys() == new.keys()
    for name, value in old.items():
        np.testing.assert_array_equal(new[name], value, err_msg=name)
    for name, value in flat(after.learner.stored().tree["resume"]).items():
        np.testing.assert_array_equal(value, untouched[name], err_msg=name)
    assert (step["from"]["iteration"], step["from"]["seed"], after.iteration) == (2, 1, 0)
    after.step()


def test_what_was_learned_of_neurons_goes_along(tmp_path):
    learned = {"training.learn": ["tau_a"], "rewiring.policy": "none"}
    before, after = trained(tmp_path / "run.h5", "lsnn", **learned), fresh("lsnn", **learned)
    first = after.learner.net.neurons.tau_a_ms
    begin_from(after, tmp_path / "run.h5")
    found = after.learner.net.neurons.tau_a_ms
    assert not np.array_equal(found, first)
    np.testing.assert_array_equal(found, before.learner.net.neurons.tau_a_ms)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"network.n_regular": 11}, "has network.n_regular = 10, expected 11"),
        ({"training.dtype": "float64"}, "training.dtype"),
        ({"network.delays": 2}, "weights/W_in/delay is outside 1 ... 2 steps"),
        ({"network.tau_m_ms": 15}, "neurons/tau_m_ms is not what the configuration says"),
    ],
)
def test_another_network_is_refused_by_name(tmp_path, change, words):
    trained(tmp_path / "run.h5", "lsnn")
    with pytest.raises(UsageError, match=r"^--from ") as caught:
        begin_from(fresh("lsnn", **change), tmp_path / "run.h5")
    assert words in str(caught.value)


def test_the_program_tells_the_file_where_it_began(tmp_path, capsys):
    first, path = tmp_path / "first.h5", tmp_path / "run.h5"
    assert main(train(first, training__iterations=2, seed=7)) == 0
    again = ["--from", str(first), "--set=training.lr=0.001"]
    assert main([*train(path, training__iterations=2), *again]) == 0
    with read_run(path) as run:
        (step,) = run.environment["history"]
        assert (step["from"]["run"], run.seeds["seed"]) == (str(first), run.seeds["seed"])
        assert run.environment["command"].endswith("--from first.h5")
        assert len(step["from"]["sha256"]) == 64
    assert main(["resume", str(path), "--set", "training.iterations=3"]) == 0
    capsys.readouterr()
