"""A new file is to others what the old one was; one that cannot be replaced is known before."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import check_output, replacing
from lsnn_core.files.disk import publish

NOBODY, SOMEBODY = 65534, 54321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run.h5").write_bytes(b"old")
    return tmp_path / "run.h5"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that other users come to: not below pytest's own, which is private."""
    with tempfile.TemporaryDirectory() as name:
        yield Path(name)


@contextmanager
def acting_as(user: int) -> Iterator[None]:
    os.setegid(user)
    os.seteuid(user)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.mark.parametrize("kept", [0o600, 0o640, 0o664, 0o444])
def test_mode_of_the_file_of_before_is_kept(path, kept):
    path.chmod(kept)
    publish(path, b"new")
    assert mode(path) == kept
    assert path.read_bytes() == b"new"


def test_nobody_looks_into_a_private_file_while_it_is_written(path):
    path.chmod(0o600)
    seen: list[int] = []
    publish(path, b"new", lambda temporary: seen.append(mode(temporary)))
    assert seen == [0o600]


def test_a_first_file_has_the_usual_mode(tmp_path):
    (tmp_path / "usual").touch()
    publish(tmp_path / "first", b"new")
    assert mode(tmp_path / "first") == mode(tmp_path / "usual")


@as_root
def test_owner_is_kept_where_we_may_give_files_away(path):
    os.chown(path, SOMEBODY, SOMEBODY)
    publish(path, b"new")
    assert (path.stat().st_uid, path.stat().st_gid) == (SOMEBODY, SOMEBODY)


@as_root
def test_another_group_gets_no_more_than_all_others(shared):
    shared.chmod(0o777)
    path = shared / "run.h5"
    path.touch()
    path.chmod(0o664)
    with acting_as(NOBODY):
        publish(path, b"new")
    assert (path.stat().st_uid, mode(path)) == (NOBODY, 0o644)


def test_a_file_mounted_by_itself_is_refused(path, monkeypatch):
    # given: what a container's kernel tells of a run file that was mounted into it
    blank = path.with_name("with blank.h5")
    blank.write_bytes(b"old")
    mounts = path.with_name("mountinfo")
    spelt = str(blank).replace(" ", r"\040")
    mounts.write_text(f"22 1 8:1 / / rw - ext4 /dev/sda rw\n23 22 8:1 /x {spelt} rw - ext4 x rw\n")
    monkeypatch.setattr(replacing, "_MOUNTS", mounts)
    # then
    assert check_output(path, overwrite=True) == path
    with pytest.raises(UsageError, match="mounted by itself"):
        check_output(blank, overwrite=True)


@as_root
def test_a_file_really_mounted_by_itself_is_refused(path):
    source = path.with_name("source")
    source.touch()
    mount = ["unshare", "--mount", "sh", "-c"]
    script = (
        f"mount --bind {source} {path} && exec {sys.executable} -c 'import pathlib, sys; "
        f'sys.path.insert(0, "{Path(replacing.__file__).parents[2]}"); '
        "from lsnn_core.files.replacing import obstacle; "
        f'print(obstacle(pathlib.Path("{path}")))\''
    )
    done = subprocess.run([*mount, script], capture_output=True, text=True)
    if "ermi" in done.stderr or "not found" in done.stderr:
        pytest.skip(f"no mounts here: {done.stderr}")
    assert "mounted by itself" in done.stdout, done.stderr


@as_root
def test_another_users_file_in_a_sticky_folder_is_refused(shared):
    shared.chmod(0o1777)
    path = shared / "run.h5"
    path.touch()
    os.chown(path, SOMEBODY, SOMEBODY)
    with acting_as(NOBODY):
        with pytest.raises(UsageError, match=f"user {SOMEBODY}, who alone may replace it"):
            check_output(path, overwrite=True)
        assert check_output(shared / "own.h5", overwrite=True)
    with acting_as(SOMEBODY):
        check_output(path, overwrite=True)


def test_an_immutable_file_is_refused(path, monkeypatch):
    def refuse(name, flags, *rest, **named):
        if Path(name) == path:
            raise OSError(errno.EPERM, "Operation not permitted")
        return real(name, flags, *rest, **named)

    real = os.open
    monkeypatch.setattr(replacing.os, "open", refuse)
    with pytest.raises(UsageError, match="immutable"):
        check_output(path, overwrite=True)


def test_a_file_that_may_only_be_read_can_be_replaced(path):
    path.chmod(0o444)
    assert check_output(path, overwrite=True) == path


def test_a_folder_in_which_nothing_can_be_replaced_is_refused(path, monkeypatch):
    def refuse(source, target):
        raise OSError(errno.EXDEV, "Invalid cross-device link")

    monkeypatch.setattr(replacing.os, "replace", refuse)
    with pytest.raises(UsageError, match="cross-device"):
        check_output(path, overwrite=True)
    assert list(path.parent.iterdir()) == [path]
