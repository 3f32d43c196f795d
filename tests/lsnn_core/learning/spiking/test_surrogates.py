"""A recipe chooses the surrogate; the choice is part of a run, and goes on with it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lsnn_core.choices import SURROGATES
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.lsnn import LSNN
from tests.helpers.mutations import replace_dataset
from tests.helpers.run_file import remove_digests
from tests.helpers.tiny_runs import tiny_config


def new_run(path: Path, **changes: str) -> TrainingRun:
    config = tiny_config("lsnn", **changes)
    return TrainingRun(Trainer(config, make_task(config)), path)


def stepped(run: TrainingRun, iterations: int) -> Any:
    for _ in range(iterations):
        run.trainer.step()
    net = run.trainer.learner.net
    return net.connections.weight, net.surrogate


def without_the_setting(path: Path) -> None:
    """Make the file one of those that were written before there was a choice."""
    remove_digests(path)
    with h5py.File(path, "r+") as file:
        lines = file["config"][()].decode().splitlines(keepends=True)
        text = "".join(line for line in lines if not line.startswith("surrogate"))
        assert len(text) < sum(map(len, lines))
        replace_dataset(file, "config", np.bytes_(text.encode()))
        file.attrs["config_sha256"] = np.bytes_(hashlib.sha256(text.encode()).hexdigest().encode())


@pytest.mark.parametrize("surrogate", SURROGATES)
def test_a_resumed_run_keeps_its_surrogate_to_the_bit(surrogate, tmp_path):
    given = {"network.surrogate": surrogate}
    expected, _ = stepped(new_run(tmp_path / "whole.h5", **given), 4)
    run = new_run(tmp_path / "run.h5", **given)
    stepped(run, 2)
    run.save("interrupted")
    found, kept = stepped(TrainingRun.resume(tmp_path / "run.h5"), 2)

    assert kept == surrogate
    np.testing.assert_array_equal(found, expected)
    others, _ = stepped(new_run(tmp_path / "other.h5"), 4)
    assert np.array_equal(others, expected) == (surrogate == "triangle")


def test_a_run_of_before_there_was_a_choice_goes_on_with_the_triangle(tmp_path):
    path = tmp_path / "run.h5"
    expected, _ = stepped(new_run(tmp_path / "whole.h5"), 4)
    run = new_run(path)
    stepped(run, 2)
    run.save("interrupted")
    without_the_setting(path)

    assert LSNN.from_run(path).surrogate == "triangle"
    found, kept = stepped(TrainingRun.resume(path), 2)
    assert kept == "triangle"
    np.testing.assert_array_equal(found, expected)
