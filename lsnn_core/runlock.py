"""One process at a time trains into a run file: a marker beside it says who."""

from __future__ import annotations

import fcntl
import json
import os
import pathlib
import socket
from types import TracebackType
from typing import Final, Self

from .errors import UsageError
from .printable import printable

SUFFIX: Final = ".lock"
UNKNOWN: Final = "?"
_MAX_BYTES: Final = 4096


def start_of_process(pid: int) -> str | None:
    """Return when a process of this host started, None if there is none (or a zombie).

    The unit is the kernel's (clock ticks since boot) and only equality matters: process numbers
    are used again, the pair of number and start is not. Where the system does not tell, the answer
    is ``"?"``.
    """
    try:
        os.kill(pid, 0)
    except PermissionError:
        pass  # it lives, and is someone else's
    except (ProcessLookupError, OverflowError):
        return None
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text(errors="replace")
    except OSError:
        return UNKNOWN
    fields = stat.rpartition(")")[2].split()  # the program's name may itself hold blanks and ")"
    return None if fields[0] == "Z" else fields[19]


class RunLock:
    """Hold the right to replace the run file at `path`, from entry to exit.

    Entry creates the marker ``NAME.lock`` with ``O_EXCL``; it holds process number, start and host.

    * Marker of a process that lives: `UsageError`.
    * Marker of a dead process of this host: taken over; `note` says so.
    * Marker of another host, or an unreadable one: `UsageError` with what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.marker = pathlib.Path(os.path.realpath(path) + SUFFIX)
        self.note: str | None = None
        pid = os.getpid()
        holder = {"pid": pid, "start": start_of_process(pid), "host": socket.gethostname()}
        self._content = json.dumps(holder).encode()

    def __enter__(self) -> Self:
        """Create the marker, or say who holds it."""
        while not self._create():
            self._remove_if_stale()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the marker, if it is still this one."""
        try:
            if self.marker.read_bytes() == self._content:
                self.marker.unlink()
        except OSError:
            pass  # someone removed it by hand; there is nothing left to give back

    def _create(self) -> bool:
        try:
            descriptor = os.open(self.marker, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
        except FileExistsError:
            return False
        except OSError as error:
            raise self._unusable("created", error) from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(self._content)
        return True

    def _remove_if_stale(self) -> None:
        """Remove a dead process's marker; two processes may find the same one at the same time.

        Only who holds the kernel's lock on the very file that `marker` names may remove it, so
        nobody removes the fresh marker that another has put there meanwhile.
        """
        try:
            with open(self.marker, "r+b", buffering=0) as file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.samestat(os.fstat(file.fileno()), os.stat(self.marker)):
                    pid = self._dead_holder(file.read(_MAX_BYTES))
                    self.marker.unlink()
                    self.note = f"took over {printable(self.marker)}: process {pid} has ended"
        except FileNotFoundError:
            pass  # its holder, or another who took it over, was faster
        except OSError as error:
            raise self._unusable("opened", error) from error

    def _unusable(self, verb: str, error: OSError) -> UsageError:
        return UsageError(
            f"{printable(self.marker)}: cannot be {verb} ({error.strerror}); choose another output"
        )

    def _dead_holder(self, content: bytes) -> int:
        """Return the process number of a holder that is gone; any other holder is an error."""
        name = printable(self.marker)
        try:
            holder = json.loads(content)
            pid, start, host = int(holder["pid"]), str(holder["start"]), str(holder["host"])
            if pid <= 0:
                raise ValueError(f"process number {pid}")
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise UsageError(
                f"{name}: cannot tell who trains into this run; delete it if nobody does"
            ) from error
        if host != socket.gethostname():
            raise UsageError(
                f"{name}: process {pid} on host {printable(host)} trains into this run; "
                "if it has ended, delete this marker"
            )
        now = start_of_process(pid)
        if now is not None and (UNKNOWN in (now, start) or now == start):
            raise UsageError(
                f"{name}: process {pid} trains into this run; wait for its end or choose another "
                "output"
            )
        return pid
