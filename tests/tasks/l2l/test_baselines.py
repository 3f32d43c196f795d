"""Baselines of learning to learn, and what is recorded of a network."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.settings import from_mapping
from tasks.l2l.backprop import Backprop, error_of_backprop, loss_and_gradient
from tasks.l2l.episodes import L2LSettings
from tasks.l2l.families import family, network_output
from tasks.l2l.linear import error_of_all, error_of_preceding
from tasks.l2l.probe import internal_model
from tasks.l2l.record import l2l_recordings, on_a_line
from tasks.l2l.task import LearningToLearn
from tests.helpers.toy_task import toy_network

RNG = np.random.default_rng


def task(name: str = "target-networks", **settings) -> LearningToLearn:
    small = {"name": "l2l", "family": name, "examples": 12, "hold_ms": 4, "code_size": 5}
    return LearningToLearn(from_mapping(L2LSettings, {**small, "code_width": 0.2, **settings}))


def test_a_linear_function_is_predicted_from_three_examples_on():
    x = RNG(0).normal(size=(3, 20, 2))
    target = x @ [2.0, -1.0] + 0.5

    assert error_of_all(x, target).max() < 1e-20
    before = error_of_preceding(x, target)
    assert before[:, 3:].max() < 1e-20
    assert before[:, :3].min() > 1e-6
    np.testing.assert_allclose(before[:, 0], target[:, 0] ** 2)


def test_the_fit_on_all_pairs_is_least_squares():
    x, target = RNG(1).normal(size=(1, 30, 2)), RNG(2).normal(size=(1, 30))
    found = error_of_all(x, target).mean()
    A = np.c_[x[0], np.ones(30)]
    w = np.linalg.solve(A.T @ A, A.T @ target[0])

    assert found == pytest.approx(np.mean((A @ w - target[0]) ** 2))


def test_the_gradient_of_the_small_network_is_its_derivative():
    rng = RNG(3)
    p, x, target = rng.normal(size=(4, 40)), rng.normal(size=(4, 2)), rng.random(4)
    _, g = loss_and_gradient(p, x, target, 0.1)
    step, h = rng.normal(size=p.shape), 1e-6
    up, down = (loss_and_gradient(p + s * h * step, x, target, 0.1)[0] for s in (1, -1))

    np.testing.assert_allclose((up - down) / (2 * h), (g * step).sum(1), rtol=1e-8)


def test_backpropagation_learns_a_network_of_its_own_kind():
    f, rng = family("target-networks"), RNG(4)
    functions = f.draw(10, rng)
    x = rng.uniform(-10, 10, (10, 500, 2))
    target = f.evaluate(functions, x)
    error = error_of_backprop(x, target, rng)

    assert error[:, 300:].mean() < 0.3 * target.var(axis=1).mean()
    still = error_of_backprop(x, target, RNG(5), Backprop(lr=0.0))
    assert still[:, 300:].mean() > 2 * error[:, 300:].mean()


def test_the_first_guess_of_the_small_network_is_its_output():
    x, target = RNG(6).normal(size=(2, 1, 2)), RNG(7).random((2, 1))
    p = RNG(8).normal(size=(2, 40))
    loss, _ = loss_and_gradient(p, x[:, 0], target[:, 0], 0.0)

    np.testing.assert_allclose(loss, ((network_output(p, x) - target) ** 2)[:, 0])


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
