"""SHD and SSC from files in the published layout; the data itself is nobody's to ship."""

from __future__ import annotations

import sys

import h5py
import numpy as np
import pytest

from lsnn_core import lookover
from lsnn_core.config.recipes import configure
from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.learning.models import make_learner, make_task
from tasks.heidelberg.task import Heidelberg, HeidelbergSettings
from tests.helpers.heidelberg import N_CHANNELS, write_file, write_lists, write_shd


@pytest.fixture
def folder(tmp_path):
    return write_shd(tmp_path / "SHD")


def task(folder, **settings):
    return Heidelberg(HeidelbergSettings(path=str(folder), **settings))


def refused(folder, **settings):
    with pytest.raises(BadFileError) as caught:
        task(folder, **settings)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_spikes_come_in_the_steps_of_their_times(tmp_path):
    times, units, label, _ = write_file(tmp_path / "shd_test.h5", 8)
    write_file(tmp_path / "shd_train.h5", 30)
    test = task(tmp_path, n_steps=1000).splits["test"]
    assert test.label.tolist() == label.tolist()
    for i in range(8):
        expected = np.zeros((1000, N_CHANNELS), np.bool_)
        step = np.floor(times[i].astype(float) * 1000 + 1e-3).astype(int)
        expected[step[step < 1000], units[i][step < 1000]] = True
        assert np.array_equal(test.events(np.array([i])).to_dense(N_CHANNELS)[:, 0], expected)


def test_a_step_can_be_longer(folder):
    fine, coarse = task(folder, n_steps=1200), task(folder, n_steps=300, ms_per_step=4.0)
    some = np.arange(8)
    fine_spikes = fine.splits["test"].events(some).to_dense(N_CHANNELS)
    coarse_spikes = coarse.splits["test"].events(some).to_dense(N_CHANNELS)
    assert np.array_equal(fine_spikes.reshape(300, 4, 8, N_CHANNELS).any(axis=1), coarse_spikes)


def test_validation_is_what_the_last_speakers_say(tmp_path):
    *_, label, speaker = write_file(tmp_path / "shd_train.h5", 30, speakers=(7, 0, 3, 11))
    write_file(tmp_path / "shd_test.h5", 5)
    splits = task(tmp_path, validation_speakers=2).splits
    held_out = np.isin(speaker, (7, 11))
    assert splits["validation"].label.tolist() == label[held_out].tolist()
    assert splits["train"].label.tolist() == label[~held_out].tolist()
    assert "tells of 4 speakers, expected more than the 4" in refused(
        tmp_path, validation_speakers=4
    )


def test_commands_have_a_file_for_validation(tmp_path):
    for n, split in ((12, "train"), (5, "valid"), (6, "test")):
        write_file(tmp_path / f"ssc_{split}.h5", n)
    made = task(tmp_path, corpus="ssc")
    assert {name: len(part) for name, part in made.splits.items()} == {
        "train": 12, "validation": 5, "test": 6,
    }  # fmt: skip
    assert (made.n_in, made.n_out) == (700, 35)


# -- what is missing or bad ------------------------------------------------------------------------


def test_without_data_it_says_where_to_get_it(tmp_path):
    with pytest.raises(
        UsageError, match=r"task\.path: not given; .*https://zenkelab\.org/datasets"
    ):
        task("")
    message = refused(tmp_path)
    assert message.startswith(f"{tmp_path}/shd_train.h5: no such file")
    assert "https://zenkelab.org/datasets" in message
    (tmp_path / "shd_train.h5.gz").write_bytes(b"")
    assert "is still packed; unpack it by gunzip" in refused(tmp_path)


def change(folder, path, value=None, dtype=None):
    with h5py.File(folder / "shd_train.h5", "r+") as file:
        del file[path]
        if dtype is not None:
            write_lists(file, path, value, dtype)
        elif value is not None:
            file[path] = value


N = 30
BAD = {
    "no times": ("spikes/times", None, None, "spikes/times is missing"),
    "plain times": ("spikes/times", np.zeros(N), None, "expected a vector of lists"),
    "lists of text": ("spikes/times", ["a"] * N, None, "expected a vector of lists"),
    "whole times": ("spikes/times", [np.zeros(1)] * N, np.int32, "holds lists of int32"),
    "real units": ("spikes/units", [np.zeros(1)] * N, np.float32, "holds lists of float32"),
    "fewer units": ("spikes/units", [np.zeros(1)] * (N - 1), np.uint16, "has 30 lists of times"),
    "unequal": ("spikes/units", [np.zeros(99)] * N, np.uint16, "has 99 for "),
    "labels": ("labels", np.full(N, 20), None, "label of example 0 is 20, expected 0 to 19"),
    "few labels": ("labels", np.zeros(3, int), None, "expected 30 integers"),
    "speakers": ("extra/speaker", np.zeros(3, int), None, "extra/speaker has shape"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_of_another_form_is_refused(folder, case):
    path, value, dtype, message = BAD[case]
    change(folder, path, value, dtype)
    found = refused(folder)
    assert found.startswith(f"{folder}/shd_train.h5: ")
    assert message in found


@pytest.mark.parametrize(
    ("path", "dtype", "value", "message"),
    [
        ("spikes/times", np.float16, np.nan, "times: expected a finite time of at least 0"),
        ("spikes/times", np.float16, -1.0, "times: expected a finite time of at least 0"),
        ("spikes/units", np.uint16, 700, "ids: expected an input from 0 to 699, found 700"),
    ],
)
def test_spikes_that_cannot_be_are_refused(folder, path, dtype, value, message):
    with h5py.File(folder / "shd_train.h5", "r+") as file:
        bad = file[path][3].copy()
        bad[0] = value
        file[path][3] = bad
    found = refused(folder)
    assert message in found
    assert found.endswith("in example 3")


def test_lists_that_share_their_place_do_not_fill_the_memory(folder):
    """One list of the heap that many descriptors point to unfolds to more than the file holds."""
    path = folder / "shd_train.h5"
    with h5py.File(path, "w") as file:
        for name, dtype in (("times", np.float16), ("units", np.uint16)):
            write_lists(file, f"spikes/{name}", [np.zeros(3000)] + [np.zeros(1)] * 99, dtype)
        offsets = {name: file[f"spikes/{name}"].id.get_offset() for name in ("times", "units")}
        file["labels"] = np.zeros(100, np.uint16)
        file["extra/speaker"] = np.arange(100, dtype=np.uint16)
    whole = bytearray(path.read_bytes())
    for offset in offsets.values():
        whole[offset : offset + 1600] = whole[offset : offset + 16] * 100
    path.write_bytes(bytes(whole))
    assert "lists of more than the" in refused(folder)


def test_a_virtual_dataset_is_refused(folder):
    layout = h5py.VirtualLayout((N,), np.float16)
    with h5py.File(folder / "shd_train.h5", "r+") as file:
        del file["spikes/times"]
        file.create_virtual_dataset("spikes/times", layout)
    assert "is a virtual dataset" in refused(folder)


@pytest.fixture
def short_survey(monkeypatch):
    """The process that looks a file over gives up after a second of the processor's time."""
    code = "import lsnn_core.files.surveyor as s; s.CPU_SECONDS = 1; s.serve()"
    lookover.stop()
    monkeypatch.setattr("lsnn_core.lookover.COMMAND", [sys.executable, "-c", code])
    yield
    lookover.stop()


def test_a_heap_on_which_the_library_loops_is_refused(tmp_path, short_survey):
    write_file(tmp_path / "shd_train.h5", 6, speakers=(0, 1, 2))
    path = tmp_path / "shd_train.h5"
    whole = bytearray(path.read_bytes())
    whole[whole.index(b"GCOL") + 528] ^= 64  # HDF5 2.0 reads it for ever
    path.write_bytes(bytes(whole))
    assert "the file is damaged" in refused(tmp_path)


@pytest.mark.slow
@pytest.mark.usefixtures("short_survey")
def test_no_flipped_byte_ends_in_anything_but_spikes_or_a_line(tmp_path):
    write_file(tmp_path / "shd_train.h5", 6, speakers=(0, 1, 2))
    write_file(tmp_path / "shd_test.h5", 3)
    path = tmp_path / "shd_train.h5"
    whole = path.read_bytes()
    refused_at = {}
    for offset in range(0, len(whole), 241):
        path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 64]) + whole[offset + 1 :])
        try:
            splits = task(tmp_path).splits
        except BadFileError as error:
            refused_at[offset] = str(error)
        else:
            for part in splits.values():
                part.events(np.arange(len(part))[:16]).validate(N_CHANNELS)
    assert refused_at
    assert not [message for message in refused_at.values() if "\n" in message]


# -- recipes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["shd-lsnn", "shd-lif"])
def test_a_step_of_the_recipe_changes_the_weights(folder, name):
    changes = [f"task.path='{folder}'", "training.batch=8", "training.threads=1"]
    config = configure(name, changes)
    learner = make_learner(config, make_task(config))
    before = learner.stored().tree["weights"]["W_in"]["data"].copy()
    outcome = learner.gradient(learner.batch(0), 0)
    learner.update(outcome, 0.01, 0)
    after = learner.stored().tree["weights"]["W_in"]["data"]
    learner.close()
    assert 1.0 < outcome.loss < 10.0
    assert (before != after).any()
    assert configure(name).network.n_adaptive == (128 if name == "shd-lsnn" else 0)
