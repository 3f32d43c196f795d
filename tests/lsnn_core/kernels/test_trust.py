"""Compiled kernels are read only from where nobody else could have put them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from lsnn_core.kernels import trust
from lsnn_core.kernels.trust import stranger
from tests.helpers.kernel_program import KernelProgram

SOMEBODY = 54321
as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")


@pytest.fixture(autouse=True)
def forget() -> None:
    stranger.cache_clear()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    folder = tmp_path / "way" / "cache"
    folder.mkdir(parents=True)
    return folder


def test_an_own_folder_is_trusted(cache):
    assert stranger(str(cache)) is None


def test_where_there_are_no_owners_nobody_is_a_stranger(cache, monkeypatch):
    cache.chmod(0o777)
    monkeypatch.delattr(trust.os, "geteuid")
    assert stranger(str(cache)) is None


@pytest.mark.parametrize("mode", [0o777, 0o757, 0o1777])
def test_a_folder_that_everybody_may_write_to_is_not(cache, mode):
    cache.chmod(mode)
    assert stranger(str(cache)) == f"everybody may write to {cache}"


@as_root
def test_a_folder_of_a_group_is_not(cache):
    os.chown(cache, -1, SOMEBODY)
    cache.chmod(0o775)
    assert stranger(str(cache)) == f"group {SOMEBODY} may write to {cache}"


def test_a_folder_on_the_way_that_everybody_may_write_to_is_not(cache):
    cache.parent.chmod(0o777)
    assert stranger(str(cache)) == f"everybody may write to {cache.parent}"
    stranger.cache_clear()
    cache.parent.chmod(0o1777)  # as /tmp
    assert stranger(str(cache)) is None


@as_root
@pytest.mark.parametrize("which", ["cache", "way"])
def test_a_folder_of_another_user_is_not(cache, which):
    owned = cache if which == "cache" else cache.parent
    os.chown(owned, SOMEBODY, -1)
    assert stranger(str(cache)) == f"{owned} belongs to user {SOMEBODY}"


@as_root
def test_a_link_of_another_user_is_not(cache, tmp_path):
    good = tmp_path / "good"
    good.mkdir()
    link = cache / "link"
    link.symlink_to(good)
    assert stranger(str(link)) is None
    stranger.cache_clear()
    os.chown(link, SOMEBODY, -1, follow_symlinks=False)
    assert stranger(str(link)) == f"{link} belongs to user {SOMEBODY}"


def test_where_a_link_leads_is_looked_at_too(cache, tmp_path):
    bad = tmp_path / "bad"
    (bad / "below").mkdir(parents=True)
    bad.chmod(0o777)
    link = cache / "link"
    link.symlink_to("../../bad/below")
    assert stranger(str(link)) == f"everybody may write to {bad}"


@as_root
def test_the_owner_of_the_program_is_trusted(cache, tmp_path, monkeypatch):
    program = tmp_path / "program"
    program.mkdir()
    os.chown(program, SOMEBODY, SOMEBODY)
    os.chown(cache, SOMEBODY, SOMEBODY)
    monkeypatch.setattr(trust, "_SOURCES", program)
    assert stranger(str(cache)) is None


# -- a whole program -------------------------------------------------------------------------------


def started(program: KernelProgram) -> tuple[int, str, str]:
    process = program.start("3")
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def test_a_cache_asked_for_that_others_may_write_to_is_refused(tmp_path):
    program = KernelProgram(tmp_path)
    program.cache.mkdir()
    program.cache.chmod(0o777)
    code, out, err = started(program)
    assert (code, out) == (1, "")
    assert f"NUMBA_CACHE_DIR={program.cache}: everybody may write to {program.cache}" in err
    assert "set NUMBA_CACHE_DIR" in err
    assert not list(program.cache.rglob("*.nb?"))


def test_another_folder_is_used_where_others_may_write_beside_the_sources(tmp_path):
    program = KernelProgram(tmp_path)
    own = program.folder / "__pycache__"
    own.mkdir()
    own.chmod(0o777)
    home = {"NUMBA_CACHE_DIR": "", "PYTHONPATH": "", "XDG_CACHE_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        [sys.executable, str(program.folder / "main.py"), "3"],
        env={**os.environ, **home},
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert (done.stdout, done.stderr) == ("ready\n6 0\n", "")
    assert not list(own.glob("*.nb?"))
    assert list((tmp_path / "home").rglob("*.nbi"))
