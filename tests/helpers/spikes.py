"""Recorded spikes in the arrays of the task `spikes`, as few as a test needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import h5py
import numpy as np

N_IN, N_CLASSES = 6, 3


def arrays(n: int = 30, seed: int = 0) -> dict[str, np.ndarray]:
    """Times in ms below 50, ids, ptr and label of n examples; unsorted in time."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(0, 9, n)
    total = int(counts.sum())
    return {
        "times": rng.uniform(0, 50, total),
        "ids": rng.integers(0, N_IN, total),
        "ptr": np.append(0, np.cumsum(counts)),
        "label": np.arange(n) % N_CLASSES,
    }


def write(path: Path, content: dict[str, Any]) -> Path:
    """Write arrays as NPZ or HDF5, as the name ends."""
    if path.suffix == ".npz":
        np.savez_compressed(path, **content)
    else:
        with h5py.File(path, "w") as file:
            for name, value in content.items():
                file[name] = value
    return path
