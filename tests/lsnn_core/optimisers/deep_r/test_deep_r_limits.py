from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.initial import initial_connections
from lsnn_core.optimisers.deep_r import ConnectionOptimiser, Rewiring
from tests.helpers.rewiring import EACH, POOLED, SEED, SMALL, drop, optimiser, sites_of, start


@pytest.mark.parametrize("policy", [POOLED, EACH])
def test_full_matrices_get_back_what_they_lost(policy: Rewiring) -> None:
    listed = start(connectivity=1.0)
    learner = optimiser(listed, policy)
    result = drop(learner, slice(None))
    assert sites_of(learner.connections) == sites_of(listed)
    assert (len(result.created_index), result.shortage) == (len(listed), 0)


def test_a_full_readout_leaves_the_rest_to_the_others() -> None:
    full, source = SMALL.matrices["W_out"], np.repeat(np.arange(4, 10), 3)
    target = np.tile(np.arange(full.target_start, full.target_stop), 6)
    listed = Connections.from_sites(
        SMALL, [0, *source], [0, *target], np.ones(19), [1, *[0] * 18], 1
    )
    learner = ConnectionOptimiser(
        listed, POOLED, AdamSettings(), SEED, source_sign=np.ones(10, np.int8)
    )
    for iteration in range(50):
        drop(learner, [0], iteration=iteration)
        assert learner.connections.count("W_out") <= 18
        assert len(learner.connections) == 19


@pytest.mark.parametrize("layout", [Layout(0, 0, 0), Layout(3, 1, 0), Layout(0, 1, 2), SMALL])
@pytest.mark.parametrize("policy", [POOLED, EACH])
@pytest.mark.parametrize("size", [0, 1])
def test_no_connection_or_a_single_one(layout: Layout, policy: Rewiring, size: int) -> None:
    whole = start(layout, 1.0)
    one = [getattr(whole, name)[:size] for name in ("source", "target", "weight", "delay", "sign")]
    learner = optimiser(Connections.from_sites(layout, *one), policy)
    for iteration in range(5):
        drop(learner, slice(None), iteration=iteration)
        learner.connections.validate()
        assert len(learner.connections) == min(size, layout.sites)


def test_inhibitory_sources_only() -> None:
    sign = -np.ones(10, np.int8)
    listed = initial_connections(SMALL, 0.3, 3, sign, SEED)
    learner = ConnectionOptimiser(listed, POOLED, AdamSettings(), SEED, source_sign=sign)
    drop(learner, slice(None))
    assert (learner.connections.weight < 0).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_changes_nothing(bad: float) -> None:
    listed = start()
    learner = optimiser(listed)
    gradient = np.zeros(len(listed))
    gradient[3] = bad
    with pytest.raises(NumericalError, match=r"iteration 17.*connection 3"):
        learner.step(gradient, 0.1, 17)
    assert learner.connections.equals(listed)
    assert not learner.state()["age"].any()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_moment_that_is_not_finite_drops_no_connection(bad: float) -> None:
    listed = start()
    learner = optimiser(listed)
    state = {**learner.state(), "m": np.full(len(listed), bad)}
    learner.restore(state)
    with pytest.raises(
        NumericalError, match=r"iteration 17: weight\[0\] is .*the update was not applied"
    ):
        learner.step(np.zeros(len(listed)), 0.1, 17)
    assert learner.connections.equals(listed)


def test_wrong_arguments_are_refused() -> None:
    listed, adam = start(), AdamSettings()
    free = initial_connections(SMALL, 0.4, 3, None, SEED)
    learner = optimiser(listed)
    with pytest.raises(UsageError, match="d_weight"):
        learner.step(np.zeros(len(listed) + 1), 0.1, 0)
    with pytest.raises(UsageError, match="lr"):
        learner.step(np.zeros(len(listed)), -0.1, 0)
    with pytest.raises(UsageError, match="signed=True"):
        optimiser(free)
    with pytest.raises(UsageError, match="delays"):
        ConnectionOptimiser(listed, POOLED, adam, SEED, n_delays=0)
    for sign in (np.ones(10, np.int8), np.ones(9, np.int8), np.zeros(10, np.int8)):
        with pytest.raises(UsageError, match="source_sign"):
            ConnectionOptimiser(listed, POOLED, adam, SEED, source_sign=sign)
    with pytest.raises(UsageError, match="connectivity"):
        learner.restore({k: v for k, v in learner.state().items() if k != "connectivity"})


@pytest.mark.parametrize(
    "wrong",
    [
        {"policy": "deep"},
        {"budget": "all"},
        {"l1": -1.0},
        {"l1": "0.1"},
        {"l1": None},
        {"temperature": True},
        {"policy": ["deep-r"]},
        {"temperature": float("nan")},
        {"policy": "soft-deep-r"},
        {"policy": "soft-deep-r", "temperature": 1.0, "l1": 0.0},
    ],
)
def test_wrong_settings_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        Rewiring(**wrong)  # type: ignore[arg-type]
