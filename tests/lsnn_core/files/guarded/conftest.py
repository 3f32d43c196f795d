"""An honest file to tamper with."""

from __future__ import annotations

import os
from pathlib import Path

import h5py
import numpy as np
import pytest


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file.h5"


@pytest.fixture
def file(path: Path):
    """Give an HDF5 file open for writing, with one honest dataset in a group."""
    with h5py.File(path, "w", libver=("v110", "v110")) as opened:
        opened["group/plain"] = np.arange(5.0)
        yield opened


@pytest.fixture
def fifo(tmp_path: Path) -> Path:
    os.mkfifo(tmp_path / "fifo.h5")
    return tmp_path / "fifo.h5"
