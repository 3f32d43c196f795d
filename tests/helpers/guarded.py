"""How the tests of this folder ask for a refusal."""

from __future__ import annotations

from pathlib import Path

import h5py
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files.guarded import GuardedFile, open_guarded

CANARY = "the canary's secret song"


def refusal(path: Path, read, *words: str) -> str:
    """Return the one-line message with which `read(guarded file)` is refused."""
    with pytest.raises(BadFileError) as caught, open_guarded(path) as guarded:
        read(guarded)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert message.isprintable()  # so it is one line without escapes, too
    problem = message.removeprefix(str(path))  # the folder is named after the test
    for word in words:
        assert word in problem
    return message


def array_refusal(file: h5py.File, name: str, *words: str) -> str:
    file.close()
    path = Path(words[0])
    refusal(path, lambda f: f.value(name), *words[1:])
    return refusal(path, lambda f: f.array(name, "fiub"), *words[1:])


def nothing(guarded: GuardedFile) -> None:
    """Read nothing: opening alone must be refused."""


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 0x10
    path.write_bytes(content)
