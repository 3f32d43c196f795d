from __future__ import annotations

import numpy as np
import pytest

from analysis import open_run
from analysis.reading.walk import live_walk, stored_walk
from lsnn_core import reference
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.run_files import write_run
from tests.helpers.walks import FIRST, N_STEPS, READ_FROM, walked_run


def read(tmp_path, tree):
    with open_run(write_run(tmp_path / "run.h5", tree)) as run:
        return stored_walk(run)


def test_potentials_are_in_thresholds_and_times_are_those_of_the_example(tmp_path):
    tree = walked_run()

    walk = read(tmp_path, tree)

    stored, b0 = tree["recordings"]["walk"], tree["neurons"]["b0"]
    assert walk.n_regular == 16
    assert (walk.time_ms[0], len(walk.time_ms), walk.read_ms) == (FIRST, N_STEPS, READ_FROM)
    np.testing.assert_allclose(walk.V, stored["V"] / b0[stored["nodes"]], rtol=1e-6)
    np.testing.assert_array_equal(walk.d_b, stored["d_b"])
    np.testing.assert_allclose(walk.reach["e-prop", "R"][[0, 20]], [1.0, np.exp(-1)], rtol=1e-6)
    assert walk.tau_ms == {"R": 20.0, "A": 700.0}


def test_a_network_without_adaptation_has_no_a(tmp_path):
    walk = read(tmp_path, walked_run(0))

    assert walk.n_regular == walk.nodes.size == 16
    assert set(walk.reach) == {("BPTT", "R"), ("e-prop", "R")}
    assert walk.tau_ms == {"R": 20.0}


def test_what_was_not_recorded_is_refused_with_its_command(tmp_path):
    tree = walked_run()
    del tree["recordings"]["walk"]

    with pytest.raises(BadFileError, match=r"no /recordings/walk/nodes.*lsnn evaluate RUN.h5"):
        read(tmp_path, tree)


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("nodes", np.arange(-1, 31), "expected ascending neurons 0 to 219"),
        ("nodes", np.arange(31, -1, -1), "expected ascending neurons 0 to 219"),
        ("d_b", np.zeros((3, 32), np.float32), r"walk/d_b: expected 300 x 32, found \(3, 32\)"),
        ("read_from", np.array(-1), "expected a whole number"),
    ],
)
def test_what_contradicts_itself_is_refused(tmp_path, name, value, message):
    tree = walked_run()
    tree["recordings"]["walk"][name] = value

    with pytest.raises(BadFileError, match=message):
        read(tmp_path, tree)


@pytest.fixture
def walked():
    """Return a network of five regular and four adaptive neurons, its trace and both records."""
    rng, n = np.random.default_rng(2), 9
    W_in, W_rec = rng.normal(0, 6, (2, 3, n)), rng.normal(0, 2, (2, n, n))
    W_in[0] = W_rec[0] = 0.0
    net = reference.Network(
        W_in, W_rec, rng.normal(0, 1, (n, 1)), np.zeros(1), np.full(n, np.exp(-1 / 20)),
        np.full(n, np.exp(-1 / 200)), np.repeat([0.0, 40.0], [5, 4]), np.full(n, 0.5),
        np.zeros(n, int), 0.9, 0.3,
    )  # fmt: skip
    trace = reference.forward(net, (rng.random((80, 3)) < 0.3).astype(float))
    d_y = np.zeros((80, 1))
    d_y[70:] = 1.0
    return (
        net, trace, reference.adjoint(net, trace, d_y, record=True).record,
        reference.local_adjoint(net, trace, d_y).record,
    )  # fmt: skip


def test_a_live_walk_is_what_the_reference_kept(walked):
    net, trace, record, local = walked

    walk = live_walk(net, trace, record, 70, eprop=local, n_shown=3)

    assert walk.nodes.size == 6
    assert (walk.n_regular, walk.n_examples, walk.read_ms) == (3, 1, 70.0)
    np.testing.assert_allclose(walk.V, trace.V[:, walk.nodes] / 0.5)
    np.testing.assert_allclose(
        walk.d_V * np.abs(record.d_V[:, walk.nodes]).max(), record.d_V[:, walk.nodes]
    )
    lag = 30
    for rule, flow in (("BPTT", record), ("e-prop", local)):
        expected = np.sqrt(np.mean(flow.d_V[70 - lag, 5:] ** 2))
        assert walk.reach[rule, "A"][lag] == pytest.approx(expected)
    assert walk.tau_ms == pytest.approx({"R": 20.0, "A": 200.0})
    counts = trace.z.sum(axis=0)
    left_out = np.setdiff1d(np.arange(5, 9), walk.nodes)
    assert counts[left_out].max() <= counts[walk.nodes[3:]].min()


def test_a_step_beyond_the_end_and_mixed_populations_are_refused(walked):
    net, trace, record, _ = walked

    with pytest.raises(UsageError, match="read_from: expected a step from 0 to 79, found 80"):
        live_walk(net, trace, record, 80)
    net.beta = net.beta[::-1]
    with pytest.raises(UsageError, match="expected regular neurons"):
        live_walk(net, trace, record, 70)
