"""What a file is to the one that takes its place: whether it can, and what it hands on to it."""

from __future__ import annotations

import contextlib
import errno
import os
import pathlib
import re
import stat
from typing import Final

_MOUNTS: Final = pathlib.Path("/proc/self/mountinfo")


def obstacle(target: pathlib.Path) -> str | None:
    """Say why no other file can take the name of `target`; None if nothing speaks against it.

    Only a replacement itself would tell for sure. What can be known before: a file that is a mount
    point (as containers make them), another user's in a sticky folder, one that is immutable.
    """
    try:
        file, folder = os.lstat(target), os.stat(target.parent)
    except FileNotFoundError:
        return None
    if os.fsencode(target) in _mount_points():
        return "is mounted by itself, so nothing can replace it; mount its folder instead"
    sticky = folder.st_mode & stat.S_ISVTX
    if sticky and hasattr(os, "geteuid"):
        owners = {0, file.st_uid, folder.st_uid}
        if os.geteuid() not in owners:
            owner = f"user {file.st_uid}"
            return (
                f"belongs to {owner}, who alone may replace it in a sticky folder; choose another"
            )
    if _is_immutable(target):
        return "is immutable or append-only; see `lsattr` and `chattr`, or choose another name"
    return None


def hand_on(before: os.stat_result, descriptor: int) -> None:
    """Give an open new file the mode, and where we may the owner, of the one it will replace."""
    mode = stat.S_IMODE(before.st_mode) & 0o777 | stat.S_IRUSR  # it is read back
    if hasattr(os, "fchown") and not _take_owner(before, descriptor):
        mode = mode & ~0o070 | (mode & 0o007) << 3  # the group is another: it gets what all get
    if os.chmod in os.supports_fd:
        with contextlib.suppress(OSError):  # some file systems know no modes
            os.chmod(descriptor, mode)


def _take_owner(before: os.stat_result, descriptor: int) -> bool:
    """Return whether the group, at least, is that of before."""
    for owner in (before.st_uid, -1):
        now = os.fstat(descriptor)
        if now.st_gid == before.st_gid and owner in (now.st_uid, -1):
            return True
        with contextlib.suppress(OSError):
            os.fchown(descriptor, owner, before.st_gid)
    return os.fstat(descriptor).st_gid == before.st_gid


def _is_immutable(target: pathlib.Path) -> bool:
    """Tell by opening: such a file answers EPERM even to root, a read-only one EACCES."""
    flags = os.O_WRONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
    try:
        os.close(os.open(target, flags))
    except OSError as error:
        return error.errno == errno.EPERM
    return False


def _mount_points() -> set[bytes]:
    """Return where this process sees something mounted; nothing where Linux does not tell."""
    try:
        lines = _MOUNTS.read_bytes().splitlines()
    except OSError:
        return set()
    return {re.sub(rb"\\([0-7]{3})", _character, line.split()[4]) for line in lines}


def _character(escape: re.Match[bytes]) -> bytes:
    return bytes([int(escape[1], 8)])
