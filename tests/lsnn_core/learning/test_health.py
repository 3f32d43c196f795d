"""Silent, saturated and exploding populations are told of, once, with what helps."""

from __future__ import annotations

import re

import pytest

from lsnn_core.learning.health import IN_A_ROW, Health
from lsnn_core.learning.metrics import Metrics
from tests.helpers.program import lsnn, train
from tests.helpers.tiny_runs import tiny_config


def told(values: list[dict[str, float]]) -> list[str]:
    health, metrics, lines = Health(tiny_config("lsnn", seed=1)), Metrics(), []
    for step, recorded in enumerate(values, 1):
        metrics.add(step, {f"train/{name}": value for name, value in recorded.items()})
        lines += health.look(metrics)
    return lines


def test_a_healthy_network_says_nothing():
    rates = {"rate_R_hz": 10.0, "rate_A_hz": 20.0, "gradient_norm_W_rec": 3.0}
    assert told([rates] * 30) == []


@pytest.mark.parametrize(
    ("rates", "words"),
    [
        ({"rate_R_hz": 0.0, "rate_A_hz": 5.0}, "population R has been silent .* lower network.b0"),
        ({"rate_R_hz": 5.0, "rate_A_hz": 0.0}, "population A has been silent"),
        ({"rate_A_hz": 900.0}, "population A has fired at 900 Hz, .* higher network.b0"),
    ],
)
def test_it_is_said_once_when_it_lasts(rates, words):
    assert told([rates] * (IN_A_ROW - 1)) == []
    assert told(([rates] * (IN_A_ROW - 1) + [{name: 5.0 for name in rates}]) * 3) == []
    (line,) = told([rates] * 30)
    assert re.search(words, line)


def test_an_exploding_gradient_is_said_at_once():
    (line,) = told([{"gradient_norm_W_rec": 2e6}, {"gradient_norm_W_rec": 3e6}])
    assert "gradient of W_rec" in line
    assert "training.clip_norm=1" in line


def test_a_silent_run_goes_on_and_says_so(tmp_path):
    done = lsnn(*train(tmp_path / "run.h5", network__b0=1e6, training__iterations=14))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("has been silent for 10 iterations") == 2  # R and A


def test_a_saturated_run_goes_on_and_says_so(tmp_path):
    excited = {"network__dale": "true", "network__inhibitory_fraction_in": 0}
    excited |= {"network__inhibitory_fraction_rec": 0, "network__b0": 1e-9, "network__n_ref": 0}
    excited |= {"network__beta": 0, "network__connectivity": 1.0, "task__symbol_ms": 40}
    done = lsnn(*train(tmp_path / "run.h5", training__iterations=12, **excited))
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("near the most that network.n_ref allows, for 10 iterations") == 2


def test_potentials_that_explode_are_told_of_by_the_loss(tmp_path):
    wild = {"training__lr": 1e12, "rewiring__policy": "none", "training__iterations": 14}
    done = lsnn(*train(tmp_path / "run.h5", **wild))
    assert done.returncode == 0, done.stderr
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("warning: ")]
    assert "weights, and potentials with them, explode; try a lower training.lr" in line
