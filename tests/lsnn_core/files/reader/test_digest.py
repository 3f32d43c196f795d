"""What is damaged, exchanged or put there by another hand is noticed when it is read."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest

from lsnn_core.files import read_run, write_tree
from tests.helpers.run_file import SHAPES, attributes, example_tree, flat, reading, remove_digests


def noise(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).random(400_000).astype(np.float32)


def twins() -> dict[str, object]:
    """Two datasets of one type and shape, of several chunks, stored as they are."""
    zeros = np.zeros(10)
    ids = np.zeros(10, np.uint64)
    spikes = {name: {"timestamps": zeros + i, "node_ids": ids} for i, name in enumerate("AR")}
    return {"resume": {"m": noise(1), "v": noise(2)}, "spikes": spikes, "lr": 0.5, "rate": 0.25}


def exchange(path: Path, first: str, second: str) -> None:
    with h5py.File(path, "r+") as file:
        file.move(first, "waiting")
        file.move(second, first)
        file.move("waiting", second)


def test_a_zeroed_chunk_is_noticed(path):
    # given: a chunk of zeros with the filters' own checksum of zeros
    write_tree(path, twins(), attributes())
    with h5py.File(path, "r+") as file:
        dataset = file["spikes/A/node_ids"]
        dataset.id.write_direct_chunk((0,), bytes(8 * 10 + 4))
        assert not dataset[()].any()
        chunk = file["spikes/R/timestamps"]
        chunk.id.write_direct_chunk((0,), bytes(8 * 10 + 4))
        assert not chunk[()].any()
    # then: what were ones does not pass
    assert "R/timestamps is damaged or exchanged" in reading(path, lambda run: run.spikes("R"))
    with read_run(path) as run:
        assert not run.spikes("A")[1].any()  # these were zeros before


def test_exchanged_chunks_are_noticed(path):
    write_tree(path, twins(), attributes())
    with h5py.File(path, "r+") as file:
        data = file["resume/m"]
        places = [data.id.get_chunk_info(i).chunk_offset for i in (0, 1)]
        chunks = [data.id.read_direct_chunk(place)[1] for place in places]
        data.id.write_direct_chunk(places[0], chunks[1])
        data.id.write_direct_chunk(places[1], chunks[0])
    assert "resume/m is damaged or exchanged" in reading(path, lambda run: run.tree())


@pytest.mark.parametrize(
    ("first", "second"),
    [("resume/m", "resume/v"), ("lr", "rate"), ("spikes/A", "spikes/R")],
)
def test_exchanged_datasets_and_groups_are_noticed(path, first, second):
    write_tree(path, twins(), attributes())
    exchange(path, first, second)
    assert "damaged or exchanged" in reading(path, lambda run: run.tree())


@pytest.mark.parametrize(
    ("name", "value"),
    [("status", np.bytes_("complete")), ("iteration", 6), ("code_version", np.bytes_("0"))],
)
def test_a_changed_attribute_of_the_file_is_noticed(path, name, value):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        file.attrs[name] = value
    assert "damaged or exchanged" in reading(path)


def test_an_owners_attribute_and_array_need_no_digest(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        file.attrs["place"], file["notes/mine"] = 1, np.arange(3)
    with read_run(path) as run:
        assert run.attributes["place"] == 1
        assert run.array("notes/mine").tolist() == [0, 1, 2]


def test_a_changed_shape_of_a_matrix_is_noticed(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        file["weights/W_in"].attrs["shape"] = (3, 5)
    assert "W_in is damaged" in reading(path, lambda run: run.weights("W_in"))


def test_a_file_of_before_there_were_digests_is_read(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    remove_digests(path)
    with read_run(path) as run:
        assert flat(run.tree()) == flat(example_tree())
        assert run.weights("W_in").shape == (3, 4)


@pytest.mark.parametrize("name", ["config", "resume/moments", "metrics/train/loss/value"])
def test_a_dataset_without_digest_among_others_is_noticed(path, name):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        del file[name].attrs["sha256"]
    assert f"{name} has no digest" in reading(path, lambda run: run.tree())


def test_digests_without_the_file_s_own_are_noticed(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        del file.attrs["sha256"]
    assert "has a digest, but the file has none" in reading(path, lambda run: run.tree())


def test_a_group_without_digest_is_noticed_with_its_attributes(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        del file["weights/W_in"].attrs["sha256"]
    assert "W_in has no digest" in reading(path, lambda run: run.weights("W_in"))
