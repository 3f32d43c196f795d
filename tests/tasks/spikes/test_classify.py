"""Labelled examples as the trainer sees them."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.task.checks import check_recording, check_task, held_out_batches, rehearse
from tasks.spikes.task import RecordedSpikes, SpikesSettings
from tests.helpers.spikes import N_CLASSES, N_IN, arrays, write


@pytest.fixture
def make(tmp_path):
    path = write(tmp_path / "s.npz", arrays(40))

    def task(**settings):
        given = {"path": str(path), "n_in": N_IN, "n_classes": N_CLASSES, "n_steps": 40}
        return RecordedSpikes(SpikesSettings(**{**given, **settings}))

    return task


def test_the_trainer_takes_all_that_it_hands_over(make):
    task = make(readout_steps=10)
    check_task(task)
    assert (task.n_in, task.n_out, task.n_steps, task.readout_start) == (6, 3, 40, 30)
    rehearse(task, task.batch(0, 20, seed=1))
    sizes = [batch.size for batch in held_out_batches(task, "test", task.held_out("test", 3, 1))]
    assert sizes == [3, 1]
    batch, about = check_recording(task, task.recordings(1))
    assert (batch.size, about["label"]) == (1, task.splits["test"].label[0])


def test_an_epoch_has_each_training_example_once(make):
    task = make()
    index = np.concatenate([task.batch(i, 8, seed=5).index for i in range(8)])
    assert sorted(index[:32]) == sorted(index[32:]) == list(range(32))
    assert index[:32].tolist() != index[32:].tolist()
    assert task.batch(3, 8, seed=6).index.tolist() != task.batch(3, 8, seed=5).index.tolist()


def test_the_answer_is_the_mean_of_the_last_readouts(make):
    task = make(readout_steps=10)
    batch = task.batch(0, 16, seed=1)
    label = batch.examples.label[batch.index]
    y = np.zeros((10, N_CLASSES, 16), np.float32)
    y[4, label, np.arange(16)] = 100.0  # in one step of ten
    assert batch.loss(y, 0, 16).metrics["accuracy"] == (16.0, 16.0)
    assert batch.loss(y, 0, 16).loss < 1e-3
    wrong = np.roll(y, 1, axis=1)
    assert batch.loss(wrong, 0, 16).metrics["accuracy"] == (0.0, 16.0)


def test_time_units_and_steps_go_together(make, tmp_path):
    in_ms = make()
    content = arrays(40)
    content["times"] = content["times"] / 1000
    in_s = make(path=str(write(tmp_path / "seconds.h5", content)), time_unit_ms=1000.0)
    assert np.array_equal(in_ms.splits["train"].site, in_s.splits["train"].site)
    coarse = make(ms_per_step=2.0, n_steps=20)
    assert coarse.splits["train"].grid.per_step == 2.0
    assert coarse.splits["train"].site.max() < 20 * N_IN


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"path": ""}, r"task\.path: not given"),
        ({"readout_steps": 41}, r"task\.readout_steps: found 41, expected at most n_steps = 40"),
        ({"n_classes": 1}, r"task\.n_classes: found 1"),
        ({"time_unit_ms": 0.0}, r"task\.time_unit_ms"),
        ({"n_steps": 2**30}, r"task\.n_steps: found 1073741824, expected less than"),
    ],
)
def test_wrong_settings_are_refused(make, changes, message):
    with pytest.raises(UsageError, match=message):
        make(**changes)
