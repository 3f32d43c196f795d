"""Learning to learn from a teacher: families, population code, episodes, loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.config.settings import from_mapping
from lsnn_core.errors import UsageError
from tasks.encoding.population_code import PopulationCode
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


@given(st.integers(1, 16), st.integers(1, 4), st.integers(2, 40), st.floats(0.01, 1.0), st.data())
def test_events_are_the_spikes_of_the_readable_code(n_lanes, n_values, size, width, data):
    code = PopulationCode((-1.0, 0.0), (1.0, 5.0), size, 700.0, width, 3)
    rng = np.random.default_rng(data.draw(st.integers(0, 1000)))
    values = rng.uniform(code.low, code.high, (n_lanes, n_values, 2))
    keys = rng.integers(0, 2**64, n_lanes, np.uint64)

    events = code.events(values, keys)
    events.validate(code.n_in)
    np.testing.assert_array_equal(events.to_dense(code.n_in), code.spikes(values, keys))


def test_inputs_fire_at_the_rate_of_their_tuning():
    code = PopulationCode((0.0,), (1.0,), 11, 200.0, 0.1, 20_000)
    spikes = code.spikes(np.array([[[0.5]]]), np.array([7], np.uint64))
    expected = 200.0 * np.exp(-0.5 * ((np.arange(11) - 5) / 1.0) ** 2)

    np.testing.assert_allclose(1000 * spikes.mean((0, 1)), expected, atol=12)


def test_values_outside_the_range_are_refused():
    code = PopulationCode((0.0,), (1.0,), 10, 200.0, 0.1, 20)
    keys = np.zeros(1, np.uint64)
    with pytest.raises(UsageError, match="signals: expected values in"):
        code.events(np.array([[[1.5]]]), keys)
    with pytest.raises(UsageError, match="NaN"):
        code.events(np.array([[[np.nan]]]), keys)


@pytest.mark.parametrize("shape", [(2, 3, 1), (2, 3, 4), (3, 2), (1, 2, 3, 2), (2, 3)])
def test_signals_of_another_number_or_arrangement_are_refused(shape):
    code = PopulationCode((-1.0, -1.0), (1.0, 1.0), 10, 200.0, 0.1, 20)
    with pytest.raises(UsageError, match=r"signals: expected .* found shape"):
        code.events(np.zeros(shape), np.zeros(shape[0], np.uint64))


def test_the_network_sees_each_value_one_example_later():
    x, target = np.arange(6.0).reshape(1, 3, 2), np.array([[7.0, 8.0, 9.0]])

    np.testing.assert_array_equal(signals(x, target)[0], [[0, 1, 0], [2, 3, 7], [4, 5, 8]])


def test_the_gradient_of_the_loss_is_its_derivative():
    t = task(family="sine")
    batch = t.batch(0, 3, seed=1)
    y = np.random.default_rng(0).normal(size=(t.n_steps, 1, 3)) * 0.1
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
