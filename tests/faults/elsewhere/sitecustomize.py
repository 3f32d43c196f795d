"""Take away what Python has on Linux only, or on POSIX systems only, from this process.

Python imports this file at its start if the folder is on PYTHONPATH, so that the processes which a
program starts lack the same. LSNN_TEST_SYSTEM says which system's gaps to make: "macos" or
"windows".
"""

from __future__ import annotations

import builtins
import io
import os
import signal
import sys
import warnings
from typing import Any

LINUX_ONLY = {
    os: ["sched_getaffinity", "sched_setaffinity", "posix_fadvise", "memfd_create", "fdatasync"],
    signal: ["SIGRTMIN", "SIGRTMAX", "SIGSTKFLT", "SIGPWR"],
}
POSIX_ONLY = {
    os: [
        "fork", "forkpty", "getuid", "geteuid", "getgid", "getegid", "getgroups", "getloadavg",
        "chown", "lchown", "fchown", "fchmod", "mkfifo", "mknod", "killpg", "getpgid", "setsid",
        "nice", "pread", "pwrite", "sysconf", "O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK",
        "O_CLOEXEC", "O_SYNC",
    ],
    signal: [
        "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGALRM", "SIGPIPE", "SIGQUIT", "SIGTSTP", "SIGCONT",
        "alarm", "setitimer", "pause", "pthread_sigmask", "sigwait", "siginterrupt",
    ],
}  # fmt: skip
POSIX_MODULES = ["fcntl", "resource", "pwd", "grp", "termios", "tty", "pty", "syslog"]


def take_away(names: dict[Any, list[str]]) -> None:
    for module, missing in names.items():
        for name in missing:
            if hasattr(module, name):
                delattr(module, name)
            signal.Signals._member_map_.pop(name, None)


def without_proc(function: Any) -> Any:
    """`function`, for which there is no /proc."""

    def elsewhere(path: Any, *arguments: Any, **options: Any) -> Any:
        if isinstance(path, str | os.PathLike) and os.fspath(path).startswith("/proc"):
            raise FileNotFoundError(2, "No such file or directory", os.fspath(path))
        return function(path, *arguments, **options)

    return elsewhere


def without_folders(function: Any) -> Any:
    """`os.open` of Windows, which opens no folder (other than for Linux' nameless files)."""

    def elsewhere(path: Any, flags: int, *arguments: Any, **options: Any) -> Any:
        nameless = flags & os.O_TMPFILE == os.O_TMPFILE
        if isinstance(path, str | os.PathLike) and os.path.isdir(path) and not nameless:
            raise PermissionError(13, "Permission denied", os.fspath(path))
        return function(path, flags, *arguments, **options)

    return elsewhere


def while_closed(function: Any) -> Any:
    """A function that on Windows fails for a file that is open, in this process or another."""
    listdir, fstat, stat = os.listdir, os.fstat, os.stat

    def is_open(path: Any) -> bool:
        for number in listdir("/proc/self/fd"):
            try:
                if os.path.samestat(fstat(int(number)), stat(path)):
                    return True
            except OSError:
                continue  # the number of the list itself, or no such path
        return False

    def elsewhere(*paths: Any, **options: Any) -> Any:
        for path in paths:
            if is_open(path):
                raise PermissionError(13, "used by a process (as on Windows)", os.fspath(path))
        return function(*paths, **options)

    return elsewhere


def never_probing(kill: Any) -> Any:
    """`os.kill` of Windows, which ends a process whatever the signal."""

    def elsewhere(pid: int, number: int) -> None:
        if number == 0:
            raise AssertionError("on Windows os.kill(pid, 0) ends the process")
        kill(pid, number)

    return elsewhere


system = os.environ["LSNN_TEST_SYSTEM"]
take_away(LINUX_ONLY)
if system == "windows":
    take_away(POSIX_ONLY)
    sys.modules.update(dict.fromkeys(POSIX_MODULES))  # None: importing it fails
    for name in ("replace", "rename", "unlink", "remove"):
        setattr(os, name, while_closed(getattr(os, name)))
    # There a text is not UTF-8 unless it is said so; the run lock reads /proc alone, so nothing.
    ours = r"(lsnn_core|tasks|analysis)\b"
    warnings.filterwarnings("error", category=EncodingWarning, module=ours)
    os.open = without_folders(os.open)
    os.kill = never_probing(os.kill)
builtins.open = io.open = without_proc(io.open)
os.open, os.stat, os.listdir = map(without_proc, (os.open, os.stat, os.listdir))
