"""Words for people on stderr, results on stdout: the one never stops the work, the other is kept.

A bar, a note or a warning that nobody can read any more (a closed terminal, a full disk, a reader
that has gone) is dropped. A result that cannot be written ends the command with code 1, when the
files it leaves are whole.
"""

from __future__ import annotations

import contextlib
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, Final, TextIO

from .errors import LsnnError
from .text import printable

LONGEST_LINE: Final = 2000
_GONE: Final = (OSError, ValueError)  # ValueError: Python's own word for a closed file


class _Over(io.TextIOBase):
    """A stream over another one, or over none."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def __getattr__(self, name: str) -> Any:  # mode, buffer, reconfigure ...
        return getattr(self.__dict__["_stream"], name)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """Of the stream beneath."""
        return getattr(self._stream, "encoding", None) or "utf-8"

    def writable(self) -> bool:
        """Tell that it takes text."""
        return True

    def fileno(self) -> int:
        """Number of the descriptor, if there is one."""
        if self._stream is None:
            raise io.UnsupportedOperation("fileno")
        return self._stream.fileno()

    def close(self) -> None:
        """Do nothing: the stream beneath is its opener's, and Python closes what it forgets."""

    def isatty(self) -> bool:
        """Whether a person looks on."""
        with contextlib.suppress(*_GONE):
            return self._stream is not None and self._stream.isatty()
        return False


class Words(_Over):
    """Takes any text and never fails."""

    def write(self, text: str) -> int:
        """Write what can be written."""
        with contextlib.suppress(*_GONE):
            if self._stream is not None:
                self._stream.write(text)
        return len(text)

    def flush(self) -> None:
        """Hand on what can be handed on."""
        with contextlib.suppress(*_GONE):
            if self._stream is not None:
                self._stream.flush()


class Results(_Over):
    """Fails by an `LsnnError`, but for a reader that has seen enough: that is BrokenPipeError."""

    def write(self, text: str) -> int:
        """Write all of it."""
        with _named():
            if self._stream is None:
                raise ValueError("it is closed")
            return self._stream.write(text)

    def flush(self) -> None:
        """Hand all of it on."""
        with _named():
            if self._stream is not None:
                self._stream.flush()


def say(text: str) -> None:
    """Say something to a person, on one line whatever is in it; the one way to do so."""
    print(printable(text, LONGEST_LINE), file=words(), flush=True)


def words() -> Words:
    """Where words go, for a bar: stderr that never fails."""
    return sys.stderr if isinstance(sys.stderr, Words) else Words(sys.stderr)


@contextlib.contextmanager
def guarded_streams() -> Iterator[None]:
    """Let everything a command does, other packages too, speak through `Words` and `Results`."""
    _hold_descriptors()
    out, err = sys.stdout, sys.stderr
    if isinstance(out, io.TextIOWrapper):
        out.reconfigure(errors="backslashreplace")  # no terminal is too old for a title
    try:
        with contextlib.redirect_stderr(Words(err)), contextlib.redirect_stdout(Results(out)):
            yield
    finally:
        for stream in (out, err):
            _settle(stream)


@contextlib.contextmanager
def _named() -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except _GONE as error:
        problem = getattr(error, "strerror", None) or error
        raise LsnnError(f"stdout: results could not be written ({problem})") from None


def _hold_descriptors() -> None:
    """Open nothing in the place of a closed stream: else the next file would get what is said."""
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest free number


def _settle(stream: TextIO | None) -> None:
    """Write what is left, or else let Python's own flush at exit write it to nowhere."""
    try:
        if stream is not None:
            stream.flush()
    except _GONE:
        with contextlib.suppress(*_GONE):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())  # type: ignore[union-attr]
            os.close(nowhere)
