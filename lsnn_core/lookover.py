"""Look a foreign HDF5 file over in a process of its own, before this one touches it.

The HDF5 library can crash on a damaged file (a B-tree that points nowhere ends its process with a
signal), and no check made in the same process can stop that. So one child process reads every file
first, with the same guards; where it dies, the file is refused in one line and nothing else is
lost. One child (`lsnn_core.files.surveyor`) serves all files: it starts when it is first needed, or
early by `start`, while this process imports what takes as long: NumPy and h5py, which nothing here
needs.
"""

from __future__ import annotations

import atexit
import json
import os
import signal
import subprocess
import threading
from contextlib import suppress
from typing import IO, Final

from .errors import BadFileError
from .python_process import own_module
from .text import printable

SECONDS: Final = 600.0
"""Time on the wall, where the processor's cannot be limited: a busy machine is no damage."""

COMMAND = own_module("lsnn_core.files.surveyor")

_lock = threading.Lock()
_child: _Child | None = None


class _Child:
    """The process, and the pipes to it."""

    def __init__(self) -> None:
        self.owner = os.getpid()
        self._works: bool | None = None  # None: it was not heard of yet
        self._process = subprocess.Popen(
            COMMAND,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
        )

    def look(self, path: str) -> int | str | None:
        """Return None for a file that can be read, what is damaged, or the child's exit code."""
        if self._works is False:
            return None  # it cannot start here: there is nothing to look with
        assert self._process.stdin is not None
        timer = threading.Timer(SECONDS, self._process.kill)
        timer.start()
        try:
            with suppress(OSError):
                if self._works is None:
                    self._works = self._answer() == "ok\n"
                if not self._works:
                    self.end()
                    return None
                self._process.stdin.write(json.dumps(path) + "\n")
                self._process.stdin.flush()
                answer = self._answer()
                if answer == "ok\n":
                    return None
                if answer:
                    self.end()
                    return str(json.loads(answer))
        finally:
            timer.cancel()
        return self.end()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()

    def end(self) -> int:
        """Let the process go; return what it ended with."""
        for pipe in (self._process.stdin, self._process.stdout):
            _close(pipe)
        return self._process.wait()


def start() -> None:
    """Begin to start the child; `look_over` waits for it."""
    with _lock:
        _the_child()


def stop() -> None:
    """End the child, if there is one."""
    global _child
    with _lock:
        if _child is not None and _child.owner == os.getpid():
            _child.end()
        _child = None


def look_over(path: str | os.PathLike[str]) -> None:
    """Raise `BadFileError` for a file on which the HDF5 library crashes or never comes back.

    And for one of which it says itself that the structure is damaged: see `DamagedFileError`.
    """
    global _child
    if not os.path.isfile(path):
        return  # opening it says what it is
    with _lock:
        child = _the_child()
        if child is None:
            return
        ended = child.look(os.path.abspath(os.fsdecode(path)))
        if ended is None:
            return
        _child = None
    if isinstance(ended, str):
        raise BadFileError(printable(path) + ended)
    raise BadFileError(
        f"{printable(path)}: the file is damaged: the HDF5 library {_death(ended)} on it; use "
        "another copy"
    )


def _the_child() -> _Child | None:
    """Return the child of this process; None where no process can be started."""
    global _child
    if _child is None or _child.owner != os.getpid():  # a fork shares the pipes of its parent
        with suppress(OSError):
            _child = _Child()
    return _child


def _death(code: int) -> str:
    if -code in (signal.SIGKILL, getattr(signal, "SIGXCPU", None)):
        return "does not come back"
    return f"crashes ({signal.strsignal(-code) if code < 0 else f'exit code {code}'})"


def _close(pipe: IO[str] | None) -> None:
    with suppress(OSError):
        if pipe is not None:
            pipe.close()


atexit.register(stop)
