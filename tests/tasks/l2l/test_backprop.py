"""Backpropagation in a network of the kind that is to be learnt."""

from __future__ import annotations

import numpy as np

from tasks.l2l.backprop import Backprop, error_of_backprop, loss_and_gradient
from tasks.l2l.families import family, network_output

RNG = np.random.default_rng


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
