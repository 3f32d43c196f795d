"""A run goes on with the data that it was trained on, and with no others."""

from __future__ import annotations

import pytest

from lsnn_core.cli import main
from lsnn_core.config.recipes import configure
from lsnn_core.files import read_run
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.spikes import N_CLASSES, N_IN, arrays, write

RECIPE = f"""
seed = 1
task = {{ name = "spikes", path = "s.npz", n_in = {N_IN}, n_classes = {N_CLASSES}, n_steps = 40 }}
network = {{ n_regular = 4, n_adaptive = 3 }}
training = {{ iterations = 2, batch = 8, threads = 1 }}
"""


@pytest.fixture
def content(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text(RECIPE)
    found = arrays(40)
    write(tmp_path / "s.npz", found)
    config = configure("./own.toml")
    run = TrainingRun(Trainer(config, make_task(config)), "run.h5")
    run.save("running")
    run.trainer.close()
    return found


def test_the_file_tells_which_data_it_is_of(content):
    with read_run("run.h5") as file:
        digest = file.environment["data_sha256"]
    assert len(digest) == 64
    run = TrainingRun.resume("run.h5")
    run.trainer.close()
    assert digest == run.trainer.task.data_sha256


@pytest.mark.parametrize("name", ["ids", "label"])
def test_a_run_does_not_go_on_with_other_data(content, tmp_path, capsys, name):
    other = content[name].copy()
    other[:2] = (other[:2] + 1) % N_CLASSES
    write(tmp_path / "s.npz", {**content, name: other})
    before = (tmp_path / "run.h5").read_bytes()
    assert main(["resume", "run.h5"]) == 2
    assert "run.h5: was trained on other data (SHA-256 " in capsys.readouterr().err
    assert (tmp_path / "run.h5").read_bytes() == before
    run = TrainingRun.resume("run.h5", to_learn=False)  # a network may be looked at on others
    run.trainer.close()


def test_a_file_that_does_not_tell_is_believed(content, monkeypatch):
    run = TrainingRun.resume("run.h5")
    with monkeypatch.context() as before:
        before.setattr("lsnn_core.runs.provenance.data", lambda task: {})
        run.save("running")
    run.trainer.close()
    with read_run("run.h5") as file:
        assert "data_sha256" not in file.environment
    TrainingRun.resume("run.h5").trainer.close()
