"""A run file is input from a stranger: what kernels would index with is bounded before they run."""

from __future__ import annotations

import re
import tracemalloc

import h5py
import numpy as np
import pytest

from lsnn_core.files import run_attributes
from tests.helpers.changed_runs import first, put, refused

pytestmark = pytest.mark.timeout(200)
NUMERICAL = 4
BOTH, RESUME = ("resume", "evaluate"), ("resume",)


@pytest.mark.parametrize(
    ("name", "change", "verbs"),
    [
        ("weights/W_rec/delay", first(1000), BOTH),
        ("weights/W_rec/delay", first(0), BOTH),
        ("weights/W_in/delay", first(2**32 + 1, np.int64), BOTH),
        ("weights/W_out/delay", first(1), BOTH),
        ("weights/W_rec/sign", first(2**32 + 1, np.int64), BOTH),
        ("weights/W_rec/indices", first(2**32, np.int64), BOTH),
        ("weights/W_rec/indptr", first(2**64 - 1, np.uint64), BOTH),
        ("weights/W_rec/data", first(0.0), BOTH),  # theta = 0, under DEEP R
        ("weights/W_rec/data", first(1.0, np.float64), BOTH),
        ("weights/b_out", first(np.nan), BOTH),
        ("weights/b_out", np.zeros(2, np.float32), BOTH),
        ("neurons/n_ref", first(10**6), BOTH),
        ("neurons/n_ref", first(-1), BOTH),
        ("neurons/tau_a_ms", first(np.nan), BOTH),
        ("neurons/b0", np.zeros(11), BOTH),
        ("inputs/sign", first(-1), BOTH),
        ("resume/list_age", first(2e40, np.float64), RESUME),
        ("resume/list_age", first(-500), RESUME),
        ("resume/list_age", first(2**62), RESUME),
        ("resume/list_age", first(5), RESUME),  # older than the run
        ("resume/bias_age", np.int64(-7), RESUME),
        ("resume/bias_age", np.int64(2**62), RESUME),
        ("resume/list_m", first(np.nan), RESUME),
        ("resume/list_v", first(np.inf), RESUME),
        ("resume/list_v", first(-1e-9), RESUME),
        ("resume/bias_m", first(np.nan), RESUME),
        ("resume/bias_v", first(-1.0), RESUME),
        ("resume/list_connectivity", np.float64(1.5), RESUME),
        ("metrics/train/loss/step", first(2**62), BOTH),
        ("metrics/train/loss/step", first(-1), BOTH),
        ("metrics/train/loss/step", lambda step: step + 1, BOTH),  # beyond the last iteration
        ("rewiring/dropped/step", first(2**62), BOTH),
    ],
)
def test_a_number_out_of_bounds_is_refused_by_its_name(bases, path, capsys, name, change, verbs):
    for verb in verbs:
        path.write_bytes(bases["deep-r"])
        put(path, name, change)
        line = refused(path, capsys, verb)
        assert name.rpartition("/")[0] in line


@pytest.mark.parametrize(
    ("name", "change", "verbs"),
    [
        ("neurons/tau_m_ms", first(0.99), BOTH),  # below a step
        ("neurons/tau_m_ms", first(np.nan), BOTH),
        ("neurons/tau_m_ms", first(1e6), BOTH),
        ("neurons/tau_m_ms", np.full(12, 20, np.int64), BOTH),
        ("neurons/tau_a_ms", first(701.0), BOTH),  # of a neuron that does not adapt
        ("neurons/tau_a_ms", lambda tau_a_ms: 2000 * tau_a_ms, BOTH),
        ("neurons/beta", first(0.1), BOTH),
        ("neurons/beta", lambda beta: -beta, BOTH),
        ("neurons/b0", first(0.0), BOTH),
        ("neurons/b0", np.zeros(11), BOTH),
        ("neurons/n_ref", first(4), BOTH),
        ("neurons/initial/tau_m_ms", first(21.0), BOTH),
        ("neurons/initial/b0", np.zeros(11), BOTH),
        ("resume/tau_m_m", first(np.nan), RESUME),
        ("resume/beta_v", first(-1.0), RESUME),
        ("resume/b0_age", np.int64(2**62), RESUME),
        ("resume/tau_a_m", np.zeros(3), RESUME),
    ],
)
def test_so_it_is_where_constants_are_learned(bases, path, capsys, name, change, verbs):
    for verb in verbs:
        path.write_bytes(bases["spiking"])
        put(path, name, change)
        line = refused(path, capsys, verb)
        assert name in line


@pytest.mark.parametrize(
    ("name", "change", "verbs"),
    [
        ("weights/dense/W_rec", first(np.nan), BOTH),
        ("weights/dense/b_out", first(np.inf), BOTH),
        ("weights/dense/W_in", np.zeros((2, 24), np.float32), BOTH),
        ("weights/dense/b", first(0.0, np.float64), BOTH),
        ("resume/W_in/v", first(-1.0), RESUME),
        ("resume/W_in/m", first(np.nan), RESUME),
        ("resume/W_in/age", np.int64(2**62), RESUME),
        ("resume/b/m", np.zeros(3), RESUME),
    ],
)
def test_so_it_is_in_a_rate_network(bases, path, capsys, name, change, verbs):
    for verb in verbs:
        path.write_bytes(bases["lstm"])
        put(path, name, change)
        assert name in refused(path, capsys, verb)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("resume/list_muon_W_in", first(np.nan)),
        ("resume/list_muon_W_rec", first(np.inf)),
        ("resume/list_muon_W_rec", np.zeros((2, 2), np.float32)),
        ("resume/list_muon_W_in", first(0.0, np.float64)),
        ("resume/list_m", np.zeros(3)),
        ("resume/list_age", first(5)),
    ],
)
def test_so_are_the_momenta_of_muon(bases, path, capsys, name, change):
    path.write_bytes(bases["muon"])
    put(path, name, change)

    assert name in refused(path, capsys, "resume")


@pytest.mark.parametrize(
    ("iteration", "word"), [(7, "at most"), (-1, "expected"), (2**40, "expected")]
)
def test_an_iteration_that_cannot_be_is_refused(bases, path, capsys, iteration, word):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        file.attrs["iteration"] = iteration
    line = refused(path, capsys, "resume")

    assert "iteration" in line
    assert word in line


@pytest.mark.parametrize(
    "change",
    [
        "n_regular = 2000000000",
        "n_adaptive = 0",
        "delays = 2000000000",
        "delays = 2",
        "batch = 2000000000",
        "iterations = 3",
        'dtype = "float64"',
        "n_regular = " + "[" * 5000,
        "n_regular = " + "9" * 5000,
        "n_regular = nan",
        "seed = 5",
        "tau_out_ms = 1e30",
        "gamma = 1e39",
        'name = "no-such-task"',
    ],
)
def test_a_configuration_that_is_not_the_files_is_refused_before_anything_is_built(
    bases, path, capsys, change
):
    path.write_bytes(bases["deep-r"])
    key = change.partition(" ")[0]
    with h5py.File(path, "r+") as file:
        text = re.sub(rf"(?m)^{key} = .*$", change, file["config"][()].decode())
        assert change in text
        about = run_attributes(
            status="interrupted", iteration=4, config=text, code_version="", kernel_sha256=""
        )
        file.attrs["config_sha256"] = np.bytes_(about["config_sha256"].encode())
    put(path, "config", np.bytes_(text.encode()))
    tracemalloc.start()
    refused(path, capsys, "evaluate")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20e6


@pytest.mark.parametrize("name", ["weights/b_out", "weights/W_rec/data", "neurons/b0", "config"])
def test_a_bomb_is_refused_before_it_unfolds(bases, path, capsys, name):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        attributes, kind = dict(file[name].attrs), file[name].dtype
        del file[name]
        zeros = np.zeros(40_000_000, "S1" if name == "config" else kind)
        file.create_dataset(name, data=zeros, chunks=(10**6,), compression=9)
        file[name].attrs.update(attributes)
    tracemalloc.start()
    refused(path, capsys, "evaluate")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < 20e6


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("environment", '{"train_seconds": ' + "9" * 400 + "}"),
        ("environment", '{"train_seconds": "now"}'),
        ("environment", '{"train_seconds": NaN}'),
        ("environment", '{"train_seconds": -1}'),
        ("environment", '{"train_cpu_seconds": NaN}'),
        ("environment", '{"train_cpu_seconds": null, "train_seconds": -0.5}'),
        ("environment", '{"train_cpu_seconds": true}'),
        ("environment", '{"command": [1]}'),
        ("environment", '{"created_utc": null}'),
        ("environment", "[1]"),
        ("seeds", '{"seed": [4]}'),
        ("seeds", '{"seed": 5}'),
    ],
)
def test_json_of_another_kind_is_refused(bases, path, capsys, name, text):
    path.write_bytes(bases["deep-r"])
    put(path, name, np.bytes_(text.encode()))

    assert name in refused(path, capsys, "resume")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_weights_that_overflow_are_no_result(bases, path, capsys):
    path.write_bytes(bases["lstm"])
    for name in ("weights/dense/W_out", "weights/dense/b_out"):
        put(path, name, lambda w: np.broadcast_to(np.float32([3e38, -3e38]), w.shape).copy())

    assert "which is more than float32 holds" in refused(path, capsys, "evaluate", NUMERICAL)
