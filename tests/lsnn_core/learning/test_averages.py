"""Averaged weights: tested beside the last ones, kept in the run file, refused if damaged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.files import read_run
from lsnn_core.files.schema import lookup
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.changed_runs import first, put, refused
from tests.helpers.program import results
from tests.helpers.run_file import remove_digests
from tests.helpers.tiny_runs import tiny_config

MODELS = pytest.mark.parametrize("model", ["lsnn", "rnn"])


def trainer(model: str, **changes: Any) -> Trainer:
    config = tiny_config(model, **changes)
    return Trainer(config, make_task(config))


def trained(model: str, path: Path, **changes: Any) -> TrainingRun:
    run = TrainingRun(trainer(model, **changes), path)
    run.run()
    return run


def parameters(t: Trainer) -> dict[str, np.ndarray]:
    learner: Any = t.learner
    if hasattr(learner, "parameters"):
        return dict(learner.parameters)
    connections = learner.net.connections
    return {"weight": connections.weight, "b_out": learner.net.b_out}


@MODELS
def test_both_are_tested_and_neither_is_chosen(model, tmp_path):
    run = trained(model, tmp_path / "run.h5")
    values = run.trainer.metrics.values
    splits = "validation", "test"

    for split in splits:
        last, averaged = values[f"{split}/loss"], values[f"{split}_average/loss"]
        assert len(last) == len(averaged)
        assert last != averaged
    t = run.trainer
    before = parameters(t)
    with t.learner.averaged():
        loss = t._held_out("test", "x", lambda: False)["x/loss"]
        assert any(np.any(v != before[k]) for k, v in parameters(t).items())
    assert loss == values["test_average/loss"][-1]
    assert all(v is before[k] for k, v in parameters(t).items())


@MODELS
def test_it_changes_nothing_of_what_is_learned(model, tmp_path):
    without = trained(model, tmp_path / "a.h5", **{"training.average": 0.0}).trainer
    beside = trained(model, tmp_path / "b.h5").trainer

    assert not without.learner.averages
    for name, value in parameters(without).items():
        np.testing.assert_array_equal(parameters(beside)[name], value)
    plain = {k: v for k, v in beside.metrics.values.items() if "_average" not in k}
    assert plain == without.metrics.values


@MODELS
def test_an_interrupted_run_ends_in_the_same_averages(model, tmp_path):
    whole, stopped = tmp_path / "whole.h5", tmp_path / "stopped.h5"
    trained(model, whole)
    run = TrainingRun(trainer(model), stopped)
    while run.trainer.iteration < 4:
        run.trainer.step()
        if run.trainer.owes_validation:
            run.trainer.evaluate("validation")
    run.save("interrupted")
    run.trainer.close()
    TrainingRun.resume(stopped).run()

    assert results(stopped) == results(whole)
    with read_run(whole) as file:
        names = [name for name, *_ in file.contents() if name.startswith("average/")]
        assert len(names) >= 4
        assert all(lookup(name) for name in names)


@MODELS
def test_a_file_without_moments_is_evaluated_with_both(model, tmp_path, capsys):
    path = tmp_path / "run.h5"
    run = trained(model, path)
    with h5py.File(path, "r+") as file:
        del file["resume"]
    capsys.readouterr()
    assert main(["evaluate", str(path)]) == 0
    printed = capsys.readouterr().out

    for name in ("test/loss", "test_average/loss"):
        assert f"{name.replace('/', ' ')} {run.trainer.metrics.last(name):.4f}\n" in printed


@MODELS
@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("W_rec", first(np.nan), "holds nan"),
        ("W_rec", first(1e300), "the largest of training.dtype"),
        ("W_rec", lambda a: a[..., :-1], "has shape"),
        ("b_out", first(1, np.int64), "holds"),
    ],
)
def test_averages_that_cannot_be_are_refused(model, name, change, message, tmp_path, capsys):
    path = tmp_path / "run.h5"
    trained(model, path)
    remove_digests(path)
    put(path, f"average/{'dense/' if model == 'rnn' else ''}{name}", change)
    capsys.readouterr()
    assert message in refused(path, capsys, "evaluate")


def test_an_average_with_the_wrong_sign_is_refused(tmp_path, capsys):
    path = tmp_path / "run.h5"
    trained("lsnn", path)
    remove_digests(path)
    put(path, "average/W_in", lambda a: -a)
    capsys.readouterr()
    assert "average/W_in has a sign other than" in refused(path, capsys, "evaluate")


@MODELS
@pytest.mark.parametrize("count", [0.5, 4.0, np.nan])
def test_a_count_that_cannot_be_is_refused(model, count, tmp_path, capsys):
    path = tmp_path / "run.h5"
    run = TrainingRun(trainer(model), path)
    run.trainer.step()
    run.save("interrupted")
    run.trainer.close()
    remove_digests(path)
    put(path, "resume/average_weight" if model == "lsnn" else "resume/average/W_in", first(count))
    assert "holds" in refused(path, capsys, "resume")
