"""What is written into a run file is what is read from it, to the bit."""

from __future__ import annotations

import hashlib
import time
from typing import Any

import h5py
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.files import read_run, sonata_population, write_tree
from lsnn_core.files.writer import file_image
from tests.helpers.run_file import (
    CONFIG,
    SHAPES,
    attributes,
    example_matrix,
    example_tree,
    flat,
    reading,
)

# -- what goes in comes out ------------------------------------------------------------------------


def test_tree_comes_back_to_the_bit(run):
    assert flat(run.tree()) == flat(example_tree())


def test_part_of_a_tree_comes_back(run):
    assert flat(run.tree("/resume/")) == flat(example_tree()["resume"])


def test_run_is_read_by_name(run):
    assert (run.status, run.iteration, run.config) == ("running", 5, CONFIG)
    assert run.environment == {"python": "3.11"}
    assert run.seeds == {"seed": 7}
    assert run.attributes["config_sha256"] == hashlib.sha256(CONFIG.encode()).hexdigest()
    assert run.recordings()["label"] == 7
    assert run.text("resume/generator") == '{"state": 1}'


def test_metrics_are_listed_and_read(run):
    assert run.metrics() == ["test/accuracy", "train/accuracy", "train/loss"]
    step, value = run.metric("train", "loss")
    np.testing.assert_array_equal(step, np.arange(5))
    np.testing.assert_array_equal(value, example_tree()["metrics"]["train"]["loss"]["value"])
    assert (step.dtype, value.dtype) == (np.int64, np.float64)


def test_missing_metric_is_refused_with_those_there_are(run):
    with pytest.raises(BadFileError, match=r"train/los is missing.*test/accuracy, train/accuracy"):
        run.metric("train", "los")


def test_connectivity_is_a_series(run):
    np.testing.assert_array_equal(run.series("rewiring/connectivity_W_in")[0], [0, 4])


def test_weights_come_back_with_their_shape(run):
    found = run.weights("W_in")
    assert found.shape == (3, 4)
    for name, expected in example_matrix().items():
        np.testing.assert_array_equal(getattr(found, name), expected)


trees = st.recursive(
    hnp.arrays(
        st.sampled_from(["?", "i1", "u8", "<i4", ">i8", "f4", ">f8"]),
        hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
    )
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
    lambda below: st.dictionaries(st.text("abc_ä ", min_size=1, max_size=4), below, max_size=4),
)


@given(tree=st.dictionaries(st.text("xyz", min_size=1, max_size=3), trees, max_size=4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_tree_comes_back_to_the_bit(tree, path, native):
    write_tree(path, tree, attributes())
    with read_run(path) as run:
        assert flat(run.tree()) == flat(native(tree))


@pytest.fixture
def native():
    """Give the function that turns a tree's arrays to native byte order."""

    def convert(tree: Any) -> Any:
        if isinstance(tree, dict):
            return {name: convert(value) for name, value in tree.items()}
        return tree if isinstance(tree, str) else tree.astype(tree.dtype.newbyteorder("="))

    return convert


@pytest.mark.parametrize("shape", [(300_000,), (3, 200_000), (2, 3, 50_000), (70_000, 5)])
def test_large_arrays_come_back_in_several_chunks(path, shape):
    data = np.random.default_rng(0).random(shape).astype(np.float64)
    write_tree(path, {"data": data}, attributes())
    with read_run(path) as run:
        np.testing.assert_array_equal(run.array("data"), data)
    with h5py.File(path) as file:
        assert file["data"].id.get_num_chunks() > 1


def test_views_in_any_order_are_stored_as_what_they_show(path):
    data = np.arange(24.0).reshape(4, 6)
    write_tree(
        path, {"a": data.T, "b": data[::2, ::-3], "c": np.asfortranarray(data)}, attributes()
    )
    with read_run(path) as run:
        np.testing.assert_array_equal(run.array("a"), data.T)
        np.testing.assert_array_equal(run.array("b"), data[::2, ::-3])
        np.testing.assert_array_equal(run.array("c"), data)


# -- the same content is the same file -------------------------------------------------------------


def test_equal_content_gives_equal_bytes_whenever_and_in_whatever_order():
    tree = example_tree()
    first = file_image(tree, attributes(), SHAPES)
    time.sleep(1.1)  # HDF5 stores times in whole seconds, if it stores any
    backwards = {name: tree[name] for name in reversed(tree)}
    assert file_image(backwards, dict(reversed(attributes().items())), SHAPES) == first


def test_different_content_gives_different_bytes():
    tree = example_tree()
    first = file_image(tree, attributes(), SHAPES)
    tree["resume"]["moments"][3] += 1e-15
    assert file_image(tree, attributes(), SHAPES) != first


def test_data_is_compressed_and_checksummed(run, path):
    with h5py.File(path) as file:
        data = file["resume/moments"]
        assert (data.compression, data.compression_opts) == ("gzip", 4)
        assert data.shuffle
        assert data.fletcher32


def test_no_flipped_byte_changes_what_is_read(path, tmp_path):
    loss = {"step": np.arange(3), "value": np.array([2.5, 2.25, 2.0])}
    tree = {"config": CONFIG, "metrics": {"train": {"loss": loss}}, "resume": {"lr": 0.01}}
    write_tree(path, tree, attributes())
    whole, flipped, noticed = path.read_bytes(), tmp_path / "flipped.h5", 0
    with read_run(path) as run:
        told = run.attributes
    heap = whole.index(b"GCOL")  # 4 KiB of references that name axes, and are never read
    offsets = [offset for offset in range(11, len(whole), 37) if not heap <= offset < heap + 4096]
    for offset in offsets:
        flipped.write_bytes(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])
        try:
            with read_run(flipped) as damaged:
                assert flat(damaged.tree()) == flat(tree), f"unnoticed at {offset}"
                assert damaged.attributes == told
        except BadFileError:
            noticed += 1
    assert noticed > len(offsets) / 2  # the others are unused space between the file's parts


@pytest.mark.parametrize("name", ["lr", "note"])
def test_flipped_byte_in_a_scalar_or_text_is_noticed(path, name):
    write_tree(path, {"lr": 0.01, "note": "eight by"}, attributes())
    with h5py.File(path) as file:
        offset = file[name].id.get_offset()
    whole = path.read_bytes()
    path.write_bytes(whole[:offset] + bytes([whole[offset] ^ 1]) + whole[offset + 1 :])
    assert "damaged" in reading(path, lambda run: run.tree())


# -- SONATA ----------------------------------------------------------------------------------------


def test_spikes_come_back_sorted_by_time_then_id(run):
    times, ids = run.spikes("R")
    np.testing.assert_array_equal(times, [1.0, 1.0, 3.0])
    np.testing.assert_array_equal(ids, [1, 2, 0])


def test_spikes_lie_exactly_as_sonata_says(run, path):
    with h5py.File(path) as file:
        population = file["spikes/R"]
        times, ids = population["timestamps"], population["node_ids"]
        assert (times.dtype, ids.dtype) == (np.float64, np.uint64)
        assert times.attrs["units"] == b"ms"
        sorting = population.attrs.get_id("sorting").dtype
        assert h5py.check_enum_dtype(sorting) == {"none": 0, "by_id": 1, "by_time": 2}
        assert population.attrs["sorting"] == 2
        assert file.attrs["magic"] == 0x0A7A
        assert list(file.attrs["version"]) == [0, 1]
        assert times.compression is None  # libsonata's packages cannot read gzip


def test_unsorted_spikes_are_not_called_sorted(path):
    spikes = {"R": {"timestamps": np.array([2.0, 1.0]), "node_ids": np.array([0, 1], np.uint64)}}
    write_tree(path, {"spikes": spikes}, attributes())
    with read_run(path) as run:
        assert run.attribute("sorting", "spikes/R") == "none"


def test_silent_population_is_stored(path):
    write_tree(path, {"spikes": {"A": sonata_population([], [])}}, attributes())
    with read_run(path) as run:
        assert [len(column) for column in run.spikes("A")] == [0, 0]


@pytest.mark.parametrize(("times", "ids"), [([1.0], [1, 2]), ([[1.0]], [[1]])])
def test_spikes_that_do_not_pair_are_refused(times, ids):
    with pytest.raises(UsageError, match="equally long"):
        sonata_population(times, ids)
