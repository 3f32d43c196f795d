"""One process at a time trains into a run file: the kernel's lock on a marker beside it.

What is promised. Among processes of one machine, in whatever containers: never two, and what a dead
one left is no obstacle, because the kernel gives a lock back with its process. Among machines that
share a folder: never two where its file system carries locks over the network. Where it does not, a
marker of another machine is respected while its process shows signs of life (it touches the marker
every 15 s) and 2 minutes longer; two that start within one second there may both believe they are
first.
"""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
import stat
import tempfile
import threading
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Final, Self

from filelock import lock_descriptor

from ..errors import UsageError
from ..text import printable

SUFFIX: Final = ".lock"
UNKNOWN: Final = "?"
BEAT_S: Final = 15.0
SILENT_S: Final = 120.0  # longer than network file systems keep old times (60 s)
_MAX_BYTES: Final = 4096
_MAX_TRIES: Final = 100
_BOOT: Final = pathlib.Path("/proc/sys/kernel/random/boot_id")
_OPEN: Final = (
    os.O_RDWR
    | getattr(os, "O_NOFOLLOW", 0)  # whoever may write here must not choose what we write to
    | getattr(os, "O_NONBLOCK", 0)  # nor let us wait at a FIFO
    | getattr(os, "O_BINARY", 0)
)


def start_of_process(pid: int) -> str | None:
    """Return when a process of this host started, None if there is none (or a zombie).

    The unit is the kernel's (clock ticks since boot) and only equality matters: process numbers
    are used again, the pair of number and start is not. Where the system does not tell, the answer
    is ``"?"``.
    """
    if os.name == "nt":
        return UNKNOWN  # to ask there is to send a signal
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # it lives, and is someone else's
    except (ProcessLookupError, OverflowError):
        return None
    try:
        stat_line = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return UNKNOWN
    fields = stat_line.rpartition(")")[2].split()  # the name may itself hold blanks and ")"
    return None if fields[0] == "Z" else fields[19]


class RunLock:
    """Hold the right to replace the run file at `path`, from entry to exit.

    Entry locks ``NAME.lock`` beside it; the text in it (process number, host, start) only tells
    people who holds it. See the module for what is promised.

    * Somebody holds it: `UsageError` that names them.
    * Left by a process that is gone: taken over; `note` says so.
    * Of another machine and fresh: `UsageError` with what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.marker = pathlib.Path(os.path.realpath(path) + SUFFIX)
        self.note: str | None = None
        self._file = -1
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """Take the lock, or say who has it."""
        try:
            tries = 0
            while self._file < 0:
                tries += 1
                if tries > _MAX_TRIES:
                    raise OSError(0, "others make and remove it all the time")
                self._try()
        except OSError as error:
            raise UsageError(
                f"{printable(self.marker)}: cannot be locked ({error.strerror}); remove it, or "
                "choose another output"
            ) from error
        threading.Thread(target=self._show_signs_of_life, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the marker, if it is still this one, and give the lock back."""
        self._ended.set()
        refused = False
        try:
            if _is_at(self._file, self.marker):
                self.marker.unlink()
        except PermissionError:  # Windows, while it is open
            refused = True
        except OSError:  # someone removed it by hand, or its folder is gone
            pass
        os.close(self._file)
        if refused:
            with contextlib.suppress(OSError):
                self.marker.unlink()

    def _try(self) -> None:
        """Open and lock the marker, and keep it if it is still the one that others will see."""
        opened = _open(self.marker)
        if opened is None:
            return
        file, is_new = opened
        try:
            locked: bool | None = None
            with contextlib.suppress(OSError):  # a file system without locks
                locked = lock_descriptor(file, blocking=False)
            if locked is False:
                raise self._held_by(_holder(file))
            if not _is_at(file, self.marker):
                os.close(file)
                return  # its holder has just ended and removed it
            if not is_new:
                self._take_over(file, certain=locked is True)
            os.ftruncate(file, 0)
            os.lseek(file, 0, os.SEEK_SET)
            os.write(file, json.dumps(_myself()).encode())
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def _take_over(self, file: int, certain: bool) -> None:
        """Judge a marker that somebody left; `certain` if the kernel says that nobody holds it."""
        holder = _holder(file)
        if not certain or (holder and holder.get("kernel") != _kernel()):
            silence = _now_in(self.marker.parent) - os.fstat(file).st_mtime
            if silence < SILENT_S:
                raise self._held_by(
                    holder,
                    f"; if it has ended, wait {SILENT_S - silence:.0f} s or delete this file",
                )
        self.note = f"took over {printable(self.marker)}: {_who(holder)} has ended"

    def _held_by(self, holder: dict[str, Any], remedy: str = "") -> UsageError:
        name = printable(self.marker)
        remedy = remedy or "; wait for its end or choose another output"
        return UsageError(f"{name}: {_who(holder)} trains into this run{remedy}")

    def _show_signs_of_life(self) -> None:
        while not self._ended.wait(BEAT_S):
            with contextlib.suppress(OSError):
                os.utime(self.marker, follow_symlinks=os.utime not in os.supports_follow_symlinks)


def _open(path: pathlib.Path) -> tuple[int, bool] | None:
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


def _is_at(file: int, path: pathlib.Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file), os.lstat(path))
    return False


def _holder(file: int) -> dict[str, Any]:
    """Return what a marker says; nothing if it says nothing: its writer may have been killed."""
    try:
        os.lseek(file, 0, os.SEEK_SET)
        content = json.loads(os.read(file, _MAX_BYTES))
    except (OSError, ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _who(holder: dict[str, Any]) -> str:
    if not holder:
        return "another process"
    pid, host = (printable(str(holder.get(key, UNKNOWN))) for key in ("pid", "host"))
    return f"process {pid} on host {host}"


def _myself() -> dict[str, Any]:
    started = datetime.now(UTC).isoformat(timespec="seconds")
    me = {"pid": os.getpid(), "host": socket.gethostname(), "kernel": _kernel()}
    return {**me, "started_utc": started}


def _kernel() -> str:
    """Return a name for the running kernel: within it, its locks decide, whatever hosts are called.

    Containers of one machine share a kernel but not a host name, and two machines may have the same
    host name.
    """
    try:
        return _BOOT.read_text(encoding="ascii").strip()
    except OSError:
        return socket.gethostname()


def _now_in(folder: pathlib.Path) -> float:
    """Return the time as the folder's file system tells it: the clocks of machines differ."""
    with tempfile.TemporaryFile(dir=folder) as file:
        return os.fstat(file.fileno()).st_mtime
