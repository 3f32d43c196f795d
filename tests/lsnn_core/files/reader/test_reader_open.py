"""Open run files, and what is said of their content."""

from __future__ import annotations

import gc
import json

import h5py
import pytest

from lsnn_core.errors import LsnnError
from lsnn_core.files import RunFile, describe, read_run, write_tree
from lsnn_core.files.schema import TABLE, lookup
from tests.helpers.run_file import SHAPES, attributes, example_tree, reading

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


def test_schema_is_unambiguous_and_written_beside_the_data(run, path):
    assert len({entry.path for entry in TABLE}) == len(TABLE)
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
