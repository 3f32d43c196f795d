"""SHA-256 over what a file holds and where: what is damaged, exchanged or swapped is noticed.

HDF5's own checksums tell of a flipped bit, not of a zeroed chunk (it matches its checksum) nor of
two chunks or datasets in each other's place. So each dataset carries a digest of its path, type,
shape and content, and each group one of its path and attributes. The root's digest covers status,
iteration and all else that a run says there, and tells that this file has digests: then no part of
the run may lack one. Attributes of datasets (units, descriptions) are words for people and not
covered.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from .rules import Attribute

DIGEST: Final = "sha256"
"""Attribute of datasets and groups; on the root it says that the whole file has digests."""
OF_RUNS: Final = frozenset(
    ("schema", "schema_version", "status", "iteration", "code_version", "config_sha256",
     "kernel_sha256", "magic", "version", DIGEST)
)  # fmt: skip
"""Attributes of the root that are the run's; others are the owner's."""


def content_digest(path: str, value: npt.NDArray[Any] | bytes) -> str:
    """Return the digest of the dataset at `path`: an array, or a text's bytes."""
    if isinstance(value, bytes):
        return _digest(path, "text", str(len(value)), value)
    little = np.ascontiguousarray(value, value.dtype.newbyteorder("<")).reshape(value.shape)
    kind, shape = little.dtype.str, "x".join(map(str, value.shape))
    return _digest(path, kind, shape, little.reshape(-1).view(np.uint8))


def attributes_digest(path: str, attributes: Mapping[str, Attribute]) -> str:
    """Return the digest of the attributes of the group at `path`, its own digest left out."""
    covered = OF_RUNS if not path.strip("/") else attributes.keys()
    parts = [f"{name}={_word(attributes[name])}" for name in sorted(attributes) if name in covered]
    words = "\0".join(part for part in parts if not part.startswith(f"{DIGEST}="))
    return _digest(path, "attributes", str(len(words)), words.encode("utf-8", "surrogateescape"))


def digest_problem(expected: Attribute | None, actual: str, has_digests: bool) -> str | None:
    """Return half a sentence on what is wrong, None if nothing is.

    Parameters
    ----------
    expected
        The digest that the file gives, None if it gives none.
    actual
        The digest of what was read.
    has_digests
        Whether the file's root says that everything in it has one.
    """
    if expected == actual:
        return None if has_digests else "has a digest, but the file has none; use another copy"
    if expected is None:
        lacks = "has no digest, though the file has digests: another program put it there"
        return f"{lacks}; use another copy of the file" if has_digests else None
    return "is damaged or exchanged (its SHA-256 differs); use another copy of the file"


def _word(value: Attribute) -> str:
    if isinstance(value, np.ndarray):
        little = value.astype(value.dtype.newbyteorder("<"))
        return f"{little.dtype.str}{little.shape}{little.tobytes().hex()}"
    return f"{type(value).__name__}:{value!r}"


def _digest(path: str, kind: str, shape: str, content: bytes | npt.NDArray[np.uint8]) -> str:
    where = "/".join(filter(None, path.split("/")))
    about = "\0".join((where, kind, shape, "")).encode("utf-8", "surrogateescape")
    digest = hashlib.sha256(about)
    digest.update(content)  # type: ignore[arg-type]  # an array of bytes is a buffer
    return digest.hexdigest()
