"""Files of recorded spikes: both formats, one or a file for each split, and bad ones."""

from __future__ import annotations

import re

import h5py
import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from tasks.spikes.examples import Grid
from tasks.spikes.files import SPLITS, Wanted, cut, load
from tests.helpers.spikes import N_CLASSES, N_IN, arrays, write

GRID = Grid(N_IN, 40, 1.0)
WANTED = Wanted(GRID, N_CLASSES, 1)
SUFFIXES = [".h5", ".hdf5", ".npz"]


def refused(path, wanted=WANTED):
    with pytest.raises(BadFileError) as caught:
        load(path, wanted)
    message = str(caught.value)
    assert "\n" not in message
    return message


def sizes(splits):
    return {split: len(splits[split]) for split in SPLITS}


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_file_that_tells_its_splits(tmp_path, suffix):
    content = arrays(9)
    split = np.array([0, 1, 2, 0, 0, 0, 2, 1, 0])
    splits = load(write(tmp_path / f"s{suffix}", {**content, "split": split}), WANTED)
    assert sizes(splits) == {"train": 5, "validation": 2, "test": 2}
    for code, name in enumerate(SPLITS):
        assert splits[name].label.tolist() == content["label"][split == code].tolist()
        here = np.flatnonzero(split == code)
        counts = np.diff(splits[name].ptr)
        for count, example in zip(counts, here, strict=True):
            a, b = content["ptr"][example : example + 2]
            step = np.floor(content["times"][a:b] + 0.001)
            sites = step * N_IN + content["ids"][a:b]
            assert count == len(np.unique(sites[step < 40]))


def test_both_formats_hold_the_same(tmp_path):
    one, two = (load(write(tmp_path / f"s{end}", arrays()), WANTED) for end in (".h5", ".npz"))
    for split in SPLITS:
        assert np.array_equal(one[split].site, two[split].site)
        assert np.array_equal(one[split].label, two[split].label)


def test_a_file_without_splits_is_cut_by_the_split_seed(tmp_path):
    path = write(tmp_path / "s.npz", {**arrays(40), "label": np.arange(40) % N_CLASSES})
    splits = load(path, WANTED)
    assert sizes(splits) == {"train": 32, "validation": 4, "test": 4}
    again, other = load(path, WANTED), load(path, WANTED._replace(split_seed=2))
    assert np.array_equal(splits["test"].site, again["test"].site)
    assert not np.array_equal(splits["test"].site, other["test"].site)


def test_each_example_is_in_one_split():
    split = cut(50, 3, ("validation", "test"))
    assert np.bincount(split).tolist() == [40, 5, 5]
    assert np.bincount(cut(50, 3, ("validation",))).tolist() == [45, 5]


def test_a_folder_has_a_file_for_each_split(tmp_path):
    for place, (split, suffix) in enumerate(zip(SPLITS, SUFFIXES, strict=True)):
        write(tmp_path / f"{split}{suffix}", arrays(5 + place, seed=place))
    assert sizes(load(tmp_path, WANTED)) == {"train": 5, "validation": 6, "test": 7}
    (tmp_path / "validation.hdf5").unlink()
    write(tmp_path / "train.h5", arrays(20))
    assert sizes(load(tmp_path, WANTED)) == {"train": 18, "validation": 2, "test": 7}


@pytest.mark.parametrize(
    ("missing", "message"),
    [("train", "expected train.h5 or .hdf5 or .npz in it"), ("test", "expected test.h5 or")],
)
def test_a_folder_without_a_split_is_refused(tmp_path, missing, message):
    for split in {"train", "test"} - {missing}:
        write(tmp_path / f"{split}.npz", arrays(5))
    assert message in refused(tmp_path)


def test_a_split_in_two_files_is_refused(tmp_path):
    for name in ("train.h5", "train.npz", "test.h5"):
        write(tmp_path / name, arrays(5))
    assert "keep one" in refused(tmp_path)


@pytest.mark.parametrize("suffix", [".h5", ".npz"])
@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"label": np.arange(30)}, "label of example 3 is 3, expected 0 to 2"),
        ({"label": np.zeros(29, int)}, r"label holds int64 \(29,\), expected 30 integers"),
        ({"label": np.zeros(30)}, "label holds float64"),
        ({"split": np.full(30, 3)}, "split of example 0 is 3, expected 0 to 2"),
        ({"split": np.zeros(30, int)}, "has no example for validation among 30"),
        ({"ids": np.full(arrays()["times"].size, N_IN)}, "ids: expected an input from 0 to 5"),
        ({"times": np.full(arrays()["times"].size, np.nan)}, "times: expected a finite time"),
        ({"ptr": np.zeros(0, int)}, "label holds|ptr: expected to rise"),
        ({"ptr": None}, "ptr is missing; expected times, ids, ptr, label"),
    ],
)
def test_what_does_not_fit_is_named(tmp_path, suffix, changes, message):
    content = {k: v for k, v in {**arrays(), **changes}.items() if v is not None}
    path = write(tmp_path / f"s{suffix}", content)
    found = refused(path)
    assert found.startswith(str(path))
    assert re.search(message, found), found


def test_a_matrix_and_other_storage_are_refused(tmp_path):
    path = write(tmp_path / "s.h5", {**arrays(), "times": np.zeros((3, 2))})
    assert "expected 1 axes" in refused(path)
    with h5py.File(path, "r+") as file:
        del file["times"]
        file["times"] = h5py.ExternalLink("elsewhere.h5", "times")
    assert "external link" in refused(path)


@pytest.mark.parametrize(
    "content", [b"", b"PK", b"PK\x03\x04 and so on", b"\x89HDF\r\n\x1a\n", b"a,b"]
)
def test_files_of_other_kinds_are_refused(tmp_path, content):
    path = tmp_path / "spikes"
    path.write_bytes(content)
    assert refused(path).startswith(str(path))


def test_a_missing_file_is_named(tmp_path):
    assert "check task.path" in refused(tmp_path / "absent.h5")
