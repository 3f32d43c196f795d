"""A nested dictionary in, one HDF5 file out, whole or not at all.

The file is built in memory and then published in one step (`disk`), so a full disk is an
ordinary error with a number in it, and never a half-written file inside the HDF5 library. Equal
content gives equal bytes: names are sorted, values little-endian, no time of day is stored.
"""

from __future__ import annotations

import hashlib
import io
import math
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeAlias

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..text import name_problem, printable
from . import schema
from .digest import DIGEST, attributes_digest, content_digest
from .disk import StrPath, publish
from .guarded import open_guarded
from .rules import MAX_ATTRIBUTE_BYTES, MAX_RANK, MAX_TEXT_BYTES, plain_attribute
from .scales import attach_scales, with_axes
from .schema import TreeLike

AttributeLike: TypeAlias = int | float | str | np.generic | Sequence[int] | npt.NDArray[Any]

CHUNK_BYTES: Final = 2**20
# Version 1.10's format checksums its own structures; older ones let a flipped bit pass.
_FORMAT: Final = ("v110", "v110")
_STORED_TYPES: Final = frozenset(np.dtype(code) for code in ("?", *"bhilqBHILQ", "f4", "f8"))


def write_tree(
    path: StrPath,
    tree: TreeLike,
    attributes: Mapping[str, AttributeLike],
    dataset_attributes: Mapping[str, Mapping[str, AttributeLike]] | None = None,
) -> None:
    """Replace the file at `path` by one that holds `tree`.

    Parameters
    ----------
    path
        The file; its folder must exist. What was there stays until the new file is whole.
    tree
        Nested dictionaries of arrays (booleans, integers, floats of 4 or 8 bytes, at most 4 axes)
        and texts; dictionaries become groups. Units and meaning are added from `schema`,
        and SONATA's ``units`` and ``sorting`` below ``spikes``.
    attributes
        Attributes of the file, see `run_attributes`.
    dataset_attributes
        Attributes of groups or datasets: ``{"weights/W_in": {"shape": (80, 220)}}``.

    Raises
    ------
    UsageError
        `tree` holds something that cannot be stored; nothing was written.
    LsnnError
        The disk is full or fails; the file of before is untouched.
    """
    publish(path, file_image(tree, attributes, dataset_attributes or {}), _read_everything)


def run_attributes(
    *, status: str, iteration: int, config: str, code_version: str, kernel_sha256: str
) -> dict[str, AttributeLike]:
    """Return the attributes that make a file an ``lsnn-run``.

    Parameters
    ----------
    status
        One of ``"running"``, ``"complete"``, ``"interrupted"``, ``"failed"``.
    iteration
        How many iterations are done.
    config
        The text stored at ``/config``; its SHA-256 goes into the attributes.
    code_version, kernel_sha256
        Of the program that runs.
    """
    if status not in schema.STATUSES:
        raise UsageError(f"status {status!r}: expected one of {', '.join(schema.STATUSES)}")
    return {
        "schema": schema.SCHEMA,
        "schema_version": schema.SCHEMA_VERSION,
        "status": status,
        "iteration": iteration,
        "code_version": code_version,
        "config_sha256": hashlib.sha256(config.encode()).hexdigest(),
        "kernel_sha256": kernel_sha256,
    }


def sonata_population(
    timestamps_ms: npt.ArrayLike, node_ids: npt.ArrayLike
) -> dict[str, npt.NDArray[Any]]:
    """Return the tree of one population's spikes as SONATA stores them, sorted by time, then id."""
    times = np.asarray(timestamps_ms, np.float64)
    ids = np.asarray(node_ids, np.uint64)
    if times.ndim != 1 or times.shape != ids.shape:
        raise UsageError(f"spikes: times {times.shape} and ids {ids.shape} must be equally long")
    order = np.lexsort((ids, times))
    return {"timestamps": times[order], "node_ids": ids[order]}


def file_image(
    tree: TreeLike,
    attributes: Mapping[str, AttributeLike],
    dataset_attributes: Mapping[str, Mapping[str, AttributeLike]],
) -> bytes:
    """Return the bytes of the HDF5 file that `write_tree` would write."""
    image = io.BytesIO()  # HDF5's own image of a file in memory is damaged in version 1.14.6
    with h5py.File(image, "w", libver=_FORMAT) as file:
        _write_group(file, with_axes(tree), "")
        attach_scales(file, tree)
        _write_attributes(file, attributes)
        for path, values in sorted(dataset_attributes.items()):
            if path not in file:
                raise UsageError(f"{printable(path)}: has attributes but is not in the tree")
            _write_attributes(file[path], values)
        _seal_groups(file, "")
    return image.getvalue()


def _write_group(group: Any, tree: TreeLike, path: str) -> None:
    for name, value in sorted(tree.items()):
        here = f"{path}/{name}".lstrip("/")
        if problem := name_problem(name):
            raise UsageError(f"{printable(here)!r}: {problem}")
        if isinstance(value, Mapping):
            _write_group(group.create_group(name), value, here)
        elif isinstance(value, str):
            _write_text(group, name, value, here)
        else:
            _write_array(group, name, value, here)
    if path == "spikes":
        _mark_as_sonata(group)


def _write_array(group: Any, name: str, value: Any, path: str) -> None:
    array = np.asarray(value)
    if array.dtype.newbyteorder("=") not in _STORED_TYPES or array.ndim > MAX_RANK:
        raise UsageError(
            f"{path}: {array.ndim} axes of {array.dtype} cannot be stored, expected at most "
            f"{MAX_RANK} axes of booleans, integers or floats of 4 or 8 bytes"
        )
    array = array.astype(array.dtype.newbyteorder("<"), copy=False)
    if not array.shape or not array.size:  # HDF5 filters work on chunks, and these have none
        _annotate(group.create_dataset(name, data=array), path, array)
        return
    # The binary packages of libsonata come without gzip, and spikes are for libsonata too.
    gzip = {"compression": "gzip", "compression_opts": 4} if not path.startswith("spikes/") else {}
    dataset = group.create_dataset(
        name, data=array, chunks=_chunks(array), shuffle=True, fletcher32=True, **gzip
    )
    _annotate(dataset, path, array)


def _write_text(group: Any, name: str, value: str, path: str) -> None:
    raw = _encoded(value, MAX_TEXT_BYTES, path)
    _annotate(group.create_dataset(name, data=_fixed_text(raw)), path, raw)


def _annotate(dataset: Any, path: str, content: npt.NDArray[Any] | bytes) -> None:
    entry = schema.lookup(path)
    known = {} if entry is None else {key: text for key, text in entry._asdict().items() if text}
    known.pop("path", None)
    _write_attributes(dataset, {**known, DIGEST: content_digest(path, content)})


def _seal_groups(group: Any, path: str) -> None:
    """Give each group the digest of its attributes, last: they are all there now."""
    types = {name: group.attrs.get_id(name).dtype for name in group.attrs}
    attributes = {name: plain_attribute(group.attrs[name], types[name]) for name in types}
    _write_attributes(group, {DIGEST: attributes_digest(path, attributes)})
    for name, below in group.items():
        if isinstance(below, h5py.Group):
            _seal_groups(below, f"{path}/{name}")


def _write_attributes(owner: Any, attributes: Mapping[str, AttributeLike]) -> None:
    for name, value in sorted(attributes.items()):
        where = f"attribute {printable(name)!r}"
        if isinstance(value, str):
            owner.attrs[name] = _fixed_text(_encoded(value, MAX_ATTRIBUTE_BYTES, where))
            continue
        array = np.asarray(value)
        if array.dtype.kind not in "iuf" or array.ndim > 1 or array.nbytes > MAX_ATTRIBUTE_BYTES:
            raise UsageError(f"{where}: expected a text, a number or a short list of numbers")
        owner.attrs[name] = array.astype(array.dtype.newbyteorder("<"), copy=False)


def _mark_as_sonata(spikes: Any) -> None:
    """Say that ``/spikes`` follows SONATA, and how each population is sorted."""
    spikes.file.attrs["magic"] = np.uint32(schema.SONATA_MAGIC)
    spikes.file.attrs["version"] = np.array(schema.SONATA_VERSION, np.uint32)
    enumeration = h5py.enum_dtype(schema.SORTING, basetype=np.uint8)
    for name in spikes.keys() & set(schema.POPULATIONS):  # others are the file's owner's
        population = spikes[name]
        by_time = bool(np.all(np.diff(population["timestamps"][()]) >= 0))
        code = schema.SORTING["by_time" if by_time else "none"]
        population.attrs.create("sorting", code, dtype=enumeration)


def _encoded(text: str, limit: int, where: str) -> bytes:
    try:
        raw = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise UsageError(f"{where}: is not text that UTF-8 can hold ({error.reason})") from error
    if "\0" in text or len(raw) > limit:
        raise UsageError(f"{where}: expected text of at most {limit} bytes without NUL characters")
    return raw


def _fixed_text(raw: bytes) -> Any:
    """Return text of its own length: HDF5's variable-length texts lie outside any checksum."""
    return np.array(raw, dtype=h5py.string_dtype("utf-8", max(1, len(raw))))


def _chunks(array: npt.NDArray[Any]) -> tuple[int, ...] | bool:
    row = math.prod(array.shape[1:]) * array.itemsize
    if row > CHUNK_BYTES:
        return True  # h5py cuts the other axes, too
    return (min(len(array), CHUNK_BYTES // row), *array.shape[1:])


def _read_everything(path: pathlib.Path) -> None:
    with open_guarded(path) as file:
        file.attributes()
        for name, is_dataset in file.walk():
            if is_dataset:
                file.value(name)
