"""The temporary files from which a file is replaced: their names, and those that are left over."""

from __future__ import annotations

import contextlib
import os
import pathlib
import re
import secrets
import socket
import zlib
from collections.abc import Iterator
from typing import Final

UNKNOWN: Final = "?"
_NAME: Final = re.compile(r"\.tmp\.(?P<host>[0-9a-f]{8})\.(?P<pid>[0-9]+)\.[0-9a-f]{8}")


def temporary_name(name: str) -> str:
    """Return a name in the same folder that no process has used, with our host and number in it."""
    return f"{name}.tmp.{host_digits()}.{os.getpid()}.{secrets.token_hex(4)}"


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


def remove_orphans(path: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Remove the temporary files that dead processes of this host left beside `path`.

    Returns those removed. Files of processes that live, or of another host, are left alone.
    """
    return [
        sibling
        for sibling, match in _left_beside(path)
        if match["host"] == host_digits()
        and start_of_process(int(match["pid"])) is None
        and _removed(sibling)
    ]


def fence(path: str | os.PathLike[str]) -> list[pathlib.Path]:
    """Remove all temporary files beside `path`: nobody can replace it by what he has begun.

    Returns those removed.
    """
    return [sibling for sibling, _ in _left_beside(path) if _removed(sibling)]


def host_digits() -> str:
    """Return this host's name as eight digits: a folder may be shared by several hosts."""
    return f"{zlib.crc32(socket.gethostname().encode()):08x}"


def _left_beside(path: str | os.PathLike[str]) -> Iterator[tuple[pathlib.Path, re.Match[str]]]:
    target = pathlib.Path(os.path.realpath(path))
    siblings: list[pathlib.Path] = []
    with contextlib.suppress(OSError):
        siblings = sorted(p for p in target.parent.iterdir() if p.name.startswith(target.name))
    for sibling in siblings:
        match = _NAME.fullmatch(sibling.name.removeprefix(target.name))
        if match:
            yield sibling, match


def _removed(path: pathlib.Path) -> bool:
    with contextlib.suppress(OSError):
        path.unlink()
        return True
    return False
