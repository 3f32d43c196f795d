"""A network to a file and back: the same bits, and nothing that no network can have."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from lsnn_core.choices import SURROGATES
from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.learning.models import make_task
from lsnn_core.learning.spiking import SpikingLearner
from lsnn_core.learning.trainer import Trainer
from lsnn_core.model.layout import Layout
from lsnn_core.random.streams import stream
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.changed_runs import first, put
from tests.helpers.networks import connections
from tests.helpers.run_file import remove_digests
from tests.helpers.tiny_runs import tiny_config


def network(**options: object) -> LSNN:
    return random_case("", stream(2, "storage"), CaseOptions(**options)).net  # type: ignore[arg-type]


def assert_equal(found: LSNN, expected: LSNN) -> None:
    assert found.connections.equals(expected.connections)
    for name in ("tau_m_ms", "tau_a_ms", "beta", "b0", "n_ref", "n_regular", "dt_ms"):
        a, b = getattr(found.neurons, name), getattr(expected.neurons, name)
        np.testing.assert_array_equal(a, b, err_msg=name)
    for name in (
        "b_out", "tau_out_ms", "gamma", "surrogate", "convention", "noise_std", "through_reset",
        "max_delay",
    ):  # fmt: skip
        a, b = np.asarray(getattr(found, name)), np.asarray(getattr(expected, name))
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b, err_msg=name)


@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_was_saved_comes_back_to_the_bit(convention, surrogate, dtype, tmp_path):
    net = network(convention=convention, surrogate=surrogate, noise_std=0.1)
    listed = replace(net.connections, weight=net.connections.weight.astype(dtype))
    net = replace(net, connections=listed, through_reset=False, max_delay=77, tau_out_ms=0.0)
    net = replace(net, neurons=replace(net.neurons, dt_ms=0.25))
    net.save(tmp_path / "net.h5")
    found = LSNN.load(tmp_path / "net.h5")

    assert_equal(found, net)
    x = np.random.default_rng(0).random((20, 2, net.layout.n_in)) < 0.2
    np.testing.assert_array_equal(found.forward(x).y, net.forward(x).y)


@given(connections())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_networks_of_any_shape(tmp_path, listed):
    from lsnn_core.model.neurons import NeuronParameters

    layout: Layout = listed.layout
    neurons = NeuronParameters.create(0, layout.n)
    net = LSNN(listed, neurons, np.zeros(layout.n_out))
    net.save(tmp_path / "net.h5", overwrite=True)
    assert_equal(LSNN.load(tmp_path / "net.h5"), net)


def test_a_file_that_is_there_is_left_alone_unless_told(tmp_path):
    path = tmp_path / "net.h5"
    network().save(path)
    before = path.read_bytes()
    with pytest.raises(UsageError, match=r"net\.h5: exists; overwrite=True replaces it"):
        network(n=3).save(path)
    assert path.read_bytes() == before
    network(n=3, n_regular=1).save(path, overwrite=True)
    assert LSNN.load(path).layout.n == 3


CHANGES: list[tuple[str, Any, str]] = [
    ("neurons/tau_m_ms", first(-1.0), r"tau_m_ms\[0\]: expected at least one step"),
    ("neurons/tau_m_ms", lambda a: a[:-1], "has shape"),
    ("neurons/n_ref", first(-1), r"n_ref\[0\]: expected not negative"),
    ("neurons/beta", first(1.0), r"beta\[0\]: expected 0 in population R"),
    ("weights/b_out", first(np.nan), r"b_out\[0\]: expected a finite number"),
    ("weights/W_rec/delay", first(0), "its delay must be >= 1"),
    ("weights/W_rec/indices", first(999), "has targets"),
    ("weights/W_in/data", first(np.inf), "not finite"),
]


@pytest.mark.parametrize(("name", "change", "message"), CHANGES)
def test_what_no_network_has_is_the_files_fault(name, change, message, tmp_path):
    path = tmp_path / "net.h5"
    network().save(path)
    remove_digests(path)
    put(path, name, change)
    with pytest.raises(BadFileError, match=message) as refused:
        LSNN.load(path)
    assert str(path) in str(refused.value)


def test_damage_is_noticed(tmp_path):
    path = tmp_path / "net.h5"
    network().save(path)
    put(path, "neurons/b0", lambda a: a * 2)
    with pytest.raises(BadFileError, match="damaged or exchanged"):
        LSNN.load(path)


@pytest.mark.parametrize(
    ("attribute", "value", "message"),
    [
        ("max_delay", -1, "expected a whole number"),
        ("gamma", np.inf, "expected a number"),
        ("gamma", -1.0, "gamma: expected 0 or more"),
        ("halves", 3, "expected a whole number from 1 to 2"),
        ("convention", np.bytes_(b"another"), "convention: expected one of"),
        ("surrogate", np.bytes_(b"another"), "surrogate: expected one of"),
        ("surrogate", 1, "expected a text"),
        ("tau_out_ms", np.bytes_(b"long"), "expected a number"),
    ],
)
def test_numbers_that_mean_nothing_are_refused(attribute, value, message, tmp_path):
    path = tmp_path / "net.h5"
    network().save(path)
    remove_digests(path)
    with h5py.File(path, "r+") as file:
        file["network"].attrs[attribute] = value
    with pytest.raises(BadFileError, match=message):
        LSNN.load(path)


def test_a_file_that_names_no_surrogate_means_the_triangle(tmp_path):
    path, net = tmp_path / "net.h5", network(surrogate="fast-sigmoid")
    net.save(path)
    remove_digests(path)
    with h5py.File(path, "r+") as file:
        del file["network"].attrs["surrogate"]
    assert_equal(LSNN.load(path), replace(net, surrogate="triangle"))


def test_each_kind_of_file_has_its_own_way_in(tmp_path):
    own, run = tmp_path / "net.h5", tmp_path / "run.h5"
    network().save(own)
    trained(run)
    with pytest.raises(BadFileError, match=r"not an lsnn-network .*LSNN\.from_run reads a run"):
        LSNN.load(run)
    with pytest.raises(BadFileError, match="not an lsnn-run"):
        LSNN.from_run(own)
    with pytest.raises(BadFileError, match="net2"):
        LSNN.load(tmp_path / "net2.h5")


def trained(path: Path, **changes: Any) -> LSNN:
    config = tiny_config("lsnn", **changes)
    run = TrainingRun(Trainer(config, make_task(config)), path)
    run.trainer.step()
    run.save("interrupted")
    run.trainer.close()
    assert isinstance(run.trainer.learner, SpikingLearner)
    return run.trainer.learner.net


@pytest.mark.parametrize("learn", ["[]", '["tau_m", "b0"]'])
@pytest.mark.parametrize("surrogate", ["triangle", "multi-gaussian"])
def test_the_network_of_a_run(learn, surrogate, tmp_path):
    changes = {"training.learn": learn, "network.surrogate": surrogate}
    net = trained(tmp_path / "run.h5", **changes)
    found = LSNN.from_run(tmp_path / "run.h5")
    assert found.surrogate == surrogate
    assert_equal(found, net)


def test_a_run_of_a_rate_network_has_none(tmp_path):
    config = tiny_config("rnn")
    run = TrainingRun(Trainer(config, make_task(config)), tmp_path / "run.h5")
    run.save("interrupted")
    run.trainer.close()
    with pytest.raises(BadFileError, match="holds an rnn, expected a spiking network"):
        LSNN.from_run(tmp_path / "run.h5")
