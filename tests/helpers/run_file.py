"""A run file with something of everything, for the tests of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run, run_attributes, sonata_population

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


def remove_digests(path: Path) -> None:
    """Make a run file one of those that were written before there were digests."""
    with h5py.File(path, "r+") as file:
        del file.attrs["sha256"]
        file.visititems(lambda name, item: item.attrs.__delitem__("sha256"))


def reading(path: Path, read=lambda run: None) -> str:
    """Return the problem for which a file is refused, at opening or by `read`."""
    with pytest.raises(BadFileError) as caught, read_run(path) as run:
        read(run)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()
    return message.removeprefix(str(path))  # the folder is named after the test
