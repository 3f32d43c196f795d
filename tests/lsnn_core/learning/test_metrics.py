"""Numbers over iterations: appended, and replaced where the iteration is the same."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.learning.metrics import Metrics


def test_what_is_measured_again_at_an_iteration_replaces_what_was_there():
    metrics = Metrics()
    metrics.add(5, {"test/loss": 3.0})
    metrics.add(10, {"test/loss": 2.0, "test/accuracy": 0.5})
    metrics.add(10, {"test/loss": 1.0})
    assert metrics.steps == {"test/loss": [5, 10], "test/accuracy": [10]}
    assert metrics.values == {"test/loss": [3.0, 1.0], "test/accuracy": [0.5]}


def test_a_file_in_which_an_iteration_stands_twice_has_it_once_afterwards():
    metrics = Metrics()
    metrics.restore("test/loss", np.array([5, 10, 10]), np.array([3.0, 2.0, 1.0]))
    metrics.add(10, {"test/loss": 0.5})
    assert metrics.steps["test/loss"] == [5, 10]
    assert metrics.values["test/loss"] == [3.0, 0.5]


def test_a_name_that_no_file_could_hold_adds_nothing():
    metrics = Metrics()
    with pytest.raises(UsageError, match="metric"):
        metrics.add(1, {"test/loss": 1.0, "test/a b\n": 2.0})
    assert not metrics.steps
    assert np.isnan(metrics.last("test/loss"))
