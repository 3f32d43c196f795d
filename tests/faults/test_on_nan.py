"""A batch without a finite loss stops the run or is left out; either way it is kept for study."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import numpy as np
import pytest

from lsnn_core import LSNN
from lsnn_core.cli import main
from lsnn_core.files import read_run
from lsnn_core.learning.bad_batch import inputs_of
from lsnn_core.learning.trainer import MOST_SKIPPED
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.breaking_task import BreakingToy, recipe
from tests.helpers.program import results

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that left two batches out and was not disturbed."""
    folder = tmp_path_factory.mktemp("whole")
    with pytest.MonkeyPatch.context() as patch:
        toml = recipe(folder, patch, (3, 4))
        assert train(toml, folder / "run.h5", "--on-nan", "skip") == 0
    return folder / "run.h5"


def train(toml: Path, path: Path, *options: str) -> int:
    return main(["train", str(toml), "--out", str(path), *options])


def test_it_stops_and_keeps_the_batch_and_the_network_that_met_it(tmp_path, monkeypatch, capsys):
    path, kept = tmp_path / "run.h5", tmp_path / "run.nan.h5"
    assert train(recipe(tmp_path, monkeypatch, (3,)), path) == 4
    line = capsys.readouterr().err.splitlines()[-1]
    assert "iteration 3: loss[0] is nan; the update was not applied" in line
    assert f"are in {kept}: " in line
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("running", 2)
    with read_run(kept) as run:
        assert (run.status, run.iteration) == ("failed", 3)
        x, labels = inputs_of(run), run.array("recordings/bad_batch/own/labels")
        assert "loss[0] is nan" in run.text("recordings/bad_batch/why")
    made = BreakingToy.batch(BreakingToy(None), 3, 5, 1)
    np.testing.assert_array_equal(x.dense(), made.x)
    np.testing.assert_array_equal(labels, made.labels)
    assert LSNN.from_run(kept).forward(x).y.shape == (40, 5, 3)


def test_it_is_left_out_counted_and_told_of_once(tmp_path, monkeypatch, capsys):
    path, toml = tmp_path / "run.h5", recipe(tmp_path, monkeypatch, (3, 4))
    assert train(toml, path, "--on-nan", "skip") == 0
    told = [line for line in capsys.readouterr().err.splitlines() if "skipped" in line]
    assert len(told) == 1, told
    assert "warning: iteration 3: loss[0] is nan" in told[0]
    with read_run(path) as run:
        skipped, count = run.metric("train", "skipped")
        assert (skipped.tolist(), count.tolist()) == ([4, 5], [1.0, 2.0])
        assert run.metric("train", "loss")[0].tolist() == [1, 2, 3, 6, 7, 8]
    with read_run(tmp_path / "run.nan.h5") as run:
        assert run.iteration == 4  # the newest


def test_a_run_that_left_some_out_is_resumed_to_the_same_bits(whole, tmp_path, monkeypatch):
    path, toml, stopped = tmp_path / "run.h5", recipe(tmp_path, monkeypatch, (3, 4)), 4
    real = TrainingRun.run

    def interrupted(run, on_iteration):
        def then(trainer):
            on_iteration(trainer)
            if trainer.iteration == stopped:
                os.kill(os.getpid(), signal.SIGTERM)

        return real(run, then)

    with monkeypatch.context() as once:
        once.setattr(TrainingRun, "run", interrupted)
        assert train(toml, path, "--on-nan", "skip") == 130
    assert main(["resume", str(path)]) == 0
    assert results(path) == results(whole)


def test_a_run_that_stopped_may_go_on_without_the_batch(whole, tmp_path, monkeypatch):
    path = tmp_path / "run.h5"
    assert train(recipe(tmp_path, monkeypatch, (3, 4)), path) == 4
    assert main(["resume", str(path), "--on-nan", "skip"]) == 0
    assert results(path) == results(whole)
    with read_run(path) as run:
        (step,) = run.environment["history"]
        assert step["set"] == {"training.on_nan": ["stop", "skip"]}


def test_many_in_a_row_stop_it_all_the_same(tmp_path, monkeypatch, capsys):
    path, toml = tmp_path / "run.h5", recipe(tmp_path, monkeypatch, range(1, 100))
    more = f"--set=training.iterations={MOST_SKIPPED + 9}"
    assert train(toml, path, "--on-nan", "skip", more) == 4
    line = capsys.readouterr().err.splitlines()[-1]
    assert f"iteration {MOST_SKIPPED + 1}: loss[0] is nan" in line
    assert f"{MOST_SKIPPED} batches in a row were skipped before it" in line
    assert main(["resume", str(path)]) == 4  # no fresh count after a resume
    assert f"iteration {MOST_SKIPPED + 1}: " in capsys.readouterr().err.splitlines()[-1]
