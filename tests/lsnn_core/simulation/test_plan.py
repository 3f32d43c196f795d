"""What is chosen for a network and a batch, on both sides of each measured limit."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.simulation import plan
from lsnn_core.simulation.plan import Plan, plan_gradient, plan_run
from tests.helpers.toy_task import toy_network

T = 40


def planned(batch, threads=1, at_once=True, **options):
    return plan_gradient(toy_network(**options), T, batch, np.float64, threads, at_once=at_once)


@pytest.mark.parametrize(
    ("batch", "sizes", "width"),
    [(1, (1,), 0), (2, (1, 1), 0), (3, (2, 1), 2), (16, (8, 8), 8), (40, (14, 13, 13), 16)],
)
def test_a_gradient_has_two_blocks_for_two_cores(batch, sizes, width):
    found = planned(batch, threads=4)

    assert (found.sizes, found.width, found.in_neurons) == (sizes, width, width == 0)
    assert found.workers == min(len(sizes), 4)
    assert found.sharing == (4 if batch == 1 else 1)


@pytest.mark.parametrize(
    ("batch", "sizes", "width"),
    [(1, (1,), 1), (3, (3,), 4), (16, (16,), 16), (20, (16, 4), 16)],
)
def test_a_run_has_blocks_as_large_as_they_can_be(batch, sizes, width):
    found = plan_run(toy_network(), T, batch, np.float64)

    assert found == Plan(sizes, T, width, ("segment",) * len(sizes))


@pytest.mark.parametrize("options", [{"noise_std": 0.1}, {"noise_std": 0.1, "n_delays": 1}])
def test_noise_is_injected_in_vectors_of_examples(options):
    assert planned(1, **options).width == 1


def test_real_valued_inputs_need_vectors_of_examples():
    net = toy_network(n_delays=1)
    assert plan_gradient(net, T, 3, np.float64).in_neurons
    assert not plan_gradient(net, T, 3, np.float64, analog=True).in_neurons


def test_one_example_reads_only_a_small_matrix(monkeypatch):
    net = toy_network(n_delays=1)
    size = net.layout.n_source * net.layout.n_target * 8
    for limit, delay in ((size - 1, 0), (size, 1)):
        monkeypatch.setattr(plan, "MATRIX_BYTES", limit)
        assert planned(1, n_delays=1).delay == delay
        assert planned(2, n_delays=1).delay == 1


def test_a_matrix_is_for_well_connected_networks_of_one_delay(monkeypatch):
    net = toy_network(n_delays=1)
    connectivity = len(net.connections.weight) / net.layout.sites
    for limit, delay in ((connectivity + 1e-9, 0), (connectivity, 1)):
        monkeypatch.setattr(plan, "MATRIX_FROM", limit)
        assert planned(5, n_delays=1).delay == delay
    assert planned(5, n_delays=3).delay == 0


def test_a_choice_of_the_matrix_can_be_forced():
    given = toy_network(n_delays=1), T, 5, np.float64
    assert plan_gradient(*given, matrix=False).delay == 0
    assert plan_gradient(toy_network(n_delays=1, connectivity=0.05), *given[1:], matrix=True).delay


@pytest.mark.parametrize(
    ("room", "at_once", "tapes"),
    [
        (3, True, ("scratch",) * 3),
        (2, True, ("scratch",) * 3),
        (1, True, ("segment",) * 3),
        (1, False, ("block", "segment", "segment")),
        (3, False, ("block",) * 3),
    ],
)
def test_tapes_of_all_steps_are_as_many_as_fit(monkeypatch, room, at_once, tapes):
    net = toy_network()
    monkeypatch.setattr(plan, "WHOLE_BYTES", room * T * net.layout.n_target * 16 * 8)

    assert planned(40, threads=2, at_once=at_once).tapes == tapes


def test_a_segment_fills_its_bytes_but_holds_the_longest_delay(monkeypatch):
    net = toy_network()
    step = net.layout.n_target * 16 * 8
    for limit, steps in ((30 * step, 30), (1000 * step, T), (0, 16)):
        monkeypatch.setattr(plan, "SEGMENT_BYTES", limit)
        assert plan_run(net, T, 16, np.float64).segment == steps
    assert plan_run(replace(net, max_delay=25), T, 16, np.float64).segment == 25


def test_a_large_network_is_shared(monkeypatch):
    count = len(toy_network().connections.weight)
    for limit, parts in ((count, 3), (count + 1, 1)):
        monkeypatch.setattr(plan, "PARTED_FROM", limit)
        assert planned(1, threads=3).parts == parts
    assert plan.shares_way_back(plan.SHARED_FROM)
    assert not plan.shares_way_back(plan.SHARED_FROM - 1)
    assert [plan.rows_ahead(n) for n in (0, 19_999, 20_000, 4_000_000)] == [0, 0, 2, 8]
