"""The README's Python examples run, and do what the words beside them say."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

README = Path(__file__).parents[2] / "README.md"
EXAMPLES = re.findall(r"^```python\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)


def run_example(first_words):
    """Execute the example that contains `first_words` and return its variables."""
    (example,) = (text for text in EXAMPLES if first_words in text)
    names: dict = {}
    exec(compile(example, str(README), "exec"), names)
    return names


@pytest.fixture(scope="module")
def simulated():
    return run_example("net.forward(x)")


def test_all_examples_are_tested_here():
    assert len(EXAMPLES) == 2


def test_the_network_spikes_and_answers(simulated):
    run, x = simulated["run"], simulated["x"]

    assert run.z.shape == (500, 32, 50)
    assert 1.0 < 1000 * run.z.mean() < 100.0  # Hz
    assert 1000 * x.mean() == pytest.approx(20.0, rel=0.05)
    assert simulated["loss"] == pytest.approx(np.mean((run.y - simulated["target"]) ** 2))


def test_a_small_step_down_its_gradient_lowers_the_loss(simulated):
    connections, gradient = simulated["connections"], simulated["gradient"]
    to_output = connections.target >= connections.layout.n  # no spike changes: a true derivative

    weight = connections.weight - 0.01 * to_output * gradient.weight
    stepped = replace(connections, weight=weight)
    y = replace(simulated["net"], connections=stepped).forward(simulated["x"]).y

    assert np.mean((y - simulated["target"]) ** 2) < simulated["loss"]
    assert np.count_nonzero(gradient.weight[~to_output]) > 0.5 * np.sum(~to_output)


def test_a_recipe_is_changed(capsys):
    config = run_example("configure(")["config"]

    assert capsys.readouterr().out == "(200.0, 1400.0)\n"
    assert config.training.batch == 64
