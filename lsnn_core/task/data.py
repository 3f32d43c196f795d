"""What data a task has read, in one number: a run must not go on with others unnoticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt


def data_digest(parts: Iterable[npt.NDArray[Any] | str]) -> str:
    """Return the SHA-256 of arrays and words, in hexadecimal digits.

    Give it what no machine computes otherwise than another (spikes, labels, names), not what is
    rounded on the way (features of speech): equal data must have equal digests everywhere.
    """
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, str):
            kind, content = "text", part.encode()
        else:
            array = np.ascontiguousarray(part)
            array = array.astype(array.dtype.newbyteorder("<"), copy=False)
            kind, content = f"{array.dtype.str}{array.shape}", array.tobytes()
        total.update(f"{kind} {len(content)}\n".encode())
        total.update(content)
    return total.hexdigest()
