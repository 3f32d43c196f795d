"""What cannot be stored, and what is no run file, is refused with a reason."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import run_attributes, write_tree
from lsnn_core.files.writer import file_image
from tests.helpers.run_file import (
    CONFIG,
    SHAPES,
    attributes,
    example_matrix,
    example_tree,
    reading,
    remove_digests,
)

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
        ({"indptr": np.array([0, 2, 2, 5])}, "expected (5,)"),
        ({"indptr": np.array([0, 2**64 - 2, 2, 4], np.uint64)}, "indptr"),
        ({"indptr": np.array([0, 2, 2, 13])}, "13 connections where 12 can be"),
        ({"data": np.zeros(3, np.float32)}, "expected (4,)"),
        ({"delay": np.zeros(5, np.int32)}, "expected (4,)"),
        ({"indices": np.array([1, 4, 0, 1])}, "outside 0..3"),
        ({"indices": np.array([-1, 3, 0, 1])}, "outside"),
        ({"indices": np.array([2**64 - 1, 3, 0, 1], np.uint64)}, "outside"),
        ({"indices": np.array([3, 1, 0, 1])}, "ascend"),
        ({"indices": np.array([1, 3, 1, 1])}, "ascend"),
        ({"data": np.array([1, np.nan, 1, 1])}, "finite"),
        ({"data": np.array([1, 1, 1, 1])}, "kind f"),
        ({"delay": np.array([1, -1, 1, 1])}, "delays"),
        ({"sign": np.array([1, -2, 1, 1])}, "signs"),
        ({"delay": np.array([1, 2**32 + 1, 1, 1])}, "delays"),
        ({"delay": np.array([1, 2**64 - 1, 1, 1], np.uint64)}, "delays"),
        ({"sign": np.array([1, -(2**63), 1, 1])}, "signs"),
        ({"sign": np.array([[1, 1, 1, 1]])}, "expected (4,)"),
    ],
)
def test_invalid_connection_list_is_refused(path, change, message):
    tree = {"weights": {"W_in": example_matrix() | change}}
    write_tree(path, tree, attributes(), SHAPES)
    assert message in reading(path, lambda run: run.weights("W_in"))


@pytest.mark.parametrize(
    "shape", [(3,), 3, "3x4", (-3, 4), (3, 4, 5), (3.0, 4.0), (np.nan, 4.0), (3, 2**31)]
)
def test_odd_matrix_shape_is_refused(path, shape):
    given = {"weights/W_in": {"shape": shape}}
    write_tree(path, {"weights": {"W_in": example_matrix()}}, attributes(), given)
    assert "shape" in reading(path, lambda run: run.weights("W_in"))


def test_pairs_of_unequal_length_are_refused(path):
    uneven = {"step": np.arange(2), "value": np.arange(3.0)}
    spikes = {"timestamps": np.arange(2.0), "node_ids": np.arange(3)}
    write_tree(path, {"metrics": {"a": {"b": uneven}}, "spikes": {"X": spikes}}, attributes())
    assert "2 of step for 3 of value" in reading(path, lambda run: run.metric("a", "b"))
    assert "2 of timestamps for 3" in reading(path, lambda run: run.spikes("X"))


def test_a_file_that_unfolds_to_far_more_than_its_size_is_refused(path, monkeypatch):
    monkeypatch.setattr("lsnn_core.files.guarded.LEAST_ROOM", 0)
    zeros = {str(i): np.zeros(30_000) for i in range(20)}
    write_tree(path, {}, attributes())  # that the writer reads back must not be what refuses it
    path.write_bytes(file_image({"group": zeros}, attributes(), {}))
    assert "unfolds to more than" in reading(path, lambda run: run.tree())


def test_one_array_under_many_names_is_refused(path):
    write_tree(path, {"group": {"a": np.zeros(3)}}, attributes())
    remove_digests(path)
    with h5py.File(path, "r+") as file:
        file["group/b"] = file["group/a"]
    assert "group/b is group/a once more" in reading(path, lambda run: run.tree())


@pytest.mark.parametrize("name", ["\x1b[2J", "x" * 201])
def test_a_metric_of_an_odd_name_is_refused(path, name):
    write_tree(path, {}, attributes())
    remove_digests(path)
    with h5py.File(path, "r+") as file:
        file[f"metrics/train/{name}/step"] = [1]
    assert "is not a name" in reading(path, lambda run: run.metrics())


@pytest.mark.parametrize(
    "step", [[-1], [2**31], [2, 1], np.array([2**64 - 1], np.uint64), [1.0], [np.nan]]
)
def test_steps_that_are_no_iterations_are_refused(path, step):
    pair = {"step": np.array(step), "value": np.zeros(len(step))}
    write_tree(path, {"metrics": {"train": {"loss": pair}}}, attributes())
    assert "metrics/train/loss/step" in reading(path, lambda run: run.metric("train", "loss"))


@pytest.mark.parametrize(
    ("times", "ids"), [([np.nan], [0]), ([np.inf], [0]), ([2.0, 1.0], [0, 0]), ([1.0], [-1])]
)
def test_spikes_that_cannot_be_are_refused(path, times, ids):
    spikes = {"timestamps": np.array(times), "node_ids": np.array(ids)}
    write_tree(path, {"spikes": {"A": spikes}}, attributes())
    assert "spikes/A" in reading(path, lambda run: run.spikes("A"))


@pytest.mark.parametrize("name", ["config", "environment"])
def test_a_text_too_long_to_be_parsed_is_refused(path, name):
    write_tree(path, {name: "#" * (2**20 + 1)}, attributes(config=CONFIG))
    assert "bytes" in reading(path, lambda run: getattr(run, name))


# -- attributes of another kind --------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["status", "iteration", "schema_version", "config_sha256", "code_version"]
)
@pytest.mark.parametrize("value", [np.array([1, 2]), np.nan, 1.5, -1, np.array([], np.int64)])
def test_root_attributes_of_another_kind_are_refused(path, name, value):
    write_tree(path, {}, attributes(**{name: value}))
    assert f"attribute {name}" in reading(path)
