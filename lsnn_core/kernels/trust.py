"""Who could put code into a folder: compiled kernels are pickles, and reading one runs it.

Trusted are those who could change this program anyway: its user, root, the owner of its sources,
and a group that may write to them. Any other who may write to a cache's folder, or could exchange
it or a folder or link on the way to it, makes it one that is not read.
"""

from __future__ import annotations

import functools
import os
import pathlib
import stat
from collections.abc import Iterator

_SOURCES = pathlib.Path(__file__).parent
_MAX_LINKS = 40  # as many as Linux follows


@functools.cache
def stranger(folder: str) -> str | None:
    """Say who else could put files into `folder`; None if nobody could, or there are no owners."""
    if not hasattr(os, "geteuid"):
        return None
    trusted = {os.geteuid(), 0, os.stat(_SOURCES).st_uid}
    entries = list(_entries(os.path.abspath(folder)))
    for path, status in entries:
        if status.st_uid not in trusted:
            return f"{path} belongs to user {status.st_uid}"
        if stat.S_ISLNK(status.st_mode):
            continue
        last = path == entries[-1][0]
        shared = _writers(status)
        # In a sticky folder everybody may add, but nobody can exchange what another has there.
        if shared and (last or not status.st_mode & stat.S_ISVTX):
            return f"{shared} may write to {path}"
    return None


def _writers(status: os.stat_result) -> str | None:
    if status.st_mode & stat.S_IWOTH:
        return "everybody"
    if status.st_mode & stat.S_IWGRP and status.st_gid not in _trusted_groups():
        return f"group {status.st_gid}"
    return None


@functools.cache
def _trusted_groups() -> set[int]:
    """Return groups whose members could change this program, or that are one user's own."""
    trusted = {0}
    sources = os.stat(_SOURCES)
    if sources.st_mode & stat.S_IWGRP:
        trusted.add(sources.st_gid)
    try:
        import grp
        import pwd

        user = pwd.getpwuid(os.geteuid())
        group = grp.getgrgid(user.pw_gid)
        if group.gr_name == user.pw_name and not set(group.gr_mem) - {user.pw_name}:
            trusted.add(user.pw_gid)  # as most systems make one for each user
    except (ImportError, KeyError):
        pass
    return trusted


def _entries(path: str) -> Iterator[tuple[str, os.stat_result]]:
    """Yield each folder and link on the way to `path`, which comes last; links are followed."""
    waiting, here, links = pathlib.PurePath(path).parts[::-1], "", 0
    stack = list(waiting)
    while stack:
        here = os.path.join(here, stack.pop())
        status = os.lstat(here)
        yield here, status
        if stat.S_ISLNK(status.st_mode):
            links += 1
            if links > _MAX_LINKS:
                raise OSError(f"{path}: leads through too many links")
            target = os.path.normpath(os.path.join(os.path.dirname(here), os.readlink(here)))
            stack += pathlib.PurePath(target).parts[::-1]
            here = ""
