"""Lists of unequal length in HDF5 files of others, as data sets of spikes have them.

Run files hold none, so the guarded reader refuses them. What is read here lies in the file's heap:
a list in the file says only how long it claims to be. So `look_over` a file before its lists are
read here: in a process of its own they are read once already.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import numpy.typing as npt

from . import rules
from .guarded import GuardedFile

AT_ONCE: Final = 16
"""Lists that the library reads before we know their lengths."""
_DESCRIPTOR_BYTES: Final = 8  # of each list at least, where its dataset is: length and place


def count_lists(file: GuardedFile, path: str, kinds: str) -> int:
    """Return how many lists the dataset at `path` has; refuse it if they are not of these kinds.

    Parameters
    ----------
    file
        From `open_guarded`.
    path
        Where they are, for instance ``"spikes/times"``.
    kinds
        Accepted NumPy kinds of their numbers, among f, i and u.
    """
    return int(_dataset(file, path, kinds).shape[0])


def read_lists(file: GuardedFile, path: str, kinds: str) -> Iterator[list[npt.NDArray[np.generic]]]:
    """Yield the lists of the dataset at `path`, some at a time, each a vector of its own type.

    Raises
    ------
    BadFileError
        As `count_lists`; or the lists together are longer than the file, or damaged.
    """
    dataset = _dataset(file, path, kinds)
    total = 0
    for start in range(0, dataset.shape[0], AT_ONCE):
        with file.reading(path):
            lists = [np.asarray(part) for part in dataset[start : start + AT_ONCE]]
        total += sum(part.nbytes for part in lists)
        if total > file.size:  # the heap is never compressed
            raise file.bad(path, f"has lists of more than the {file.size} bytes of the file")
        yield lists


def survey_lists(file: GuardedFile, path: str) -> None:
    """Read all lists of a dataset, in a process that may hang or crash (`surveyor`).

    One wrong byte in a file's heap and the library loops for ever.
    """
    for _ in read_lists(file, path, "fiu"):
        pass


def _dataset(file: GuardedFile, path: str, kinds: str) -> Any:
    dataset = file.dataset(path, _problem)
    with file.reading(path):
        held = h5py.check_vlen_dtype(dataset.dtype)
        if not isinstance(held, np.dtype) or held.kind not in kinds:
            found = held if isinstance(held, np.dtype) else "text"
            raise file.bad(path, f"holds lists of {found}, expected kind {'/'.join(kinds)}")
    return dataset


def _problem(dataset: Any, file_size: int) -> str | None:
    """Refuse what is no vector of lists, or one with more of them than the file can hold."""
    problem = rules.storage_problem(dataset)
    if problem:
        return problem
    if not rules.holds_lists(dataset) or dataset.ndim != 1:
        return f"holds {dataset.dtype} {dataset.shape}, expected a vector of lists"
    return rules.room_problem(dataset, file_size, _DESCRIPTOR_BYTES)
