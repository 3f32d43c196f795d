"""A full list learned by Muon and Adam, beside matrices that are learned one by one."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.errors import NumericalError, UsageError
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.initial import initial_connections
from lsnn_core.optimisers.adam import DenseAdam
from lsnn_core.optimisers.full_list import FullListOptimiser
from lsnn_core.optimisers.muon import Muon

LAYOUT = Layout(4, 6, 3)


def full(layout: Layout = LAYOUT, dtype: type = np.float64, **options: bool) -> Connections:
    return initial_connections(layout, 1.0, 3, None, 9, dtype, **options)


def optimiser(listed: Connections) -> FullListOptimiser:
    return FullListOptimiser(listed, 3.0, AdamSettings())


def gradients(count: int, steps: int = 5) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(steps, count))


def dense(listed: Connections, name: str, values: np.ndarray) -> np.ndarray:
    """A matrix of values that belong to connections, 0 where there is none."""
    block, found = listed.layout.matrices[name], np.zeros(listed.layout.matrices[name].shape)
    for at in listed.select(name):
        row, column = listed.source[at] - block.source_start, listed.target[at] - block.target_start
        found[row, column] = values[at]
    return found


def test_matrices_are_learned_as_if_they_stood_alone() -> None:
    listed = full()
    learner, adam = optimiser(listed), DenseAdam((6, 3), AdamSettings())
    muon = {name: Muon(listed.dense(name).shape, np.float64, 3.0) for name in ("W_in", "W_rec")}
    expected = {name: listed.dense(name) for name in ("W_in", "W_rec", "W_out")}
    for i, d_weight in enumerate(gradients(len(listed))):
        result = learner.step(d_weight, 0.01, i)
        assert not result.changed
        for name, one in muon.items():
            expected[name] = expected[name] + one.step(dense(listed, name, d_weight), 0.01)
        expected["W_out"] = adam.step(expected["W_out"], dense(listed, "W_out", d_weight), 0.01)
    np.fill_diagonal(expected["W_rec"], 0.0)  # no autapses
    for name, matrix in expected.items():
        np.testing.assert_allclose(learner.connections.dense(name), matrix, rtol=1e-12, atol=1e-15)
    learner.connections.validate()
    assert learner.connections.has_structure_of(listed)
    assert learner.connectivity() == {"W_in": 1.0, "W_rec": 1.0, "W_out": 1.0}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_restored_state_continues_to_the_same_bits(dtype: type) -> None:
    first = optimiser(full(dtype=dtype))
    steps = gradients(len(first.connections), 6).astype(dtype)
    for i, d_weight in enumerate(steps[:3]):
        first.step(d_weight, 0.01, i)
    second = optimiser(first.connections)
    second.restore(first.state())
    for i, d_weight in enumerate(steps[3:], 3):
        for learner in (first, second):
            learner.step(d_weight, 0.01, i)
    np.testing.assert_array_equal(second.connections.weight, first.connections.weight)
    assert second.connections.weight.dtype == dtype
    assert second.state()["muon_W_rec"].dtype == dtype


def test_lists_that_are_not_full_or_not_free_are_refused() -> None:
    with pytest.raises(UsageError, match="muon: expected all 24 connections of a full W_in, found"):
        optimiser(initial_connections(LAYOUT, 0.5, 3, None, 9, np.float64))
    with pytest.raises(UsageError, match="full W_in, found 12"):
        optimiser(full(Layout(4, 6, 2, 2)))
    with pytest.raises(UsageError, match="muon: expected weights without fixed signs"):
        optimiser(full(signed=True))


def test_a_step_that_gives_no_numbers_changes_nothing() -> None:
    learner = optimiser(full(dtype=np.float32))
    before, good = learner.connections, gradients(len(learner.connections))[0].astype(np.float32)
    bad = good.copy()
    bad[3] = np.nan
    with pytest.raises(NumericalError, match="iteration 7: the gradient of connection 3 is nan"):
        learner.step(bad, 0.01, 7)
    with (
        np.errstate(over="ignore"),
        pytest.raises(NumericalError, match=r"iteration 8: weight\[\d+\] is"),
    ):
        learner.step(good, 1e39, 8)
    assert learner.connections is before
    with pytest.raises(UsageError, match="d_weight: expected 72 entries"):
        learner.step(good[1:], 0.01, 9)


def test_a_state_without_a_momentum_is_refused() -> None:
    state = optimiser(full()).state()
    del state["muon_W_in"]
    with pytest.raises(UsageError, match=r"state muon_W_in: expected shape .4, 6., found nothing"):
        optimiser(full()).restore(state)
