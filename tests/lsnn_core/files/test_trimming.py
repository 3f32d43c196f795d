"""A trimmed run draws, evaluates and is a network as before, and cannot be trained further."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lsnn_core.cli import main
from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.files import read_run, trimming
from lsnn_core.files.trimming import trim
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.tiny_runs import tiny_config


def finished(path: Path, model: str = "lsnn", **changes: Any) -> TrainingRun:
    config = tiny_config(model, **changes)
    run = TrainingRun(Trainer(config, make_task(config)), path)
    run.run()
    return run


def tree_of(path: Path) -> dict[str, Any]:
    with read_run(path) as file:
        return file.tree()


def assert_same(found: Any, expected: Any) -> None:
    if isinstance(expected, dict):
        assert found.keys() == expected.keys()
        for name, value in expected.items():
            assert_same(found[name], value)
    else:
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("model", ["lsnn", "rnn"])
def test_all_but_the_state_of_the_optimiser_stays(model, tmp_path, capsys):
    whole, small = tmp_path / "whole.h5", tmp_path / "small.h5"
    finished(whole, model)
    before = whole.read_bytes()
    assert main(["trim", str(whole), "--out", str(small)]) == 0
    expected = tree_of(whole)
    del expected["resume"]

    assert_same(tree_of(small), expected)
    assert whole.read_bytes() == before
    assert small.stat().st_size < whole.stat().st_size
    for verb in ("evaluate", "inspect"):
        assert main([verb, str(small)]) == 0
    capsys.readouterr()
    assert main(["resume", str(small)]) != 0
    if model == "lsnn":
        assert LSNN.from_run(small).connections.equals(LSNN.from_run(whole).connections)
        with read_run(whole) as a, read_run(small) as b:
            assert a.all_attributes("neurons") == b.all_attributes("neurons")


def test_long_curves_are_thinned_and_keep_their_end(tmp_path, monkeypatch):
    monkeypatch.setattr(trimming, "MOST_VALUES", 2)
    finished(tmp_path / "whole.h5")
    trim(tmp_path / "whole.h5", tmp_path / "small.h5")
    with read_run(tmp_path / "small.h5") as file:
        assert file.metric("train", "loss")[0].tolist() == [3, 6]
        assert len(file.metric("validation", "loss")[0]) == 2
        assert file.series("rewiring/dropped")[0].tolist() == [3, 6]
    with read_run(tmp_path / "whole.h5") as file:
        assert file.metric("train", "loss")[0].tolist() == [1, 2, 3, 4, 5, 6]


def test_a_run_that_goes_on_is_not_trimmed(tmp_path):
    config = tiny_config("lsnn")
    run = TrainingRun(Trainer(config, make_task(config)), tmp_path / "run.h5")
    run.save("interrupted")
    run.trainer.close()
    with pytest.raises(UsageError, match=r"is interrupted, expected complete; .*lsnn resume"):
        trim(tmp_path / "run.h5", tmp_path / "small.h5")
    assert not (tmp_path / "small.h5").exists()
    with pytest.raises(BadFileError):
        trim(tmp_path / "nothing.h5", tmp_path / "small.h5")


def test_what_is_there_is_left_alone(tmp_path):
    finished(tmp_path / "run.h5")
    (tmp_path / "small.h5").write_text("mine")
    with pytest.raises(UsageError, match="exists"):
        trim(tmp_path / "run.h5", tmp_path / "small.h5")
    assert (tmp_path / "small.h5").read_text() == "mine"
    trim(tmp_path / "run.h5", tmp_path / "small.h5", overwrite=True)
    assert tree_of(tmp_path / "small.h5")
