"""Axes have names where HDF5, netCDF-4 and xarray look for them; references stay unread."""

from __future__ import annotations

import h5py
import numpy as np
import pytest

from lsnn_core.files import RunFile, read_run, write_tree
from lsnn_core.files.extras import read_extras
from lsnn_core.files.schema import axes, is_axis
from lsnn_core.files.writer import file_image
from tests.helpers.run_file import SHAPES, attributes, example_tree

BAR = "This is a netCDF dimension but not a netCDF variable."


@pytest.fixture
def path(tmp_path):
    return tmp_path / "run.h5"


def scales(file, path):
    """The names of the scales of each axis, as h5py's own interface finds them."""
    return [[scale.name for scale in axis.values()] for axis in file[path].dims]


def test_each_axis_of_an_array_leads_to_its_scale(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path) as file:
        softmax = "recordings/example"
        assert scales(file, f"{softmax}/softmax") == [[f"/{softmax}/T"], [f"/{softmax}/O"]]
        assert scales(file, "metrics/train/loss/value") == [["/metrics/train/loss/step"]]
        assert scales(file, "spikes/R/node_ids") == [["/spikes/R/timestamps"]]
        assert file[f"{softmax}/T"].attrs["NAME"].startswith(BAR.encode())
        assert file["spikes/R/timestamps"].attrs["NAME"] == b"timestamps"


def test_arrays_that_only_name_an_axis_are_no_content(path):
    tree = example_tree()
    write_tree(path, tree, attributes(), SHAPES)
    with read_run(path) as run:
        assert run.recordings().keys() == tree["recordings"]["example"].keys()
        assert not [name for name, _, _ in run.contents() if name.endswith(("/T", "/E"))]
        assert run.is_axis("recordings/example/T")
        assert not run.is_axis("spikes/R/timestamps")  # it has numbers of its own


def test_matrices_of_one_group_have_axes_of_their_own():
    assert axes("average/W_in") == ("E_W_in",)
    assert is_axis("average/E_W_rec")
    assert not is_axis("average/W_rec")


def test_what_does_not_fit_its_names_is_stored_without(path):
    example = {"softmax": np.ones((3, 2)), "y": np.ones((4, 2)), "T": np.arange(4), "image": 1.0}
    tree = {"recordings": {"example": example}}
    write_tree(path, tree, attributes())
    with h5py.File(path) as file:
        assert scales(file, "recordings/example/softmax") == [[], []]  # T is a record of the task
        assert scales(file, "recordings/example/y") == [[], []]
    with read_run(path) as run:
        assert np.array_equal(run.recordings()["T"], np.arange(4))


def test_of_two_lengths_the_first_in_order_of_names_has_the_scale(path):
    example = {"y": np.ones((4, 2)), "softmax": np.ones((3, 2))}
    write_tree(path, {"recordings": {"example": example}}, attributes())
    with h5py.File(path) as file:
        assert scales(file, "recordings/example/softmax")[0] == ["/recordings/example/T"]
        assert scales(file, "recordings/example/y") == [[], []]
    backwards = {"recordings": {"example": dict(reversed(example.items()))}}
    assert file_image(backwards, attributes(), {}) == path.read_bytes()


def test_an_axis_of_no_length_has_a_name(path):
    empty = {"timestamps": np.zeros(0), "node_ids": np.zeros(0, np.uint64)}
    write_tree(path, {"spikes": {"A": empty}}, attributes())
    with h5py.File(path) as file:
        assert scales(file, "spikes/A/node_ids") == [["/spikes/A/timestamps"]]


def test_rewriting_a_file_makes_its_axes_anew(path):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with read_run(path) as run:
        extras = read_extras(run, own=[])
    assert extras.lost == []
    assert "T" not in extras.tree.get("recordings", {}).get("example", {})
    assert "E" not in extras.tree["weights"]["W_in"]


@pytest.mark.parametrize("name", ["DIMENSION_LIST", "REFERENCE_LIST"])
def test_references_of_a_strangers_file_are_never_opened(path, name, monkeypatch):
    write_tree(path, example_tree(), attributes(), SHAPES)
    with h5py.File(path, "r+") as file:
        loss = file["metrics/train/loss/value"]
        loss.attrs.pop(name, None)
        loss.attrs[name] = np.array([object.__name__], dtype=h5py.string_dtype())
    opened = []
    real = h5py.h5a.open

    def noting(owner, key=None, *args, **more):
        opened.append(key)
        return real(owner, key, *args, **more)

    monkeypatch.setattr(h5py.h5a, "open", noting)
    with read_run(path) as run:
        assert isinstance(run, RunFile)
        assert run.metric("train", "loss")[0].size
        assert run.all_attributes("metrics/train/loss/value")["dims"] == "step"
        assert run.attribute(name, "metrics/train/loss/value") is None
    assert b"dims" in opened
    assert name.encode() not in opened


@pytest.mark.parametrize("engine", ["netcdf4", "h5netcdf"])
def test_xarray_shows_the_names(path, engine):
    xarray = pytest.importorskip("xarray")
    pytest.importorskip({"netcdf4": "netCDF4"}.get(engine, engine))
    tree = example_tree()
    write_tree(path, tree, attributes(), SHAPES)
    expected = {
        "recordings/example": {"T": 20, "O": 10},
        "metrics/train/loss": {"step": 5},
        "weights/W_in": {"E": 4, "sources+1": 4},
        "spikes/R": {"timestamps": 3},
    }
    for group, sizes in expected.items():
        with xarray.open_dataset(path, group=group, engine=engine) as data:
            assert dict(data.sizes) == sizes
    with xarray.open_dataset(path, group="metrics/train/loss", engine=engine) as loss:
        assert np.array_equal(loss["step"], tree["metrics"]["train"]["loss"]["step"])
        assert np.array_equal(loss["value"], tree["metrics"]["train"]["loss"]["value"])
