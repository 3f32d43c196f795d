"""Learning to learn from a teacher: families, population code, episodes, loss."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.settings import from_mapping
from lsnn_core.errors import UsageError
from tasks.encoding.population_code import CODES
from tasks.l2l.episodes import L2LSettings, signals
from tasks.l2l.families import FAMILIES, family, network_output
from tasks.l2l.task import LearningToLearn


def task(**settings) -> LearningToLearn:
    return LearningToLearn(
        from_mapping(L2LSettings, {"name": "l2l", "examples": 7, "hold_ms": 5, **settings})
    )


@pytest.mark.parametrize("name", FAMILIES)
def test_values_lie_in_the_range_that_the_family_promises(name):
    f, rng = family(name), np.random.default_rng(1)
    functions = f.draw(30, rng)
    x = rng.uniform(-f.x_max, f.x_max, (30, 200, f.d))
    y = f.evaluate(functions, x)

    assert y.shape == (30, 200)
    assert y.min() >= f.low
    assert y.max() <= f.high
    assert y.std(axis=1).min() > 0


def test_a_target_network_is_two_sigmoidal_layers():
    p, x = np.arange(40) / 20 - 1, np.array([0.3, -0.8])
    hidden = [1 / (1 + np.exp(-(x @ [p[h], p[10 + h]] + p[20 + h]))) for h in range(10)]
    expected = 1 / (1 + np.exp(-np.dot(hidden, p[30:])))

    assert network_output(p[None], x[None, None])[0, 0] == pytest.approx(expected, rel=1e-12)


def test_the_nonlinear_family_is_nonlinear_and_the_literal_one_is_not():
    rest = {}
    for name in ("target-networks", "target-networks-literal"):
        f, rng = family(name), np.random.default_rng(2)
        functions = f.draw(40, rng)
        x = rng.uniform(-f.x_max, f.x_max, (40, 300, 2))
        y = f.evaluate(functions, x)
        design = np.concatenate([x, np.ones((40, 300, 1))], axis=2)
        fits = [A @ np.linalg.lstsq(A, b, rcond=None)[0] for A, b in zip(design, y, strict=True)]
        rest[name] = np.mean((y - fits) ** 2) / y.var(axis=1).mean()

    assert rest["target-networks"] > 0.1
    assert rest["target-networks-literal"] < 0.02


def test_the_network_sees_each_value_one_example_later():
    x, target = np.arange(6.0).reshape(1, 3, 2), np.array([[7.0, 8.0, 9.0]])

    np.testing.assert_array_equal(signals(x, target)[0], [[0, 1, 0], [2, 3, 7], [4, 5, 8]])


@pytest.mark.parametrize("internal_readouts", [0, 3])
def test_the_gradient_of_the_loss_is_its_derivative(internal_readouts):
    t = task(family="sine", internal_readouts=internal_readouts)
    batch = t.batch(0, 3, seed=1)
    y = np.random.default_rng(0).normal(size=(t.n_steps, t.n_out, 3)) * 0.1
    direction = np.random.default_rng(1).normal(size=y.shape)
    up, down = (batch.loss(y + h * direction, 0, 3).loss for h in (1e-6, -1e-6))

    expected = (batch.loss(y, 0, 3).d_y * direction).sum()
    assert (up - down) / 2e-6 == pytest.approx(expected, rel=1e-7)


def test_losses_of_parts_add_up_and_errors_are_in_the_units_of_the_family():
    t = task(examples=15)
    batch = t.batch(3, 4, seed=1)
    y = np.random.default_rng(0).normal(size=(t.n_steps, 1, 4)) * 0.1
    whole, parts = batch.loss(y, 0, 4), [batch.loss(y[:, :, i : i + 2], i, i + 2) for i in (0, 2)]
    guess = 0.5 + 0.5 * y[:, 0].reshape(15, 5, 4).sum(1).T

    assert whole.loss == pytest.approx(sum(part.loss for part in parts))
    squared = (guess - batch.episodes.target) ** 2
    assert whole.metrics["mse"] == pytest.approx((squared.sum(), 60))
    assert whole.metrics["mse_late"] == pytest.approx((squared[:, 10:].sum(), 20))


def test_held_out_episodes_do_not_depend_on_the_batch():
    t = task()
    by_16, by_50 = (list(t.held_out("test", n, seed=1)) for n in (16, 50))

    assert [b.size for b in by_16] == [16, 16, 16, 2]
    joined = np.concatenate([b.episodes.target for b in by_16])
    np.testing.assert_array_equal(joined, by_50[0].episodes.target)
    assert not np.array_equal(joined[:7], next(t.held_out("validation", 7, 1)).episodes.target)


@pytest.mark.parametrize(("name", "n_out"), [("sine", 4), ("target-networks", 10)])
def test_internal_readouts_join_the_loss_and_nothing_else(name, n_out):
    t, plain = (task(family=name, internal_readouts=k) for k in (3, 0))
    assert (t.n_out, plain.n_out) == (n_out, 1)
    y = np.random.default_rng(0).normal(size=(t.n_steps, n_out, 4)) * 0.1
    batch = t.batch(0, 4, seed=1)
    found, alone = batch.loss(y, 0, 4), plain.batch(0, 4, seed=1).loss(y[:, :1], 0, 4)
    parts = [batch.loss(y[:, :, i : i + 2], i, i + 2) for i in (0, 2)]

    np.testing.assert_array_equal(t.code.guesses(y), plain.code.guesses(y[:, :1]))
    np.testing.assert_array_equal(found.d_y[:, :1], alone.d_y)
    assert found.loss == pytest.approx(sum(part.loss for part in parts))
    more = found.metrics.pop("mse_internal")
    assert found.metrics == alone.metrics
    half = 5.0 if name == "sine" else 0.5
    assert more[0] / more[1] == pytest.approx(half**2 * (found.loss - alone.loss))


def test_each_code_shows_the_same_functions_by_other_spikes():
    batches = {name: task(code=name).batch(0, 4, seed=1) for name in CODES}
    spikes = {name: batch.events(0, 4).to_dense(300) for name, batch in batches.items()}

    for name in ("regular", "random-phase"):
        np.testing.assert_array_equal(
            batches[name].episodes.target, batches["bernoulli"].episodes.target
        )
        assert not np.array_equal(spikes[name], spikes["bernoulli"])
    assert not np.array_equal(spikes["regular"], spikes["random-phase"])


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(UsageError, match=r"task\.code: found 'poisson'"):
        task(code="poisson")
    with pytest.raises(UsageError, match=r"task\.test_examples: found 1, expected 0, as many"):
        task(test_examples=1)
    with pytest.raises(UsageError, match=r"task\.internal_readouts: found 21"):
        task(internal_readouts=21)
