"""NIST SPHERE audio: an ASCII header of fixed length, then samples.

The header is a few lines of ``name type value``, so reading it needs no library (soundfile reads
the same files; the tests compare the two). TIMIT's recordings are 16-bit PCM, one channel, 16 kHz.
"""

from __future__ import annotations

import os
import pathlib
from typing import Final

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import BadFileError

RATE_HZ: Final = 16_000
MAGIC: Final = b"NIST_1A\n"
HEADER_BYTES: Final = 1024  # of every file of TIMIT, and of those written here
LARGEST_HEADER: Final = 65_536  # more is no header
BYTE_ORDERS: Final = {"01": "<i2", "10": ">i2"}  # least significant byte first; last
REQUIRED: Final = {
    "channel_count": "1",
    "sample_n_bytes": "2",
    "sample_rate": str(RATE_HZ),
    "sample_coding": "pcm",
}

Samples = npt.NDArray[np.int16]


def read_sphere(path: pathlib.Path) -> Samples:
    """Read a recording: int16, 16 kHz, one channel.

    Raises
    ------
    BadFileError
        The file is missing, no SPHERE file, coded otherwise, or shorter than its header says.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BadFileError(
            f"{path}: {error.strerror}; expected a recording, copy the corpus anew"
        ) from None
    fields, start = _header(path, data)
    for name, expected in REQUIRED.items():
        stated = fields.get(name, "pcm" if name == "sample_coding" else "nothing")
        if stated != expected:
            raise BadFileError(
                f"{path}: SPHERE header: expected {name} {expected}, found {stated[:40]!r}; "
                "decode the corpus to 16-bit PCM at 16 kHz (sph2pipe -p, or sox)"
            )
    order = BYTE_ORDERS.get(fields.get("sample_byte_format", ""))
    count = fields.get("sample_count", "")
    if order is None or not count.isdecimal():
        raise BadFileError(
            f"{path}: SPHERE header: expected sample_byte_format 01 or 10 and a sample_count, "
            f"found {fields.get('sample_byte_format', 'nothing')[:40]!r} and {count[:40]!r}; copy "
            "the corpus anew"
        )
    found_samples = (len(data) - start) // 2
    if len(count) > 12 or found_samples < int(count):
        raise BadFileError(
            f"{path}: expected {count[:40]} samples as its header says, found {found_samples}; the "
            "file was cut short, copy it anew"
        )
    return np.frombuffer(data, order, int(count), start).astype(np.int16)


def write_sphere(path: str | os.PathLike[str], samples: Samples) -> None:
    """Write int16 samples at 16 kHz with the header that TIMIT's files have."""
    lines = [
        MAGIC.decode() + f"{HEADER_BYTES:7d}",
        "channel_count -i 1",
        f"sample_count -i {len(samples)}",
        f"sample_rate -i {RATE_HZ}",
        "sample_n_bytes -i 2",
        "sample_byte_format -s2 01",
        "sample_sig_bits -i 16",
        "sample_coding -s3 pcm",
        "end_head\n",
    ]
    header = "\n".join(lines).encode().ljust(HEADER_BYTES)
    pathlib.Path(path).write_bytes(header + samples.astype("<i2").tobytes())


def _header(path: pathlib.Path, data: bytes) -> tuple[dict[str, str], int]:
    """Fields of the header, and where the samples start."""
    size = data[8:16].strip()
    if not data.startswith(MAGIC) or not size.isdigit() or int(size) > LARGEST_HEADER:
        kind = "a RIFF WAV file" if data.startswith(b"RIFF") else f"{data[:8]!r}"
        raise BadFileError(
            f"{path}: expected NIST SPHERE audio (it starts with {MAGIC!r}), found {kind}; use the "
            "corpus as its publisher ships it"
        )
    fields: dict[str, str] = {}
    for line in data[16 : int(size)].decode("latin-1").split("\n"):
        if line.strip() == "end_head":
            return fields, int(size)
        name, _, rest = line.partition(" ")
        fields[name] = rest.partition(" ")[2].strip()
    raise BadFileError(f"{path}: SPHERE header: expected end_head, found none; copy it anew")
