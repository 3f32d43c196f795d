"""What a batch holds goes into a tree and comes back as the inputs of a network."""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run, write_tree
from lsnn_core.learning.bad_batch import batch_tree, inputs_of
from lsnn_core.simulation.inputs import Analog
from tests.helpers.rate_toy import NumberTask
from tests.helpers.run_file import attributes, example_tree
from tests.helpers.toy_task import ToyTask


@pytest.fixture
def stored(tmp_path):
    def write(group):
        tree = {**example_tree(), "recordings": {"bad_batch": group}}
        write_tree(tmp_path / "run.h5", tree, attributes())
        return read_run(tmp_path / "run.h5")

    return write


@pytest.mark.parametrize("size", [1, 16, 17])
def test_spikes_come_back(stored, size):
    batch = ToyTask().batch(0, size, 1)
    with stored(batch_tree(ToyTask(), batch)) as run:
        np.testing.assert_array_equal(inputs_of(run).dense(), batch.x)


def test_real_numbers_come_back(stored):
    batch = NumberTask().batch(0, 20, 1)
    with stored(batch_tree(NumberTask(), batch)) as run:
        found = inputs_of(run)
    assert isinstance(found, Analog)
    np.testing.assert_array_equal(found.values, batch.x.transpose(0, 2, 1))


def test_what_no_file_holds_is_left_out():
    batch = ToyTask().batch(0, 3, 1)
    odd = {"words": np.array(["a"]), "half": np.zeros(3, np.float16), "a/b": np.zeros(3)}
    for name, value in odd.items():
        object.__setattr__(batch, name, value)
    assert set(batch_tree(ToyTask(), batch)["own"]) == {"x", "labels"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ptr", np.array([0, 5, 3])),
        ("ptr", np.array([1, 2])),
        ("ids", np.array([-1])),
        ("step", np.array([40])),
        ("sizes", np.array([-3, 6])),
    ],
)
def test_a_batch_that_is_none_is_refused(stored, name, value):
    good = {"ptr": np.array([0, 1]), "ids": np.array([5]), "step": np.array([0])}
    group = {**good, "sizes": np.array([40, 6]), name: value}
    with stored({"inputs": group}) as run, pytest.raises(BadFileError, match=f"inputs/{name}"):
        inputs_of(run)
