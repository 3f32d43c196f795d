"""A Spiking Heidelberg Digits of a few examples, in the layout of the published files."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

N_CLASSES, N_CHANNELS = 20, 700
LISTS = {"times": np.float16, "units": np.uint16}


def spoken(n: int, seed: int, n_spikes: int = 40) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Times in s, sorted, and channels of n examples of different lengths, one without a spike."""
    rng = np.random.default_rng(seed)
    counts = rng.integers(1, n_spikes, n)
    counts[n // 2] = 0
    times = [np.sort(rng.uniform(0, 1.2, count)).astype(np.float16) for count in counts]
    units = [rng.integers(0, N_CHANNELS, count).astype(np.uint16) for count in counts]
    return times, units


def write_file(path: Path, n: int = 30, seed: int = 0, speakers: tuple[int, ...] = (0, 1, 2)):
    """Write one file, and return its times and units, labels and speakers."""
    times, units = spoken(n, seed)
    label = np.arange(n) % N_CLASSES
    speaker = np.resize(np.array(speakers), n)
    with h5py.File(path, "w") as file:
        for name, lists in (("times", times), ("units", units)):
            write_lists(file, f"spikes/{name}", lists, LISTS[name])
        file["labels"] = label.astype(np.uint16)
        file["extra/speaker"] = speaker.astype(np.uint16)
        file["extra/keys"] = ["zero", "null"]  # variable-length text, which nobody reads here
        file["extra/meta_info/age"] = np.full(3, 30, np.uint16)
    return times, units, label, speaker


def write_lists(file: h5py.File, path: str, lists: list[np.ndarray], dtype: type) -> None:
    dataset = file.create_dataset(path, (len(lists),), dtype=h5py.vlen_dtype(np.dtype(dtype)))
    for place, values in enumerate(lists):
        dataset[place] = values


def write_shd(folder: Path, n: int = 30) -> Path:
    """Write training and test file, as SHD has."""
    folder.mkdir(parents=True, exist_ok=True)
    write_file(folder / "shd_train.h5", n, seed=0, speakers=(0, 1, 2, 3, 6))
    write_file(folder / "shd_test.h5", 8, seed=1, speakers=(4, 5))
    return folder
