"""A file is replaced whole or not at all, and a bad output path is refused before any work."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest

from lsnn_core.errors import LsnnError, UsageError
from lsnn_core.files import check_output, disk
from lsnn_core.files.disk import publish

NOBODY = 65534


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "run.h5").write_bytes(b"old")
    return tmp_path / "run.h5"


def files(path: Path) -> list[str]:
    return sorted(p.name for p in path.parent.iterdir())


# -- publish ---------------------------------------------------------------------------------------


def test_file_is_replaced(path):
    publish(path, b"new")
    assert path.read_bytes() == b"new"
    assert files(path) == ["run.h5"]


def test_file_is_created(tmp_path):
    publish(tmp_path / "first", b"new")
    assert (tmp_path / "first").read_bytes() == b"new"


def test_what_is_verified_is_what_will_be_there(path):
    seen = []

    def verify(temporary):
        seen.append((temporary.parent, temporary.read_bytes(), path.read_bytes()))

    publish(path, b"new", verify)
    assert seen == [(path.parent, b"new", b"old")]


def test_file_that_reads_back_wrong_is_not_published(path):
    def verify(temporary):
        raise LsnnError("chunk 3 is damaged")

    with pytest.raises(LsnnError, match=r"run\.h5: was not replaced.*chunk 3"):
        publish(path, b"new", verify)
    assert path.read_bytes() == b"old"
    assert files(path) == ["run.h5"]


def test_interrupt_leaves_the_old_file_and_no_rubbish(path):
    def verify(temporary):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(path, b"new", verify)
    assert path.read_bytes() == b"old"
    assert files(path) == ["run.h5"]


def test_symbolic_link_goes_on_to_point_at_the_new_file(path):
    link = path.with_name("link.h5")
    link.symlink_to("run.h5")
    publish(link, b"new")
    assert link.is_symlink()
    assert path.read_bytes() == b"new"


def test_everything_is_synchronised_before_and_after_the_rename(path, monkeypatch):
    calls = []
    replace, fsync = os.replace, os.fsync

    def spy_fsync(descriptor):
        calls.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    def spy_replace(source, target):
        calls.append("replace")
        replace(source, target)

    monkeypatch.setattr(disk.os, "fsync", spy_fsync)
    monkeypatch.setattr(disk.os, "replace", spy_replace)
    publish(path, b"new")
    temporary, *rest = calls
    assert temporary.name.startswith("run.h5.tmp.")
    assert rest == ["replace", path.parent]


# -- output paths ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["run.h5", "with blank.h5", "größe Δ.h5", "-dash.h5", "x" * 200])
def test_good_output_is_accepted_and_leaves_nothing_behind(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    assert check_output(name) == tmp_path / name
    assert list(tmp_path.iterdir()) == []


def test_missing_folder_is_created(tmp_path):
    check_output(tmp_path / "a" / "b" / "run.h5")
    assert (tmp_path / "a" / "b").is_dir()


def test_existing_file_is_refused_unless_overwritten(path):
    with pytest.raises(UsageError, match=r"exists.*--overwrite"):
        check_output(path)
    assert check_output(path, overwrite=True) == path
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("", "is a folder"),
        (".", "is a folder"),
        ("new/", "is a folder"),
        ("run.h5/below", "cannot be written to"),
        ("n" * 230, "too long"),
        ("n" * 5000, "too long"),
        ("/".join(["deep" * 20] * 60), "cannot be written to"),
        ("a\0b", "cannot be written to"),
        ("/proc/run.h5", "cannot be written to"),
        ("/proc/new/run.h5", "cannot be written to"),
        ("/dev/null", "not a regular file"),
    ],
)
def test_impossible_output_is_refused(path, monkeypatch, name, problem):
    monkeypatch.chdir(path.parent)
    with pytest.raises(UsageError, match=problem) as caught:
        check_output(name, overwrite=True)
    assert str(caught.value).isprintable()
    assert files(path) == ["run.h5"]


def test_read_only_folder_is_refused():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o555)
        user = os.geteuid()
        if user == 0:  # nothing is read-only to root
            os.seteuid(NOBODY)
        try:
            with pytest.raises(UsageError, match="Permission denied"):
                check_output(Path(name) / "run.h5")
        finally:
            os.seteuid(user)
        Path(name).chmod(0o755)
