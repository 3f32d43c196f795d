"""What may be read from an HDF5 file: plain numbers and texts, no larger than the file can hold.

Each `..._problem` function looks at an open dataset and returns half a sentence saying why it is
refused, or None. None of them reads data. Their order matters: the shape of a virtual dataset
opens the files it is made of, so storage is judged before size.
"""

from __future__ import annotations

import math
from typing import Any, Final

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import numpy.typing as npt

from ..text import printable

MAX_RANK: Final = 4
"""D-run-file-limits: nothing we store has more axes (time, batch, neuron and one to spare)."""
MAX_EXPANSION: Final = 1032
"""Deflate shrinks nothing further than 1032 : 1, so no honest dataset is larger than that."""
MAX_DATASET_BYTES: Final = 4 * 2**30
"""D-run-file-limits: 100 times the largest array of the paper's experiments."""
MAX_CHUNK_BYTES: Final = 64 * 2**20
"""A chunk is decompressed whole, however little of it is asked for. We write 1 MiB."""
MAX_TEXT_BYTES: Final = 16 * 2**20
MAX_ATTRIBUTE_BYTES: Final = 64 * 2**10

NEVER_OPENED: Final = frozenset({"DIMENSION_LIST", "REFERENCE_LIST"})
"""D-axis-names: attributes of datasets that name axes by references, of which no reader here needs
the values: they lie in a heap without checksums."""

Attribute = int | float | str | npt.NDArray[Any]

_FILTERS: Final = {
    h5py.h5z.FILTER_DEFLATE: "gzip",
    h5py.h5z.FILTER_SHUFFLE: "shuffle",
    h5py.h5z.FILTER_FLETCHER32: "fletcher32",
}
_READABLE: Final = {
    h5py.h5t.INTEGER: "integer",
    h5py.h5t.FLOAT: "float",
    h5py.h5t.STRING: "text",
    h5py.h5t.ENUM: "enumeration",
}
_REFUSED: Final = {
    h5py.h5t.COMPOUND: "compound",
    h5py.h5t.REFERENCE: "reference",
    h5py.h5t.VLEN: "variable-length",
    h5py.h5t.OPAQUE: "opaque",
    h5py.h5t.ARRAY: "array",
}

LIBRARY_ERRORS: Final = (
    OSError,
    RuntimeError,
    ValueError,
    TypeError,
    LookupError,
    MemoryError,
    ArithmeticError,
    SystemError,
)
"""What h5py raises on damaged files. MemoryError: a size that passed every check and still lied;
ArithmeticError: a number of members or bytes that no machine can count."""


def is_text(item: Any) -> bool:
    """Tell whether a dataset or attribute id holds text."""
    return bool(item.get_type().get_class() == h5py.h5t.STRING)


def holds_lists(dataset: Any) -> bool:
    """Tell whether each value of a dataset is a list of its own length."""
    return bool(dataset.id.get_type().get_class() == h5py.h5t.VLEN)


def problem(dataset: Any, file_size: int) -> str | None:
    """Refuse a dataset whose storage, type or size is not acceptable."""
    found = storage_problem(dataset) or type_problem(dataset)
    return found or size_problem(dataset, file_size)


def storage_problem(dataset: Any) -> str | None:
    """Refuse bytes that lie in another file or need a plugin."""
    created = dataset.id.get_create_plist()
    if created.get_layout() == h5py.h5d.VIRTUAL:
        return "is a virtual dataset, made of other files; copy the data in"
    if created.get_external_count():
        return "keeps its bytes in another file (external storage); copy the data in"
    filters = _filters(dataset)
    unknown = [str(code) for code in filters if code not in _FILTERS]
    if unknown:
        return f"needs filter {', '.join(unknown)}; only {', '.join(_FILTERS.values())} are read"
    if len(set(filters)) < len(filters):
        return "applies one filter twice; store it again without"
    return None


def type_problem(dataset: Any) -> str | None:
    """Refuse types that are neither numbers nor texts; a boolean is an enumeration to HDF5."""
    code = dataset.id.get_type().get_class()
    if code not in _READABLE:
        return f"holds {_REFUSED.get(code, code)} values; only numbers and texts are read"
    if code == h5py.h5t.ENUM and dataset.dtype.kind != "b":
        return "holds enumeration values; only numbers and texts are read"
    return _text_problem(dataset.id)


def size_problem(dataset: Any, file_size: int) -> str | None:
    """Compare what a dataset declares with what a file of `file_size` bytes can hold."""
    if dataset.shape is None:
        return "holds nothing"
    if dataset.ndim > MAX_RANK:
        return f"has {dataset.ndim} axes, more than {MAX_RANK}"
    return room_problem(dataset, file_size, dataset.id.get_type().get_size())


def room_problem(dataset: Any, file_size: int, item: int) -> str | None:
    """Compare what elements of `item` bytes take with what the file can hold."""
    if dataset.chunks and math.prod(dataset.chunks) * item > MAX_CHUNK_BYTES:
        return f"has chunks of over {MAX_CHUNK_BYTES} bytes"
    stored = min(dataset.id.get_storage_size(), file_size)
    room = stored * MAX_EXPANSION if h5py.h5z.FILTER_DEFLATE in _filters(dataset) else stored
    room = min(room, MAX_TEXT_BYTES if is_text(dataset.id) else MAX_DATASET_BYTES)
    declared = math.prod(dataset.shape) * item
    if declared > room:
        return f"declares {declared} bytes where at most {room} can be; use another copy"
    return None


def attribute_problem(identifier: Any) -> str | None:
    """Refuse attributes that are neither a number, a list of numbers nor one text."""
    shape, kind = identifier.shape, identifier.get_type().get_class()
    if kind not in _READABLE or shape is None or len(shape) > 1 or (shape and is_text(identifier)):
        return "is neither a number, a list of numbers nor a text"
    nbytes = math.prod(shape) * identifier.get_type().get_size()
    if nbytes > MAX_ATTRIBUTE_BYTES:
        return f"has {nbytes} bytes, more than {MAX_ATTRIBUTE_BYTES}"
    return _text_problem(identifier)


def native(dtype: np.dtype[Any]) -> np.dtype[Any]:
    """Return the type to read into: this machine's byte order, floats of 4 or 8 bytes."""
    if dtype.kind == "f" and dtype.itemsize not in (4, 8):
        return np.dtype(np.float32 if dtype.itemsize < 4 else np.float64)
    return dtype.newbyteorder("=")


def plain_attribute(value: Any, dtype: np.dtype[Any]) -> Attribute:
    """Turn an attribute as h5py gives it into int, float, str or a native array."""
    names = h5py.check_enum_dtype(dtype)
    if names is not None:
        return next((name for name, code in names.items() if code == value), str(value))
    if isinstance(value, (bytes, str)):
        return value.decode("utf-8") if isinstance(value, bytes) else str(value)
    array = np.asarray(value)
    if array.ndim:
        return array.astype(native(array.dtype))
    return float(array) if array.dtype.kind == "f" else int(array)


def reason(error: BaseException) -> str:
    """Turn what h5py raised into half a sentence, on one line, with a remedy."""
    if isinstance(error, BlockingIOError):
        return "another program is writing to it; try again when that has ended"
    if isinstance(error, MemoryError):
        return "it does not fit into this machine's memory"
    if isinstance(error, UnicodeDecodeError):
        return "it is not UTF-8 text; the file is damaged or foreign"
    text = printable((str(error) or type(error).__name__).splitlines()[0], 160)
    if "truncated" in text:
        return "the file is cut short (truncated); use another copy"
    if isinstance(error, OSError) and error.strerror and error.errno:
        return error.strerror
    return f"the file is damaged; use another copy (HDF5 says: {text})"


def _text_problem(identifier: Any) -> str | None:
    """Refuse variable-length text: one wrong byte in its heap and HDF5 2.0 loops for ever."""
    if is_text(identifier) and identifier.get_type().is_variable_str():
        return "is text of variable length; store it with a fixed length"
    return None


def _filters(dataset: Any) -> list[int]:
    created = dataset.id.get_create_plist()
    return [created.get_filter(i)[0] for i in range(created.get_nfilters())]
