"""What is recorded of a network that learns, and how its internal model is asked for."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.settings import from_mapping
from tasks.l2l.episodes import L2LSettings
from tasks.l2l.linear import error_of_all
from tasks.l2l.probe import internal_model
from tasks.l2l.record import l2l_recordings, on_a_line
from tasks.l2l.task import LearningToLearn
from tests.helpers.toy_task import toy_network


def task(name: str = "target-networks", **settings) -> LearningToLearn:
    small = {"name": "l2l", "family": name, "examples": 12, "hold_ms": 4, "code_size": 5}
    return LearningToLearn(from_mapping(L2LSettings, {**small, "code_width": 0.2, **settings}))


def test_asking_does_not_change_what_follows_and_answers_follow_from_the_state():
    t = task("sine")
    net = toy_network(n_in=t.n_in, n_out=1)
    episodes = t.batch(0, 3, seed=1).episodes
    points = np.linspace(-5, 5, 6)[:, None]
    often = internal_model(t.code, net, episodes, [1, 2, 5], points)
    once = internal_model(t.code, net, episodes, [5], points)

    assert often.shape == (3, 3, 6)
    np.testing.assert_array_equal(often[:, 2], once[:, 0])
    assert np.ptp(often) > 0


def test_adversarial_examples_lie_on_a_line():
    t = task("sine")
    episodes = on_a_line(t.code, 2, seed=1)

    assert error_of_all(episodes.x, episodes.target).max() < 1e-20
    assert np.abs(episodes.target).max() <= 5


@pytest.mark.parametrize("name", ["sine", "target-networks"])
def test_recordings_hold_what_the_figures_need(name):
    t = task(name)
    found = l2l_recordings(t.code, toy_network(n_in=t.n_in, n_out=1), seed=1)

    assert found["errors"]["guess"].shape == found["errors"]["linear_preceding"].shape == (50, 12)
    assert ("backprop" in found["errors"]) == (name == "target-networks")
    assert found["probes"]["guess"].shape == (4, 5, 41)  # after 1, 2, 3, 5 and 10
    assert found["adversarial"]["shown_x"].shape == (2, 10)
    assert found["samples"]["value"].shape == (8, 41)


def test_trained_on_few_examples_a_network_is_judged_on_many():
    t = task("sine", test_examples=30)
    found = l2l_recordings(t.code, toy_network(n_in=t.n_in, n_out=1), seed=1)
    errors = found["errors"]

    assert t.n_steps == 12 * 4
    assert errors["guess"].shape == errors["linear_preceding"].shape == (50, 30)
    assert errors["linear_others"].shape == (50,)
    assert errors["gaussian_process"].shape == (30,)
    assert found["probes"]["after"].tolist() == [1, 2, 3, 5, 10, 20]
    in_sample = errors["linear_all"].mean(1)
    assert (errors["linear_others"] > in_sample).all()
    assert errors["gaussian_process"][5:].max() < 1e-3 < errors["gaussian_process"][0]


@pytest.mark.parametrize("code", ["regular", "bernoulli"])
def test_other_codes_are_recorded_when_asked_for(code):
    t = task("sine", code=code, transfer=True, internal_readouts=2)
    net = toy_network(n_in=t.n_in, n_out=t.n_out)
    found = l2l_recordings(t.code, net, seed=1)["other_codes"]

    assert sorted([code, *found]) == ["bernoulli", "random-phase", "regular"]
    other = task("sine", code="random-phase", internal_readouts=2)
    errors = l2l_recordings(other.code, net, seed=1)["errors"]
    expected = ((errors["guess"] - errors["target"]) ** 2).mean(1)
    np.testing.assert_allclose(found["random-phase"], expected, rtol=1e-5)
    assert "other_codes" not in l2l_recordings(other.code, net, seed=1)
