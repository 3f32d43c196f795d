"""One process at a time writes a run file: the kernel's lock on a marker beside it, and a lease.

Among processes of one machine, in whatever containers, the kernel decides: never two, and what a
dead one left is no obstacle, because the kernel gives a lock back with its process. So it does
among machines that share a folder, where the file system carries locks over the network.

Where it does not, the marker is a lease: its holder renews it every 15 s (touches the file), and
another machine may take it over when it has not been renewed for 2 minutes. Clocks and pauses
cannot make two writers of that: who takes over first puts its own token into the marker, then
removes all temporary files beside the run (`temporary.fence`), then reads the run. A holder makes
its temporary file, then reads the marker, then renames the one to the run's name (`disk.publish`).
If it read its own token, its temporary file was there before the other's removal: the rename came
before that, and the other reads its result, or the rename fails. Either way the holder that lost
learns it, by `LockLost`. What this needs of the file system: that each machine sees what another
has done before.
"""

from __future__ import annotations

import contextlib
import os
import pathlib
import threading
from types import TracebackType
from typing import Any, Final, Self

from filelock import lock_descriptor

from ..errors import LsnnError, UsageError
from ..text import printable
from . import marker
from .temporary import fence

BEAT_S: Final = 15.0
SILENT_S: Final = 120.0  # longer than network file systems keep old times (60 s)
_MAX_TRIES: Final = 100
_HELD: Final[dict[pathlib.Path, RunLock]] = {}


class LockHeld(UsageError):
    """Another process trains into the run, or may do so."""


class LockLost(LsnnError):
    """Another process has taken the run over; nothing was written, and it goes on."""


def require_held(target: pathlib.Path) -> None:
    """Raise `LockLost` if this process took the lock of `target`, a real path, and has it no more.

    Who never took it is not concerned, nor is a folder that has vanished: nobody writes there.
    """
    lock = _HELD.get(target)
    if lock is not None and target.parent.is_dir():
        lock.require()


class RunLock:
    """Hold the right to replace the run file at `path`, from entry to exit.

    Entry locks ``NAME.lock`` beside it; the text in it (process number, host, start) tells people
    who holds it, and its token tells other machines. See the module for what is promised.

    * Somebody holds it: `LockHeld` names them.
    * Left by a process that is gone: taken over; `note` says so, `removed` what it had begun.
    * Of another machine and fresh: `LockHeld` with what to do.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self.target = pathlib.Path(os.path.realpath(path))
        self.marker = self.target.with_name(self.target.name + marker.SUFFIX)
        self.note: str | None = None
        self.removed: list[pathlib.Path] = []
        self._me: dict[str, Any] = {}
        self._file = -1
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        """Take the lock, or say who has it."""
        self._me = marker.myself()
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
        _HELD[self.target] = self
        threading.Thread(target=self._renew, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Remove the marker, if it is still this one, and give the lock back."""
        self._ended.set()
        _HELD.pop(self.target, None)
        refused = False
        try:
            if self._is_mine():
                self.marker.unlink()
        except PermissionError:  # Windows, while it is open
            refused = True
        except OSError:  # someone removed it by hand, or its folder is gone
            pass
        os.close(self._file)
        if refused:
            with contextlib.suppress(OSError):
                self.marker.unlink()

    def require(self) -> None:
        """Raise `LockLost` if others see another marker than this one, or none."""
        if self._is_mine():
            return
        raise LockLost(
            f"{printable(self.target)}: another process has taken this run over, or "
            f"{printable(self.marker.name)} was removed; nothing was written, what it wrote stays. "
            "If nobody trains it now, go on with `lsnn resume`"
        )

    def _is_mine(self) -> bool:
        if not marker.is_at(self._file, self.marker):
            return False
        if os.name == "nt":  # where a locked file can be read by its own descriptor alone
            return bool(marker.read_marker(self._file).get("token") == self._me["token"])
        return bool(marker.token_at(self.marker) == self._me["token"])

    def _try(self) -> None:
        """Open and lock the marker, and keep it if it is still the one that others will see."""
        opened = marker.open_marker(self.marker)
        if opened is None:
            return
        file, is_new = opened
        try:
            locked: bool | None = None
            with contextlib.suppress(OSError):  # a file system without locks
                locked = lock_descriptor(file, blocking=False)
            if locked is False:
                raise self._held_by(marker.read_marker(file))
            if not marker.is_at(file, self.marker):
                os.close(file)
                return  # its holder has just ended and removed it
            if not is_new:
                self._take_over(file, certain=locked is True)
            marker.write_marker(file, self._me)
            if not is_new:
                self.removed = fence(self.target)
        except BaseException:
            os.close(file)
            raise
        self._file = file

    def _take_over(self, file: int, certain: bool) -> None:
        """Judge a marker that somebody left; `certain` if the kernel says that nobody holds it."""
        holder = marker.read_marker(file)
        if not certain or (holder and holder.get("kernel") != marker.kernel()):
            silence = marker.now_in(self.marker.parent) - os.fstat(file).st_mtime
            if silence < SILENT_S:
                raise self._held_by(
                    holder,
                    f"; if it has ended, wait {SILENT_S - silence:.0f} s or delete this file",
                )
        who = marker.in_words(holder)
        self.note = f"took over {printable(self.marker)}: {who} has ended"

    def _held_by(self, holder: dict[str, Any], remedy: str = "") -> LockHeld:
        name, who = printable(self.marker), marker.in_words(holder)
        remedy = remedy or "; wait for its end or choose another output"
        return LockHeld(f"{name}: {who} trains into this run{remedy}")

    def _renew(self) -> None:
        """Renew the lease, as long as it is ours: another's is not ours to prolong."""
        while not self._ended.wait(BEAT_S):
            with contextlib.suppress(OSError):
                if self._is_mine():
                    follow = os.utime not in os.supports_follow_symlinks
                    os.utime(self.marker, follow_symlinks=follow)
