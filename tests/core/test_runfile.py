"""What is written into a run file is what is read from it, to the bit, and nothing else passes."""

from __future__ import annotations

import gc
import hashlib
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import hypothesis.extra.numpy as hnp
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lsnn_core.errors import BadFileError, LsnnError, UsageError
from lsnn_core.runfile import (
    RunFile,
    describe,
    read_run,
    run_attributes,
    schema_text,
    sonata_population,
    write_tree,
)
from lsnn_core.runfile_schema import TABLE, lookup
from lsnn_core.runfile_write import file_image

CONFIG = 'name = "café"\n\n[training]\nlr = 0.01\n'
SHAPES = {"weights/W_in": {"shape": (3, 4)}}


def example_tree() -> dict[str, Any]:
    draw = np.random.default_rng(3)
    loss = {"step": np.arange(5), "value": draw.random(5)}
    connectivity = {"step": np.array([0, 4]), "value": np.array([0.12, 0.12])}
    return {
        "config": CONFIG,
        "environment": '{"python": "3.11"}',
        "seeds": '{"seed": 7}',
        "metrics": {"train": {"loss": loss, "accuracy": loss}, "test": {"accuracy": loss}},
        "rewiring": {"connectivity_W_in": connectivity},
        "weights": {"W_in": example_matrix(), "b_out": np.zeros(2, np.float32)},
        "spikes": {"R": sonata_population([3.0, 1.0, 1.0], [0, 2, 1])},
        "recordings": {"example": {"label": np.array(7), "softmax": draw.random((20, 10))}},
        "resume": {"moments": draw.random(500), "generator": '{"state": 1}', "ready": True},
    }


def example_matrix() -> dict[str, Any]:
    return {
        "indptr": np.array([0, 2, 2, 4]),
        "indices": np.array([1, 3, 0, 1], np.int32),
        "data": np.array([0.5, -1.0, 2.0, 0.25], np.float32),
        "delay": np.array([1, 2, 3, 1], np.int32),
        "sign": np.array([1, -1, 1, 1], np.int8),
    }


def attributes(**changes: Any) -> dict[str, Any]:
    given = {"status": "running", "iteration": 5, "config": CONFIG, "code_version": "0.1"}
    return {**run_attributes(**given, kernel_sha256="00"), **changes}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.fixture
def run(path: Path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with read_run(path) as opened:
        yield opened


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Return every leaf by path, arrays as (dtype, shape, bytes)."""
    found: dict[str, Any] = {}
    for name, value in tree.items():
        if isinstance(value, Mapping):
            found |= {f"{prefix}{name}/": None, **flat(value, f"{prefix}{name}/")}
        elif isinstance(value, str):
            found[prefix + name] = value
        else:
            array = np.asarray(value)
            found[prefix + name] = (array.dtype.str, array.shape, array.tobytes())
    return found


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
    offsets = range(11, len(whole), 37)
    for offset in offsets:
        flipped.write_bytes(whole[:offset] + bytes([whole[offset] ^ 4]) + whole[offset + 1 :])
        try:
            with read_run(flipped) as damaged:
                assert flat(damaged.tree()) == flat(tree), f"unnoticed at {offset}"
                assert damaged.attributes == attributes()
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


# -- what cannot be stored -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        np.array([object()]),
        np.array(["text"]),
        np.zeros(2, complex),
        np.zeros(2, np.float16),
        np.zeros(2, [("a", "f8")]),
        np.zeros((1, 1, 1, 1, 1)),
        np.zeros(2, "M8[s]"),
        None,
        "nul \0 inside",
        "half a surrogate \ud800",
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_written(path, value):
    with pytest.raises(UsageError, match="group/thing"):
        write_tree(path, {"group": {"thing": value}}, attributes())
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("name", ["", "a/b", ".", "..", "\x1b[2J", "a\nb"])
def test_odd_names_are_refused(path, name):
    with pytest.raises(UsageError, match="not a name") as caught:
        write_tree(path, {name: np.zeros(1)}, attributes())
    assert str(caught.value).isprintable()


def test_attributes_of_absent_objects_are_refused(path):
    with pytest.raises(UsageError, match="weights/W_on"):
        write_tree(path, example_tree(), attributes(), {"weights/W_on": {"shape": (1, 2)}})


@pytest.mark.parametrize("value", [None, [[1]], "x" * 70_000, 1j, np.zeros(9000)])
def test_odd_attributes_are_refused(path, value):
    with pytest.raises(UsageError, match="attribute 'odd'"):
        write_tree(path, {}, attributes(odd=value))


def test_unknown_status_is_refused():
    with pytest.raises(UsageError, match="running, complete, interrupted, failed"):
        attributes(
            **run_attributes(
                status="done", iteration=1, config="", code_version="", kernel_sha256=""
            )
        )


# -- which files are run files ---------------------------------------------------------------------


def reading(path: Path, read=lambda run: None) -> str:
    """Return the problem for which a file is refused, at opening or by `read`."""
    with pytest.raises(BadFileError) as caught, read_run(path) as run:
        read(run)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    return message.removeprefix(str(path))  # the folder is named after the test


def test_other_hdf5_file_is_not_a_run(path):
    h5py.File(path, "w").close()
    assert "not an lsnn-run (found no schema attribute)" in reading(path)


def test_other_schema_is_named_without_its_escapes(path):
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = np.bytes_("other\x1b[2J")
    assert r"not an lsnn-run (found other\x1b[2J)" in reading(path)


def test_schema_of_another_kind_is_no_run(path):
    with h5py.File(path, "w") as file:
        file.attrs["schema"] = "text of variable length"
    assert "not an lsnn-run (found a schema attribute of another kind)" in reading(path)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema_version": 2}, "newer program (schema_version 2, this one reads up to 1)"),
        ({"schema_version": 0}, "schema_version"),
        ({"schema_version": "1"}, "schema_version"),
        ({"status": "done"}, "status"),
        ({"status": 3}, "status"),
        ({"iteration": -1}, "iteration"),
        ({"iteration": 1.5}, "iteration"),
    ],
)
def test_odd_root_attributes_are_refused(path, change, message):
    write_tree(path, {}, attributes(**change))
    assert message in reading(path)


@pytest.mark.parametrize("name", ["schema_version", "status", "iteration"])
def test_missing_root_attributes_are_refused(path, name):
    given = attributes()
    del given[name]
    write_tree(path, {}, given)
    assert name in reading(path)


@pytest.mark.parametrize(
    ("read", "missing"),
    [
        (lambda run: run.config, "config"),
        (lambda run: run.environment, "environment"),
        (lambda run: run.metric("train", "loss"), "there are: none"),
        (lambda run: run.weights("W_in"), "weights/W_in"),
        (lambda run: run.spikes("A"), "spikes/A"),
        (lambda run: run.recordings(), "recordings/example"),
        (lambda run: run.tree("resume"), "resume"),
    ],
)
def test_missing_groups_are_named(path, read, missing):
    write_tree(path, {}, attributes())
    assert missing in reading(path, read)


def test_changed_config_is_noticed(path):
    write_tree(path, {"config": CONFIG + "#"}, attributes())
    assert "config was changed" in reading(path, lambda run: run.config)


@pytest.mark.parametrize("text", ["", "{", "[1]", "[" * 100_000])
def test_odd_json_is_refused(path, text):
    write_tree(path, {"environment": text}, attributes())
    assert "JSON" in reading(path, lambda run: run.environment)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"indptr": np.array([0, 2, 1, 4])}, "indptr"),
        ({"indptr": np.array([1, 2, 2, 4])}, "indptr"),
        ({"indptr": np.array([0, 4])}, "indptr"),
        ({"indptr": np.array([0, 2, 2, 5])}, "lengths"),
        ({"data": np.zeros(3, np.float32)}, "lengths"),
        ({"delay": np.zeros(5, np.int32)}, "lengths"),
        ({"indices": np.array([1, 4, 0, 1])}, "outside 0 ... 3"),
        ({"indices": np.array([-1, 3, 0, 1])}, "outside"),
        ({"indices": np.array([2**64 - 1, 3, 0, 1], np.uint64)}, "outside"),
        ({"indices": np.array([3, 1, 0, 1])}, "ascend"),
        ({"indices": np.array([1, 3, 1, 1])}, "ascend"),
        ({"data": np.array([1, np.nan, 1, 1])}, "finite"),
        ({"data": np.array([1, 1, 1, 1])}, "kind f"),
        ({"delay": np.array([1, -1, 1, 1])}, "delays"),
        ({"sign": np.array([1, -2, 1, 1])}, "signs"),
        ({"sign": np.array([[1, 1, 1, 1]])}, "axes"),
    ],
)
def test_invalid_connection_list_is_refused(path, change, message):
    tree = {"weights": {"W_in": example_matrix() | change}}
    write_tree(path, tree, attributes(), SHAPES)
    assert message in reading(path, lambda run: run.weights("W_in"))


@pytest.mark.parametrize("shape", [(3,), 3, "3x4", (-3, 4), (3, 4, 5)])
def test_odd_matrix_shape_is_refused(path, shape):
    given = {"weights/W_in": {"shape": shape}}
    write_tree(path, {"weights": {"W_in": example_matrix()}}, attributes(), given)
    assert "shape" in reading(path, lambda run: run.weights("W_in"))


def test_pairs_of_unequal_length_are_refused(path):
    uneven = {"step": np.arange(2), "value": np.arange(3.0)}
    spikes = {"timestamps": np.arange(2.0), "node_ids": np.arange(3)}
    write_tree(path, {"metrics": {"a": {"b": uneven}}, "spikes": {"X": spikes}}, attributes())
    assert "2 steps for 3 values" in reading(path, lambda run: run.metric("a", "b"))
    assert "2 timestamps for 3" in reading(path, lambda run: run.spikes("X"))


def test_one_array_under_many_names_cannot_outgrow_the_file(path, monkeypatch):
    monkeypatch.setattr("lsnn_core.runfile._MINIMUM_TREE_BYTES", 0)
    monkeypatch.setattr("lsnn_core.runfile.MAX_EXPANSION", 100)
    write_tree(path, {"group": {"a": np.zeros(30_000)}}, attributes())
    with h5py.File(path, "r+") as file:
        for i in range(20):
            file[f"group/{i}"] = file["group/a"]
    assert "more than a file of this size" in reading(path, lambda run: run.tree())


# -- open files ------------------------------------------------------------------------------------


def test_open_run_goes_on_to_see_the_file_it_opened(run, path):
    write_tree(path, {}, attributes(iteration=6))
    assert run.iteration == 5
    assert run.metrics()
    with read_run(path) as newer:
        assert newer.iteration == 6


def test_refused_file_is_not_left_open(path):
    write_tree(path, {}, attributes(status="done"))
    reading(path)
    gc.collect()
    h5py.File(path, "r+").close()  # would fail while another handle reads


def test_run_can_be_read_without_a_with_statement(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    run = read_run(path)
    assert run.weights("W_in").shape == (3, 4)
    run.close()
    h5py.File(path, "r+").close()


# -- description -----------------------------------------------------------------------------------


def test_description_lists_every_dataset_with_unit_and_meaning(run):
    text = describe(run)
    assert "running, 5 iterations" in text
    assert "spikes/R/timestamps" in text
    lines = {line.split()[0]: line for line in text.splitlines()[1:]}
    assert lines["weights/W_in/delay"].split()[1:5] == ["int32", "4", "steps", "delay"]


def test_description_of_a_hostile_file_is_harmless(path):
    write_tree(path, {}, attributes(code_version="1\x1b[2J\n2"))
    with h5py.File(path, "r+") as file:
        file["\x1b]0;x\x07"] = 1.0
    with read_run(path) as run:
        assert all(line.isprintable() for line in describe(run).split("\n"))


def test_schema_names_every_dataset_we_write(run):
    known = [path for path, _, _ in run.contents() if not path.startswith("resume/")]
    assert [path for path in known if lookup(path) is None] == []
    assert lookup("resume/moments") is None
    assert lookup("config/deeper") is None


def test_schema_is_unambiguous_and_printed(run, path):
    assert len({entry.path for entry in TABLE}) == len(TABLE)
    assert all(entry.path in schema_text() for entry in TABLE)
    with h5py.File(path) as file:
        assert file["weights/W_in/delay"].attrs["units"] == b"steps"
        assert file["recordings/example/softmax"].attrs["dims"] == b"T,O"


def test_errors_of_writing_are_ours(tmp_path):
    with pytest.raises(LsnnError, match="could not be written"):
        write_tree(tmp_path / "absent" / "run.h5", {}, attributes())


def test_environment_survives_as_json(path):
    given = {"threads": 2, "name": "ä\x1b", "nested": {"a": [1, 2.5, None]}}
    write_tree(path, {"environment": json.dumps(given)}, attributes())
    with read_run(path) as run:
        assert isinstance(run, RunFile)
        assert run.environment == given
