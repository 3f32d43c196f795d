"""The LSTM of `lsnn bench`: what is drawn, what an iteration does, which peers stand beside it."""

from __future__ import annotations

import importlib.util
import math
import sys

import numpy as np
import pytest

from lsnn_core.bench import make, measure, peers, workloads
from lsnn_core.bench.rate_problem import LR, RateProblem
from lsnn_core.bench.rate_worker import Ours
from lsnn_core.reference.rate import readout
from tests.helpers.workloads import QUICK, TINY, TINY_LSTM


def a_loss(problem: RateProblem, parameters) -> float:
    """Cross-entropy at the last step, from the readable twin."""
    y = readout("lstm", parameters, problem.x)[-1]
    log = y - np.log(np.exp(y).sum(axis=0))
    return float(-log[problem.label, np.arange(len(problem.label))].mean())


def test_an_example_is_the_same_in_a_batch_of_any_size():
    small, large = make.make(TINY_LSTM, 2), make.make(TINY_LSTM, 5)

    np.testing.assert_array_equal(small.x, large.x[..., :2])
    np.testing.assert_array_equal(small.label, large.label[:2])


def test_a_problem_survives_its_file(tmp_path):
    problem, path = make.make(TINY_LSTM, 3), str(tmp_path / "p.npz")
    problem.save(path)
    found = RateProblem.load(path)

    np.testing.assert_array_equal(found.x, problem.x)
    np.testing.assert_array_equal(found.label, problem.label)
    assert found.parameters.keys() == problem.parameters.keys()


def test_an_iteration_is_loss_gradient_and_adam():
    problem = make.make(TINY_LSTM, 5)
    ours, before = Ours(problem, np.float64, 1), problem.as_dtype(np.float64)
    first = ours.training()["loss"]
    size = ours.about()["gradient"]
    moved = {name: value - before[name] for name, value in ours.parameters.items()}
    second = ours.training()["loss"]

    assert first == pytest.approx(a_loss(problem, before), rel=1e-12)
    after = {name: before[name] + step for name, step in moved.items()}
    assert second == pytest.approx(a_loss(problem, after), rel=1e-12)
    assert second < first
    largest = max(np.abs(step).max() for step in moved.values())
    assert largest == pytest.approx(LR, rel=1e-3)  # of Adam's first step
    assert ours.about()["gradient"] == size  # the first one's


def test_it_is_measured_in_a_process_of_its_own(tmp_path):
    (row,) = measure.rows(TINY_LSTM, 5, str(tmp_path), QUICK, 50.0)

    assert (row.workload, row.batch, row.passes, row.steps) == ("tiny-lstm", 5, "training", 12)
    assert row.connections == 2 * 24 + 6 * 24 + 6 * 3
    assert row.connection_events == row.connections * 12 * 5
    assert row.gflop_s == pytest.approx(row.dense_gflop_s)
    assert math.isnan(row.rate_hz)


def test_only_lstms_stand_beside_an_lstm(tmp_path, monkeypatch):
    """Our own process stands in for a framework's."""
    monkeypatch.setitem(peers.PEERS, "self", peers.Peer("numpy", passes=("training",), lstm=True))
    monkeypatch.setitem(peers.PEERS, "spikes", peers.Peer("numpy"))
    start = lambda n, py, problem, f, o: measure.start_ours(TINY_LSTM, problem, o)  # noqa: E731
    monkeypatch.setattr(peers, "_start", start)
    both = dict.fromkeys(("self", "spikes"), sys.executable)

    (found,) = peers.ratios(TINY_LSTM, 5, str(tmp_path), QUICK, both)

    assert (found.peer, found.passes, found.same_network) == ("self", "training", True)
    assert (found.difference, found.gradient_difference) == (0.0, 0.0)
    assert not list(peers.ratios(TINY, 3, str(tmp_path), QUICK, {"self": sys.executable}))


def test_it_is_measured_at_two_sizes_of_batch():
    load = workloads.WORKLOADS["L128"]

    assert (load.n, load.n_steps, load.batches) == (128, 784, (64, 256))


@pytest.mark.parametrize(
    ("name", "package"), [("peer_torch_lstm", "torch"), ("peer_jax_lstm", "jax")]
)
def test_a_framework_finds_our_loss_and_gradient(name, package, tmp_path):
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} is not installed")
    peer = name.removeprefix("peer_").replace("_", "-")
    (found,) = peers.ratios(TINY_LSTM, 5, str(tmp_path), QUICK, {peer: sys.executable})

    assert found.agrees
    assert found.gradient_difference < 1e-4
