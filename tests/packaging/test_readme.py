"""The README's Python examples run, and do what the words beside them say."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.helpers.run_files import write_run

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
    assert len(EXAMPLES) == 3


def test_metrics_are_one_line_away_from_pandas(tmp_path, monkeypatch):
    pytest.importorskip("pandas")
    run = {"config": "", "metrics": {"train": {"loss": {"step": [1, 2], "value": [0.5, 0.25]}}}}
    write_run(tmp_path / "run.h5", run)
    monkeypatch.chdir(tmp_path)
    metrics = run_example("metric_table")["metrics"]
    assert metrics.columns.tolist() == ["metric", "iteration", "value"]
    assert metrics.values.tolist() == [["train/loss", 1, 0.5], ["train/loss", 2, 0.25]]


def test_a_network_learns_what_the_words_say(simulated):
    run, net = simulated["run"], simulated["net"]

    assert simulated["accuracy"] >= 0.95
    assert run.z.shape == (220, 64, 60)
    assert 5.0 < run.rate_hz.mean() < 60.0
    assert net.connections.count("W_rec") != simulated["connections"].count("W_rec")  # rewired
    assert len(net.connections) == len(simulated["connections"])
    assert simulated["gradient"].W_rec.shape == (60, 60)


def test_the_loop_is_thirty_lines():
    (example,) = (text for text in EXAMPLES if "net.forward(x)" in text)
    lines = [line for line in example.splitlines() if line.strip()]
    assert len(lines) <= 30


def test_a_recipe_is_changed(capsys):
    config = run_example("configure(")["config"]

    assert capsys.readouterr().out == "(200.0, 1400.0)\n"
    assert config.training.batch == 64
