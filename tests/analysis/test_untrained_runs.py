"""A file of a run that has only begun: every figure is drawn, or refused in one line."""

from __future__ import annotations

import pytest

from lsnn_core import plugins
from lsnn_core.cli import main
from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun

FIGURES = [name for name in plugins.find(plugins.FIGURES) if name != "scaling"]  # takes no runs


@pytest.fixture(scope="module", params=["smnist-deepr", "smnist-lstm", "l2l-tn", "navigation"])
def begun(request, tmp_path_factory):
    config = configure(request.param, ["training.batch=2", "training.threads=1"])
    path = tmp_path_factory.mktemp("begun") / "run.h5"
    run = TrainingRun(Trainer(config, make_task(config)), path)
    run.save("running")
    run.trainer.close()
    return path


@pytest.mark.parametrize("name", FIGURES)
def test_a_figure_of_a_run_that_has_only_begun(begun, tmp_path, capsys, name):
    out = tmp_path / "out.png"
    code = main(["figure", name, str(begun), "-o", str(out)])
    err = capsys.readouterr().err

    assert code in (0, 2, 3)
    assert out.exists() == (code == 0)
    assert err.count("\n") == (code != 0)


def test_it_can_be_inspected(begun, capsys):
    assert main(["inspect", str(begun)]) == 0
    assert "running, 0 iterations" in capsys.readouterr().out
