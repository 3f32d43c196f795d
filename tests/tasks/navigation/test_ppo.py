"""Policy, advantages and the loss with its hand-written derivative."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from lsnn_core.errors import UsageError
from lsnn_core.random.streams import stream
from tasks.navigation.ppo import N_OUT, PpoSettings, advantages, ppo_loss

D, L = 6, 4
VARIANCES = {"min_variance": 0.1, "max_variance": 0.5}
OBJECTIVE = PpoSettings(**VARIANCES).at(0.0)


def case(seed, shift=0.0):
    """Readouts, and arguments as from a policy whose log-probabilities were `shift` lower."""
    rng = stream(seed, "ppo test")
    y = rng.normal(size=(D, N_OUT, L))
    action = rng.normal(size=(D, 2, L))
    old = OBJECTIVE.policy(y).log_probability(action) - shift
    return y, action, old, rng.normal(size=(D, L)), rng.normal(size=(D, L))


def total(objective, y, *rest):
    found = ppo_loss(objective, y, *rest)
    weighed = objective.value_weight * found.value - objective.entropy_weight * found.entropy
    return found.surrogate + weighed


def slope_error(objective, y, rest, direction, h=1e-5):
    """Difference of derivative and finite difference (fourth order), next to the latter's size."""
    sides = [total(objective, y + k * h * direction, *rest) for k in (-2, -1, 1, 2)]
    expected = np.dot([1, -8, 8, -1], sides) / (12 * h)
    found = np.sum(ppo_loss(objective, y, *rest).d_y * direction)
    return abs(found - expected) / max(abs(expected), 1.0)


def test_probability_and_entropy_are_the_gaussians():
    y, action, *_ = case(0)
    policy = OBJECTIVE.policy(y)
    law = stats.norm(np.tanh(y[:, :2]), np.sqrt(0.1 + 0.4 / (1 + np.exp(-y[:, 2:4]))))

    np.testing.assert_allclose(policy.log_probability(action), law.logpdf(action).sum(axis=1))
    np.testing.assert_allclose(policy.entropy(), law.entropy().sum(axis=1))


@given(
    st.integers(0, 2**32),
    st.sampled_from([-1.0, -0.1, 0.0, 0.1, 1.0]),  # ratios far below, within, far above the clip
    st.floats(0, 2),
    st.floats(0, 2),
)
def test_the_loss_has_its_derivative(seed, shift, value_weight, entropy_weight):
    y, *rest = case(seed, shift)
    weights = {"value_weight": value_weight, "entropy_weight": entropy_weight}
    objective = PpoSettings(**VARIANCES, **weights).at(0.0)
    direction = stream(seed, "direction").normal(size=y.shape)

    assert slope_error(objective, y, rest, direction) < 1e-7


@pytest.mark.parametrize(
    ("shift", "advantage", "learns"),
    [
        (0.0, 1.0, True),
        (1.0, 1.0, False),
        (1.0, -1.0, True),
        (-1.0, 1.0, True),
        (-1.0, -1.0, False),
    ],
)
def test_the_ratio_stops_counting_where_it_went_far_enough(shift, advantage, learns):
    y, action, old, _, target = case(1, shift)
    found = ppo_loss(
        PpoSettings(**VARIANCES, entropy_weight=0.0).at(0.0),
        y,
        action,
        old,
        np.full((D, L), advantage),
        target,
    )

    assert found.d_y[:, :4].any() == learns
    assert found.clipped == (0 if learns else D * L)
    assert found.d_y[:, 4].any()


def test_advantages_without_trace_decay_are_returns_minus_values():
    rng = stream(2, "returns")
    reward, value = rng.normal(size=(2, 7, 3))
    returns = [
        sum(0.9**k * reward[t + k] for k in range(7 - t)) + 0.9 ** (7 - t) * value[-1]
        for t in range(7)
    ]
    advantage, target = advantages(reward, value, 0.9, 1.0)

    np.testing.assert_allclose(target, returns)
    np.testing.assert_allclose(advantage, np.array(returns) - value)


def test_advantages_with_full_trace_decay_look_one_step_ahead():
    reward, value = stream(3, "returns").normal(size=(2, 7, 3))
    advantage, _ = advantages(reward, value, 0.9, 0.0)

    np.testing.assert_allclose(advantage[:-1], reward[:-1] + 0.9 * value[1:] - value[:-1])


@pytest.mark.parametrize("floor", [2.0, [0.5, 2.0], [2.0, 0.5]])
def test_a_floor_above_the_ceiling_is_refused(floor):
    with pytest.raises(UsageError, match="min_variance: found 2, expected less than"):
        PpoSettings(min_variance=floor)


def test_what_has_a_start_and_an_end_goes_straight_from_one_to_the_other():
    falling = {"entropy_weight": [0.008, 0.0], "min_variance": [0.05, 0.01], "anneal_from": 0.5}
    moments = [PpoSettings(**falling).at(part) for part in (0.0, 0.5, 0.75, 1.0)]

    np.testing.assert_allclose([m.entropy_weight for m in moments], [0.008, 0.008, 0.004, 0.0])
    np.testing.assert_allclose([m.min_variance for m in moments], [0.05, 0.05, 0.03, 0.01])
    assert {m.max_variance for m in moments} == {1.0}


def test_one_number_is_that_number_all_along():
    constant = PpoSettings(entropy_weight=0.1, min_variance=0.3, anneal_from=0.5)

    for part in (0.0, 0.3, 1.0):  # to the bit: a recipe without pairs learns as it ever did
        assert constant.at(part) == (0.2, 0.01, 0.1, 0.3, 1.0)
