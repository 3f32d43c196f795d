"""Read recorded spikes from one HDF5 or NPZ file, or from one for each split.

A file holds `times` and `ids` of all spikes, example after example, `ptr`, where each example's
begin and the last's end, and `label`; in one file for all, `split` tells of each example whether it
is for training (0), validation (1) or test (2). `tasks/RECORDINGS.md` shows how to write one.
"""

from __future__ import annotations

import pathlib
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError, UsageError
from lsnn_core.files.guarded import SIGNATURE, open_guarded
from lsnn_core.lookover import look_over
from lsnn_core.random.streams import stream
from lsnn_core.text import printable

from .examples import Examples, Grid, Spikes
from .npz import read_npz

Array = npt.NDArray[Any]
SPLITS: Final = ("train", "validation", "test")
SUFFIXES: Final = (".h5", ".hdf5", ".npz")
SHARE: Final = 0.1
"""Of the examples, for each split that the data does not have (D-recorded-spikes)."""
_NEEDED: Final = ("times", "ids", "ptr", "label")


class Wanted(NamedTuple):
    """What the examples must be like, and what draws the splits that they do not have."""

    grid: Grid
    n_classes: int
    split_seed: int


def load(path: pathlib.Path, wanted: Wanted) -> dict[str, Examples]:
    """Return the examples of each split from a file, or from a folder with one for each.

    Raises
    ------
    BadFileError
        Whatever is missing, damaged or not as expected, by the name of its file and array.
    """
    if path.is_dir():
        return _from_folder(path, wanted)
    examples, split = read_examples(path, wanted)
    if split is None:
        split = cut(len(examples), wanted.split_seed, ("validation", "test"))
    return parted(printable(path), examples, split)


def read_examples(path: pathlib.Path, wanted: Wanted) -> tuple[Examples, Array | None]:
    """Return all examples of a file, and the split of each if the file tells it."""
    name, arrays = printable(path), _read(path)
    missing = [array for array in _NEEDED if array not in arrays]
    if missing:
        raise BadFileError(
            f"{name}: {missing[0]} is missing; expected {', '.join(_NEEDED)}, as in "
            "tasks/RECORDINGS.md"
        )
    spikes = Spikes(*(arrays[array] for array in _NEEDED[:3]))
    label = checked_labels(name, arrays["label"], len(spikes.ptr) - 1, wanted.n_classes)
    examples = binned(name, wanted.grid, [spikes], label)
    split = arrays.get("split")
    if split is not None:
        split = _integers(name, "split", split, len(examples), len(SPLITS))
    return examples, split


def binned(name: str, grid: Grid, parts: Any, label: Array) -> Examples:
    """`Examples.binned`, with the file's name before what it refuses."""
    try:
        return Examples.binned(grid, parts, label)
    except UsageError as error:
        raise BadFileError(f"{name}: {error}") from error


def checked_labels(name: str, label: Array, n: int, n_classes: int) -> npt.NDArray[np.int64]:
    """Labels of n examples, each a class."""
    return _integers(name, "label", label, n, n_classes)


def cut(n: int, seed: int, splits: tuple[str, ...]) -> Array:
    """Split (n,) of each example: a share drawn by `seed` for each of `splits`, else training."""
    order = stream(seed, "recorded spikes split").permutation(n)
    share = max(int(n * SHARE), 1)
    split = np.zeros(n, np.int64)
    for place, name in enumerate(splits):
        split[order[place * share : (place + 1) * share]] = SPLITS.index(name)
    return split


def parted(name: str, examples: Examples, split: Array) -> dict[str, Examples]:
    """Return the examples of each split that has some, at least of training."""
    found = {}
    for code in np.unique(split).tolist():
        found[SPLITS[code]] = examples.take(np.flatnonzero(split == code))
    missing = [part for part in SPLITS if part not in found]
    if missing:
        raise BadFileError(
            f"{name}: has no example for {missing[0]} among {len(examples)}, expected at least one"
        )
    return found


def _from_folder(folder: pathlib.Path, wanted: Wanted) -> dict[str, Examples]:
    files = {split: _file_of(folder, split) for split in SPLITS}
    missing = [split for split in ("train", "test") if files[split] is None]
    if missing:
        raise BadFileError(
            f"{printable(folder)}: expected {missing[0]}{' or '.join(SUFFIXES)} in it, found none"
        )
    found = {}
    for split, file in files.items():
        if file is not None:
            found[split], _ = read_examples(file, wanted)
            if not len(found[split]):
                raise BadFileError(f"{printable(file)}: expected at least one example, found none")
    if "validation" not in found:
        every = found.pop("train")
        drawn = cut(len(every), wanted.split_seed, ("validation",))
        for place, name in enumerate(SPLITS[:2]):
            found[name] = every.take(np.flatnonzero(drawn == place))
    if not len(found["train"]):
        raise BadFileError(f"{printable(folder)}: has one example for training and validation")
    return found


def _file_of(folder: pathlib.Path, split: str) -> pathlib.Path | None:
    files = [folder / f"{split}{suffix}" for suffix in SUFFIXES]
    files = [file for file in files if file.exists()]
    if len(files) > 1:
        raise BadFileError(f"{printable(files[0])}: found as {printable(files[1])}, too; keep one")
    return files[0] if files else None


def _read(path: pathlib.Path) -> dict[str, Array]:
    """The arrays of a file that have a meaning here."""
    names = (*_NEEDED, "split")
    try:
        with open(path, "rb") as file:
            start = file.read(len(SIGNATURE))
    except OSError as error:
        problem = error.strerror or "cannot be opened"
        raise BadFileError(f"{printable(path)}: {problem}; check task.path") from error
    if start.startswith(b"PK"):
        return read_npz(path, names)
    look_over(path)
    with open_guarded(path) as opened:
        return {name: opened.array(name, ndim=1) for name in names if opened.has(name)}


def _integers(name: str, what: str, values: Array, n: int, below: int) -> npt.NDArray[np.int64]:
    if values.dtype.kind not in "iu" or values.shape != (n,):
        raise BadFileError(
            f"{name}: {what} holds {values.dtype} {values.shape}, expected {n} integers, one for "
            "each example"
        )
    wrong = (values < 0) | (values >= below)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise BadFileError(
            f"{name}: {what} of example {at} is {values[at]}, expected 0 to {below - 1}"
        )
    return values.astype(np.int64)
