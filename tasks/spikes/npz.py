"""Vectors of numbers from an NPZ file that anybody may have made: no pickles, no bombs."""

from __future__ import annotations

import os
import tokenize
import zipfile
import zlib
from collections.abc import Iterable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError
from lsnn_core.files.guarded import LEAST_ROOM, MAX_RATIO
from lsnn_core.text import printable

_ERRORS: Final = (
    zipfile.BadZipFile, zlib.error, OSError, EOFError, RuntimeError, MemoryError, ValueError,
    TypeError, LookupError, SyntaxError, tokenize.TokenError,
)  # fmt: skip
"""What a damaged archive raises. RuntimeError: it is encrypted; from TypeError on: NumPy, of the
Python literal that is a member's header."""
_HEADERS: Final = {
    (1, 0): np.lib.format.read_array_header_1_0,
    (2, 0): np.lib.format.read_array_header_2_0,
}


def read_npz(path: str | os.PathLike[str], names: Iterable[str]) -> dict[str, npt.NDArray[Any]]:
    """Return those of the named vectors that the file has.

    Raises
    ------
    BadFileError
        The file is damaged; a member is no vector of numbers, is compressed by anything but
        deflate, or unfolds with the others to what no honest file of this size holds.
    """
    shown = printable(path)
    try:
        room = max(LEAST_ROOM, MAX_RATIO * os.path.getsize(path))
        with zipfile.ZipFile(path) as archive:
            members = {info.filename: info for info in archive.infolist()}
            found = {name: members[f"{name}.npy"] for name in names if f"{name}.npy" in members}
            if sum(info.file_size for info in found.values()) > room:
                raise BadFileError(f"{shown}: unfolds to more than {room} bytes; use another copy")
            return {name: _vector(archive, info, shown) for name, info in found.items()}
    except _ERRORS as error:
        problem = printable(str(error) or type(error).__name__)
        raise BadFileError(f"{shown}: is damaged ({problem}); use another copy") from error


def _vector(archive: zipfile.ZipFile, info: zipfile.ZipInfo, shown: str) -> npt.NDArray[Any]:
    """One member; never more is read than it says, and it is no more than there is room for."""
    name = info.filename.removesuffix(".npy")
    if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise BadFileError(f"{shown}: {name} is compressed in another way than numpy does")
    with archive.open(info) as member:
        version = np.lib.format.read_magic(member)
        if version not in _HEADERS:
            raise BadFileError(f"{shown}: {name} is of NPY version {version}, expected 1 or 2")
        shape, _, dtype = _HEADERS[version](member)
        if len(shape) != 1 or dtype.kind not in "fiu" or dtype.itemsize > 8:
            raise BadFileError(
                f"{shown}: {name} holds {dtype} {shape}, expected a vector of numbers"
            )
        nbytes = shape[0] * dtype.itemsize
        if not 0 <= nbytes == info.file_size - member.tell():
            raise BadFileError(f"{shown}: {name} says {nbytes} bytes but has others")
        values = np.frombuffer(member.read(), dtype)
    return values.astype(dtype.newbyteorder("="))
