"""A run file is input from a stranger: what kernels would index with is bounded before they run."""

from __future__ import annotations

import csv
import json
import re
import tracemalloc
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lsnn_core import lookover, plugins
from lsnn_core.cli import main
from lsnn_core.errors import UsageError
from lsnn_core.files import read_run, run_attributes
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.restore import make_task
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers import fuzz_worker
from tests.helpers.mutations import replace_dataset
from tests.helpers.program import results
from tests.helpers.run_file import remove_digests
from tests.helpers.toy_task import ToyBatch, ToyTask

pytestmark = pytest.mark.timeout(200)
BAD_FILE, NUMERICAL = 3, 4
BOTH, RESUME, EVALUATE = ("resume", "evaluate"), ("resume",), ("evaluate",)


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "load", fuzz_worker.load)
        folder = tmp_path_factory.mktemp("bases")
        paths = {name: fuzz_worker.make_base(name, folder) for name in fuzz_worker.BASES}
        for path in paths.values():
            remove_digests(path)  # what lies behind them is tested here
        return {name: path.read_bytes() for name, path in paths.items()}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(plugins, "load", fuzz_worker.load)
    monkeypatch.setattr(lookover, "stop", lambda: None)  # one child for all tests
    return tmp_path / "run.h5"


def put(path: Path, name: str, change: Any) -> None:
    """Store `change`, or what it makes of the array that is there, under the same attributes."""
    with h5py.File(path, "r+") as file:
        replace_dataset(file, name, change(file[name][()]) if callable(change) else change)


def first(value: Any, dtype: Any = None) -> Any:
    """A change of an array's first number."""

    def change(array: Any) -> Any:
        array = np.array(array, dtype or array.dtype)
        array.flat[0] = value
        return array

    return change


def refused(path: Path, capsys: Any, verb: str, code: int = BAD_FILE) -> str:
    before = path.read_bytes()
    assert main([verb, str(path)]) == code
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1), err
    assert path.read_bytes() == before
    return str(err)


# -- numbers that become an index or a size --------------------------------------------------------


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


# -- a run without its optimiser, and with more than a run -----------------------------------------


@pytest.mark.parametrize("base", ["deep-r", "lstm"])
def test_a_file_without_the_optimisers_state_evaluates_and_does_not_resume(
    bases, path, capsys, base
):
    path.write_bytes(bases[base])
    assert main(["evaluate", str(path)]) == 0
    whole = capsys.readouterr().out
    path.write_bytes(bases[base])
    with h5py.File(path, "r+") as file:
        del file["resume"]

    assert main(["evaluate", str(path)]) == 0
    assert capsys.readouterr().out == whole
    with read_run(path) as run:
        assert not run.has("resume")
    assert "resume" in refused(path, capsys, "resume")


@pytest.mark.parametrize("base", ["spiking", "deep-r", "lstm"])
def test_evaluating_leaves_the_optimisers_state_as_it_is(bases, path, base):
    path.write_bytes(bases[base])
    before = results(path)
    assert main(["evaluate", str(path)]) == 0

    kept = {k: v for k, v in results(path).items() if not k.startswith("metrics/test")}
    assert kept == before


@pytest.mark.parametrize("verb", BOTH)
def test_what_is_no_part_of_a_run_is_kept(bases, path, capsys, verb):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        file["notes/by/me"] = np.arange(3)
        file["notes/by/me"].attrs["unit"] = 7
        file["weights/mine"] = np.float32(2.5)
        file["mine/W/data"] = np.ones(2)
        file.create_group("empty")
        file.attrs["place"] = np.bytes_(b"lab")
    assert main([verb, str(path)]) == 0

    assert "will not be kept" not in capsys.readouterr().err
    with read_run(path) as run:
        assert run.array("notes/by/me").tolist() == [0, 1, 2]
        assert run.attribute("unit", "notes/by/me") == 7
        assert run.array("weights/mine") == np.float32(2.5)
        assert run.array("mine/W/data").tolist() == [1, 1]
        assert run.has("empty")
        assert run.attributes["place"] == "lab"


def test_what_cannot_be_kept_is_named(bases, path, capsys):
    path.write_bytes(bases["deep-r"])
    with h5py.File(path, "r+") as file:
        file["notes/list"] = ["a", "b"]
        file["no\x1btes"] = 1
        file["notes/number"] = 1
        file["notes/number"].attrs["words"] = "of variable length"
    assert main(["resume", str(path)]) == 0

    err = capsys.readouterr().err
    named = [line for line in err.splitlines() if line.endswith("will not be kept")]
    assert len(named) == 3
    assert "\x1b" not in err
    assert all(word in err for word in ("notes/list", r"no\x1btes", "words"))


# -- names that a task gives -----------------------------------------------------------------------


class Naming(ToyTask):
    """A task whose metrics have odd names: those of training, or only those held out."""

    settings_type = fuzz_worker.NamedSettings
    in_training, held, name, since = "fine", "fine", "", 0

    def __init__(self, settings: Any = None) -> None: ...

    def batch(self, iteration: int, size: int, seed: int) -> Any:
        name = self.in_training if iteration >= self.since else "fine"
        return _named(super().batch(iteration, size, seed), name)

    def held_out(self, split: str, size: int, seed: int) -> Any:
        return (_named(batch, self.held) for batch in (super().batch(0, size, seed),))


def _named(batch: ToyBatch, name: str) -> Any:
    class Named(ToyBatch):
        def loss(self, y: Any, start: int, stop: int) -> Any:
            found = super().loss(y, start, stop)
            return found._replace(metrics={name: found.metrics["accuracy"]})

    return Named(batch.x, batch.labels)


def naming_run(bases, path, monkeypatch, **names: Any) -> TrainingRun:
    for key, value in names.items():
        monkeypatch.setattr(Naming, key, value)
    path.write_bytes(bases["deep-r"])
    with read_run(path) as file:
        from lsnn_core.runs.restore import read_config

        config = read_config(file)
    path.unlink()
    assert make_task(config).n_in == Naming.n_in
    return TrainingRun(Trainer(config, Naming()), path)


@pytest.mark.parametrize("name", ["a/b", "\x1b[2J", "a__b", "", "..", "x" * 300])
def test_a_metric_that_no_file_could_hold_is_refused_at_the_first_step(
    bases, path, monkeypatch, name
):
    run = naming_run(bases, path, monkeypatch, in_training=name)
    before = run.trainer.learner.net.connections

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: .* is no name") as caught:
        run.run()
    assert str(caught.value).isprintable()
    assert run.trainer.learner.net.connections is before
    assert not path.exists()


def test_one_that_comes_later_loses_nothing(bases, path, monkeypatch):
    run = naming_run(bases, path, monkeypatch, in_training="a/b", since=2)

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: 'a/b'"):
        run.run()
    with read_run(path) as file:
        assert (file.status, file.iteration) == ("interrupted", 2)


def test_one_of_held_out_data_is_refused_before_training(bases, path, monkeypatch):
    run = naming_run(bases, path, monkeypatch, held="a/b")

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: 'a/b'"):
        run.run()
    assert not path.exists()


# -- figures ---------------------------------------------------------------------------------------


def test_a_subnormal_gradient_norm_is_drawn(bases, path, tmp_path):
    path.write_bytes(bases["whole"])
    put(path, "metrics/train/gradient_norm_W_in/value", first(5e-324))

    assert main(["figure", "dashboard", str(path), "-o", str(tmp_path / "out.svg")]) == 0


@pytest.mark.parametrize("value", [1e31, 1e308])
def test_values_that_no_axis_holds_are_refused(bases, path, tmp_path, capsys, value):
    path.write_bytes(bases["whole"])
    put(path, "metrics/train/loss/value", first(value))

    assert main(["figure", "learning", str(path), "-o", str(tmp_path / "out.svg")]) == BAD_FILE
    assert "metrics/train/loss" in capsys.readouterr().err
    assert not (tmp_path / "out.svg").exists()


NO_TIMES = [10**400, float("nan"), "now", [1], True]


@pytest.mark.parametrize(
    ("seconds", "minutes"), [(600, "10.0"), *((value, "") for value in NO_TIMES)]
)
def test_a_time_that_is_none_is_not_in_the_table(bases, path, tmp_path, seconds, minutes):
    path.write_bytes(bases["whole"])
    text = json.dumps({"train_seconds": seconds})
    with h5py.File(path, "r+") as file:
        file["environment"] = np.bytes_(text.encode())

    assert main(["figure", "table1", str(path), "-o", str(tmp_path / "out.csv")]) == 0
    with (tmp_path / "out.csv").open(newline="") as table:
        (row,) = [row for row in csv.DictReader(table) if row["our seeds"]]
    assert row["minutes a run"] == minutes
