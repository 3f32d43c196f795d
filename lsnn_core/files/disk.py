"""Put bytes where a file belongs so that a reader finds the old file or the new one, never a mix.

The bytes go to a temporary file beside the target, are synchronised and read back, and then take
the target's name in one step. A process killed at any moment leaves the target whole and at most a
temporary file, which `remove_orphans` clears away at the next start.
"""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import shutil
from collections.abc import Callable
from typing import Final

from ..errors import LsnnError, UsageError
from ..text import printable
from .lock import LockLost, require_held
from .replacing import hand_on, obstacle
from .temporary import temporary_name

StrPath = str | os.PathLike[str]

_MAX_NAME_BYTES: Final = 255


class NotWritten(LsnnError):
    """A file could not be written; what should have been in it is still in memory only."""


def publish(
    path: StrPath,
    content: bytes,
    verify: Callable[[pathlib.Path], None] = lambda written: None,
) -> None:
    """Replace the file at `path` by `content`, atomically and durably.

    The new file has the mode of the old one, and its owner where we may give it away.

    Parameters
    ----------
    path
        The target; a symbolic link is followed, so that it goes on to point to the new file.
    content
        The whole new file.
    verify
        Called with the temporary file before it takes the target's name; raises if it is not good.

    Raises
    ------
    LockLost
        This process held the target's `RunLock`, and another has taken it over.
    NotWritten
        Disk full, folder gone, read-only ..., or what was written does not read back. The target is
        as it was and the temporary file is gone.
    """
    target = pathlib.Path(os.path.realpath(path))
    temporary = target.with_name(temporary_name(target.name))
    try:
        _write(temporary, content, _stat(target))
        verify(temporary)
        require_held(target)  # after the temporary file is there: see `lock`
        os.replace(temporary, target)
    except LockLost:
        raise
    except OSError as error:
        require_held(target)  # who took the run over has removed the temporary file
        raise _write_error(target, len(content), error) from error
    except LsnnError as error:
        raise NotWritten(
            f"{printable(target)}: was not replaced, what was written reads back wrong: {error}"
        ) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()
    _sync_folder(target.parent)


def check_output(path: StrPath, overwrite: bool = False) -> pathlib.Path:
    """Return the path of a run file that can be written, or say why it cannot.

    Called before training begins, so that hours of work do not end at a mistyped folder. A folder
    that is missing is created.

    Raises
    ------
    UsageError
        The path is a folder or device, exists (unless `overwrite`), cannot be replaced, has too
        long a name, or its folder cannot be made or written to.
    """
    name = printable(path)
    try:
        target = pathlib.Path(os.path.realpath(path))
        if target.is_dir() or os.fspath(path).endswith(os.sep):
            raise UsageError(f"output {name}: is a folder, expected the name of a file")
        if len(os.fsencode(temporary_name(target.name))) > _MAX_NAME_BYTES:
            raise UsageError(f"output {name}: the file's name is too long; choose a shorter one")
        if target.exists() and not target.is_file():
            raise UsageError(f"output {name}: is not a regular file; choose another name")
        if target.exists() and not overwrite:
            raise UsageError(
                f"output {name}: exists; choose another name, or --overwrite to replace it"
            )
        problem = obstacle(target)
        if problem:
            raise UsageError(f"output {name}: {problem}")
        target.parent.mkdir(parents=True, exist_ok=True)
        _probe(target)
    except (OSError, ValueError) as error:
        if isinstance(error, UsageError):
            raise
        problem = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"output {name}: its folder cannot be written to ({problem}); choose another"
        ) from error
    return target


def _write(path: pathlib.Path, content: bytes, before: os.stat_result | None) -> None:
    """Write a new file; nobody else may look into it until it has the mode of the one `before`."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    with open(os.open(path, flags, 0o666 if before is None else 0o600), "wb") as file:
        file.write(content)
        file.flush()
        if before is not None:
            hand_on(before, file.fileno())
        os.fsync(file.fileno())


def _stat(path: pathlib.Path) -> os.stat_result | None:
    try:
        return os.stat(path)
    except FileNotFoundError:
        return None


def _sync_folder(folder: pathlib.Path) -> None:
    """Make the new name survive a power cut, where the file system and our rights allow it."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        if error.errno == errno.EIO:
            raise NotWritten(f"{printable(folder)}: the disk fails ({error.strerror})") from error


def _probe(target: pathlib.Path) -> None:
    """Replace one file by another: permission bits do not tell what a file system can do."""
    old, new = (target.with_name(temporary_name(target.name)) for _ in range(2))
    try:
        old.touch(exist_ok=False)
        new.touch(exist_ok=False)
        os.replace(new, old)
    finally:
        old.unlink(missing_ok=True)
        new.unlink(missing_ok=True)


def _write_error(target: pathlib.Path, needed: int, error: OSError) -> NotWritten:
    try:
        room = f"{needed} bytes are needed, {shutil.disk_usage(target.parent).free} are free"
    except OSError:
        room = f"{needed} bytes are needed"
    before = "the file of before is untouched; " if os.path.exists(target) else ""
    return NotWritten(
        f"{printable(target)}: could not be written ({error.strerror}; {room}); {before}make room "
        "or choose another folder"
    )
