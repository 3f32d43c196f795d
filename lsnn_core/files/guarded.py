"""The one door through which HDF5 files come in.

An HDF5 file can make the library that reads it open other files, load plugins and allocate
terabytes, all by design of the format. Here every object is looked at before it is read (what is
there by `objects`, what it holds by the `rules`), and anything unusual is a `BadFileError`.
"""

from __future__ import annotations

import os
import stat
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cached_property
from typing import Any, Final

import h5py  # type: ignore[import-untyped,unused-ignore]
import numpy as np
import numpy.typing as npt

from ..errors import BadFileError
from ..text import printable
from . import rules
from .digest import DIGEST, attributes_digest, content_digest, digest_problem
from .objects import MAX_CHILDREN, DamagedFileError, FileObjects, damaged, decoded
from .rules import Attribute

__all__ = ["GuardedFile", "open_guarded"]

SIGNATURE: Final = b"\x89HDF\r\n\x1a\n"
CHECKSUM: Final = "crc32"
"""Attribute of what lies outside chunks, where HDF5 has no checksum, in files without digests."""

MAX_RATIO: Final = 100
"""D-unfolded-size: arrays of an honest run are together at most some 10 times its file's size."""
LEAST_ROOM: Final = 64 * 2**20
"""Bytes that even a small file may unfold to: all zeros shrink to next to nothing."""
SURVEYED: Final = 16 * 2**20
"""Bytes up to which a survey reads a dataset whole; of a larger one it reads a chunk."""


@contextmanager
def open_guarded(path: str | os.PathLike[str]) -> Iterator[GuardedFile]:
    """Open an HDF5 file for reading, refusing what is not one.

    Raises
    ------
    BadFileError
        The path is missing, empty, a folder, a FIFO or device (never waited for), not HDF5, cut
        short, or held open for writing. Later, from the methods: see `GuardedFile`.
    """
    name = printable(path)
    size = _size_of_regular_file(path, name)
    try:
        # "sec2": plain POSIX reads, whatever driver the file or the environment would suggest
        file = h5py.File(os.fspath(path), "r", driver="sec2", locking="best-effort")
    except rules.LIBRARY_ERRORS as error:
        raise damaged(BadFileError(f"{name}: {rules.reason(error)}"), error) from error
    try:
        yield GuardedFile(name, file, size)
    finally:
        file.close()


@contextmanager
def _unless_damaged() -> Iterator[None]:
    """Go on after our own refusals, but not after the library's."""
    try:
        yield
    except DamagedFileError:
        raise
    except BadFileError:
        pass


class GuardedFile(FileObjects):
    """An open HDF5 file that gives away plain numbers and texts only.

    Every method raises `BadFileError`, one line with file, object, problem and remedy, for a link
    that is not a hard link (soft and external ones, also in the middle of a path), for external or
    virtual storage, for an unknown filter, for an unexpected type or rank, for a size the file
    cannot hold, and for damage.

    Attributes
    ----------
    needs_digest
        Whether the object at a path, a dataset or not, must have a digest if the file has
        digests: all, at first.
    """

    def __init__(self, name: str, file: Any, size: int) -> None:
        super().__init__(name, file)
        self.needs_digest: Callable[[str, bool], bool] = lambda path, is_dataset: True
        self.size = size
        self._read: dict[str, int] = {}

    def shape_and_type(self, path: str) -> tuple[tuple[int, ...], str]:
        """Return a dataset's shape and its type's name (``"text"`` for text), reading no data."""
        dataset = self._dataset(path)
        with self.reading(path):
            return tuple(dataset.shape), _type_name(dataset)

    def survey(self, look_at_lists: Callable[[GuardedFile, str], None]) -> None:
        """Read all there is, a part of what is large; raise only `DamagedFileError`.

        Lists of unequal length are read by `look_at_lists`: see `lists`.

        For a process that may crash (`surveyor`): what the library reads there without an error, it
        reads again. Errors in the numbers of a dataset are left to whoever reads it.
        """
        with _unless_damaged():
            self.attributes()
            for path, is_dataset in self.walk():
                with _unless_damaged():
                    self.attributes(path)
                    if is_dataset and self._holds_lists(path):
                        look_at_lists(self, path)
                    elif is_dataset:
                        self._survey_dataset(path)

    def _holds_lists(self, path: str) -> bool:
        dataset = self._require(path)
        with self.reading(path):
            return rules.holds_lists(dataset)

    def _survey_dataset(self, path: str) -> None:
        dataset = self._dataset(path)
        with suppress(*rules.LIBRARY_ERRORS):
            if dataset.nbytes <= SURVEYED:
                dataset[()]
            elif dataset.chunks:
                dataset.id.chunk_iter(lambda chunk: None)
                dataset[next(dataset.iter_chunks())]

    def value(self, path: str) -> npt.NDArray[Any] | str:
        """Return a dataset as `text` or as `array` (numbers, booleans), whichever it is."""
        dataset = self._dataset(path)
        with self.reading(path):
            is_text = _type_name(dataset) == "text"
        return self._text(dataset, path) if is_text else self._array(dataset, path)

    def array(
        self,
        path: str,
        kinds: str = "fiu",
        ndim: int | None = None,
        shape: tuple[int, ...] | None = None,
    ) -> npt.NDArray[Any]:
        """Return a dataset of numbers in native byte order, C-contiguous and writable.

        Parameters
        ----------
        path
            Where it is, for instance ``"weights/W_in/data"``.
        kinds
            Accepted NumPy kinds among f, i, u, b (boolean). Floats of other widths than 4 and 8
            bytes are converted (float16 to float32, long double to float64).
        ndim
            The expected number of axes; None accepts any.
        shape
            The expected shape, compared before anything is read; None accepts any.
        """
        dataset = self._dataset(path)
        with self.reading(path):
            held = _type_name(dataset)
            if held == "text" or dataset.dtype.kind not in kinds:
                raise self.bad(path, f"holds {held}, expected a type of kind {'/'.join(kinds)}")
            if ndim is not None and dataset.ndim != ndim:
                raise self.bad(path, f"has shape {dataset.shape}, expected {ndim} axes")
            if shape is not None and tuple(dataset.shape) != shape:
                raise self.bad(path, f"has shape {dataset.shape}, expected {shape}")
        return self._array(dataset, path)

    def text(self, path: str, longest: int = rules.MAX_TEXT_BYTES) -> str:
        """Return a text as it is stored: use `printable` before showing it."""
        dataset = self._dataset(path)
        with self.reading(path):
            if _type_name(dataset) != "text":
                raise self.bad(path, f"holds {_type_name(dataset)}, expected a text")
            if dataset.nbytes > longest:
                raise self.bad(path, f"has {dataset.nbytes} bytes, expected at most {longest}")
        return self._text(dataset, path)

    def attribute(self, name: str, path: str = "/") -> Attribute | None:
        """Return an attribute of the object at `path`, None if it has no such attribute.

        Numbers come back as int or float, lists of numbers as array, enumerations as the name of
        their value.
        """
        owner = self._require(path)
        if self._has_digests and path.strip("/") and isinstance(owner, h5py.Group):
            return self.attributes(path).get(name)  # the root's digest: where all of it is read
        return self._attribute(owner, name, path)

    def attributes(self, path: str = "/") -> dict[str, Attribute]:
        """Return all attributes of the object at `path`, sorted by name."""
        owner = self._require(path)
        with self.reading(path):
            if len(owner.attrs) > MAX_CHILDREN:
                raise self.bad(path, f"has more than {MAX_CHILDREN} attributes")
            names = sorted(map(decoded, owner.attrs))
        values = {name: self._attribute(owner, name, path) for name in names}
        present = {name: value for name, value in values.items() if value is not None}
        if isinstance(owner, h5py.Group):
            self._verify_digest(owner, path, lambda: attributes_digest(path, present))
        return present

    def integer_attribute(self, name: str, path: str, low: int, high: int) -> int:
        """Return an attribute that must be there, a whole number from `low` to `high`."""
        value = self.attribute(name, path)
        if not isinstance(value, int) or not low <= value <= high:
            raise self._bad_attribute(name, path, value, f"a whole number from {low} to {high}")
        return value

    def text_attribute(self, name: str, path: str = "/") -> str | None:
        """Return an attribute that must be a text if it is there."""
        value = self.attribute(name, path)
        if value is not None and not isinstance(value, str):
            raise self._bad_attribute(name, path, value, "a text")
        return value

    def _bad_attribute(
        self, name: str, path: str, value: Attribute | None, expected: str
    ) -> BadFileError:
        where = f"attribute {name}" + (f" of {path}" if path != "/" else "")
        shown = "nothing" if value is None else printable(str(value), 40)
        return self.bad(where, f"is {shown}, expected {expected}")

    def dataset(self, path: str, look: Callable[[Any, int], str | None]) -> Any:
        """Return h5py's dataset at `path` once `look`, given the file's size, has no objection."""
        dataset = self._require(path)
        if not isinstance(dataset, h5py.Dataset):
            raise self.bad(path, "is not a dataset")
        with self.reading(path):
            problem = look(dataset, self.size)
        if problem:
            raise self.bad(path, problem)
        return dataset

    def _dataset(self, path: str) -> Any:
        return self.dataset(path, rules.problem)

    def _charge(self, dataset: Any, path: str) -> None:
        """Refuse a file whose datasets unfold together to far more than an honest one's can."""
        with self.reading(path):
            self._read[path.strip("/")] = dataset.size * rules.native(dataset.dtype).itemsize
        room = max(LEAST_ROOM, MAX_RATIO * self.size)
        if sum(self._read.values()) > room:
            raise self.bad(
                path,
                f"unfolds to more than the {room} bytes that a file of this size "
                "can hold; use another copy",
            )

    def _array(self, dataset: Any, path: str) -> npt.NDArray[Any]:
        self._charge(dataset, path)
        with self.reading(path):
            result = np.empty(dataset.shape, rules.native(dataset.dtype))
            if result.size:
                dataset.read_direct(result)
            self._verify(dataset, path, result)
        return result

    def _text(self, dataset: Any, path: str) -> str:
        self._charge(dataset, path)
        with self.reading(path):
            if dataset.shape != ():
                raise self.bad(path, "is not one text but a list")
            raw = bytes(dataset[()])
            self._verify(dataset, path, raw)
            return raw.decode("utf-8")

    def _verify(self, dataset: Any, path: str, value: npt.NDArray[Any] | bytes) -> None:
        expected = self._attribute(dataset, CHECKSUM, path) if dataset.chunks is None else None
        if expected is not None and expected != checksum(value):
            raise self.bad(path, "is damaged (its checksum differs); use another copy of the file")
        self._verify_digest(dataset, path, lambda: content_digest(path, value))

    def _verify_digest(self, owner: Any, path: str, digest: Callable[[], str]) -> None:
        expected = self._attribute(owner, DIGEST, path)
        if expected is not None or self._has_digests:
            problem = digest_problem(expected, digest(), self._has_digests)
            needed = expected is not None or self.needs_digest(
                path, isinstance(owner, h5py.Dataset)
            )
            if problem and needed:
                raise self.bad(path, problem)

    @cached_property
    def _has_digests(self) -> bool:
        return self._attribute(self._file, DIGEST, "/") is not None


def checksum(value: npt.NDArray[Any] | bytes) -> int:
    """Return the CRC-32 of a text's bytes, or of an array's in little-endian order."""
    if isinstance(value, bytes):
        return zlib.crc32(value)
    return zlib.crc32(value.astype(value.dtype.newbyteorder("<"), copy=False).tobytes())


def _type_name(dataset: Any) -> str:
    return "text" if rules.is_text(dataset.id) else str(rules.native(dataset.dtype))


def _size_of_regular_file(path: str | os.PathLike[str], name: str) -> int:
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # before opening: a FIFO would block for ever
            kind = "a folder" if stat.S_ISDIR(status.st_mode) else "a FIFO, socket or device"
            raise BadFileError(f"{name}: is {kind}, expected an HDF5 file")
        with open(path, "rb") as file:
            start = file.read(len(SIGNATURE))
    except FileNotFoundError as error:
        raise BadFileError(f"{name}: no such file; check the path") from error
    except (OSError, ValueError) as error:
        raise BadFileError(f"{name}: cannot be opened: {rules.reason(error)}") from error
    if not start:
        raise BadFileError(f"{name}: is empty, expected an HDF5 file; use another copy")
    if start != SIGNATURE:
        shown = printable(start.decode("latin-1"))
        raise BadFileError(f'{name}: is not an HDF5 file (it begins with "{shown}")')
    return status.st_size
