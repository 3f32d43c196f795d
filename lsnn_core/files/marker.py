"""The marker beside a run file: a file of its own that says who trains into the run."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import secrets
import socket
import stat
import tempfile
from datetime import UTC, datetime
from typing import Any, Final

from ..text import printable
from .temporary import UNKNOWN

SUFFIX: Final = ".lock"
_MAX_BYTES: Final = 4096
_BOOT: Final = pathlib.Path("/proc/sys/kernel/random/boot_id")
_OPEN: Final = (
    os.O_RDWR
    | getattr(os, "O_NOFOLLOW", 0)  # whoever may write here must not choose what we write to
    | getattr(os, "O_NONBLOCK", 0)  # nor let us wait at a FIFO
    | getattr(os, "O_BINARY", 0)
)


def open_marker(path: pathlib.Path) -> tuple[int, bool] | None:
    """Open the marker, and say whether this made it; None if it is gone just now.

    No link is followed, and no special file opened.
    """
    try:
        return os.open(path, _OPEN | os.O_CREAT | os.O_EXCL, 0o644), True
    except FileExistsError:
        pass
    try:
        file = os.open(path, _OPEN)
    except FileNotFoundError:
        return None
    status = os.fstat(file)
    if not stat.S_ISREG(status.st_mode) or status.st_nlink > 1:
        os.close(file)
        raise OSError(0, "it is not a file of its own")
    return file, False


def is_at(file: int, path: pathlib.Path) -> bool:
    """Whether the open file is the one that others see at `path`."""
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), os.lstat(path))
    return False


def read_marker(file: int) -> dict[str, Any]:
    """Return what a marker says; nothing if it says nothing: its writer may have been killed."""
    try:
        os.lseek(file, 0, os.SEEK_SET)
        content = json.loads(os.read(file, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def write_marker(file: int, content: dict[str, Any]) -> None:
    """Let the open marker say `content` and nothing else."""
    os.ftruncate(file, 0)
    os.lseek(file, 0, os.SEEK_SET)
    os.write(file, json.dumps(content).encode())
    os.fsync(file)  # over a network: others are to see it now


def token_at(path: pathlib.Path) -> str | None:
    """Return whose marker others see at `path`; None if there is none, or it does not say."""
    try:
        opened = os.open(path, _OPEN)  # anew: that is when network file systems look
    except OSError:
        return None
    try:
        token = read_marker(opened).get("token")
        return token if isinstance(token, str) else None
    finally:
        os.close(opened)


def in_words(holder: dict[str, Any]) -> str:
    """Name who holds a marker."""
    if not holder:
        return "another process"
    pid, host = (printable(str(holder.get(key, UNKNOWN))) for key in ("pid", "host"))
    return f"process {pid} on host {host}"


def myself() -> dict[str, Any]:
    """What the marker of this process says; each call gives a token that no other marker has."""
    started = datetime.now(UTC).isoformat(timespec="seconds")
    me = {"pid": os.getpid(), "host": socket.gethostname(), "kernel": kernel()}
    return {**me, "started_utc": started, "token": secrets.token_hex(16)}


def kernel() -> str:
    """Return a name for the running kernel: within it, its locks decide, whatever hosts are called.

    Containers of one machine share a kernel but not a host name, and two machines may have the same
    host name.
    """
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def now_in(folder: pathlib.Path) -> float:
    """Return the time as the folder's file system tells it: the clocks of machines differ."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime
