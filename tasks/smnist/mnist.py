"""The MNIST digits, from the four canonical IDX files that ship with this package.

A user's own copy is read from `data_dir`, or the folder in the environment variable
``LSNN_MNIST_DIR``, and held to the same bytes.
"""

from __future__ import annotations

import hashlib
import math
import os
import pathlib
import struct
import zlib
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

SIDE = 28
N_PIXELS = SIDE * SIDE
N_VALIDATION = 5_000
"""The first images of the training file, as the paper's TensorFlow reader splits them."""

SHIPPED = pathlib.Path(__file__).parents[1] / "data" / "mnist"
ENVIRONMENT = "LSNN_MNIST_DIR"

_GZIP = 16 + zlib.MAX_WBITS  # zlib's way to say: expect a gzip header and check its CRC


class IdxFile(NamedTuple):
    """One canonical file: its name, the sizes its header must state, the MD5 of its content."""

    name: str
    shape: tuple[int, ...]
    md5: str

    @property
    def header(self) -> bytes:
        """Magic number (unsigned bytes, number of axes), then the size of each axis."""
        axes = len(self.shape)
        return struct.pack(f">{1 + axes}I", 0x0800 | axes, *self.shape)


TRAIN_IMAGES = IdxFile(
    "train-images-idx3-ubyte.gz", (60_000, SIDE, SIDE), "6bbc9ace898e44ae57da46a324031adb"
)
TRAIN_LABELS = IdxFile("train-labels-idx1-ubyte.gz", (60_000,), "a25bea736e30d166cdddb491f175f624")
TEST_IMAGES = IdxFile(
    "t10k-images-idx3-ubyte.gz", (10_000, SIDE, SIDE), "2646ac647ad5339dbf082846283269ea"
)
TEST_LABELS = IdxFile("t10k-labels-idx1-ubyte.gz", (10_000,), "27ae3e4e09519cfbb04c329615203637")


class Images(NamedTuple):
    """Digits and what they are; the arrays are read-only.

    pixels: uint8 (n, 784), row by row, 0 background to 255 ink; labels: uint8 (n), 0 to 9.
    """

    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]


class Mnist(NamedTuple):
    """The three splits: 55,000 training, 5,000 validation and 10,000 test images."""

    train: Images
    validation: Images
    test: Images


def load_mnist(data_dir: str | os.PathLike[str] | None = None) -> Mnist:
    """Read, check and split the digits (a third of a second).

    Parameters
    ----------
    data_dir
        Folder with the four gzip files; by default the one in ``LSNN_MNIST_DIR`` or, without
        that, the files shipped with the package.

    Raises
    ------
    BadFileError
        A file is missing or damaged, or its content is not the canonical one.
    """
    folder = pathlib.Path(data_dir or os.environ.get(ENVIRONMENT) or SHIPPED)
    pixels, labels = read_idx(folder, TRAIN_IMAGES), read_idx(folder, TRAIN_LABELS)
    test = Images(read_idx(folder, TEST_IMAGES), read_idx(folder, TEST_LABELS))
    return Mnist(
        train=Images(pixels[N_VALIDATION:], labels[N_VALIDATION:]),
        validation=Images(pixels[:N_VALIDATION], labels[:N_VALIDATION]),
        test=test,
    )


def read_idx(folder: pathlib.Path, expected: IdxFile) -> npt.NDArray[np.uint8]:
    """Return the content of one IDX file, (n) for labels or (n, pixels of an image).

    The header is compared before anything of the size it states is allocated, and no more is
    ever inflated than the canonical file holds.
    """
    path = folder / expected.name
    size = math.prod(expected.shape)
    inflate = zlib.decompressobj(_GZIP)
    try:
        header = inflate.decompress(_read_bytes(path, size), len(expected.header))
        if header != expected.header:
            raise ValueError(f"IDX header {header.hex()} instead of {expected.header.hex()}")
        content = inflate.decompress(inflate.unconsumed_tail, size + 1)
        if len(content) != size or not inflate.eof or inflate.unused_data:
            raise ValueError(f"{_describe(content, size)} instead of {size} bytes")
        md5 = _md5(header, content)
        if md5 != expected.md5:
            raise ValueError(f"content with MD5 {md5}")
    except (zlib.error, ValueError) as problem:
        raise BadFileError(
            f"{path}: expected the canonical MNIST file (MD5 {expected.md5} uncompressed), found: "
            f"{problem}; put that file there, or leave out data_dir and {ENVIRONMENT} to read the "
            "copy shipped with this package"
        ) from None
    return np.frombuffer(content, np.uint8).reshape(expected.shape[0], *_flat(expected.shape[1:]))


def _read_bytes(path: pathlib.Path, size: int) -> bytes:
    """Read a gzip file of `size` bytes inflated, and never more than such a file can have."""
    try:
        with path.open("rb") as file:
            return file.read(size + 65_536)  # gzip's overhead and a file name fit in 64 KiB
    except OSError as error:
        raise ValueError(error.strerror) from None


def _describe(content: bytes, size: int) -> str:
    """Say what is wrong with a content that should have had `size` bytes and then ended."""
    return "more" if len(content) > size else f"{len(content)} and a damaged end"


def _md5(header: bytes, content: bytes) -> str:
    digest = hashlib.md5(header, usedforsecurity=False)
    digest.update(content)
    return digest.hexdigest()


def _flat(axes: tuple[int, ...]) -> tuple[int, ...]:
    return (math.prod(axes),) if axes else ()
