"""What lies where a marker should be, and is none."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lsnn_core.files import marker
from tests.helpers.locks import refusal

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "run.h5"


@pytest.mark.parametrize("there", [True, False])
def test_a_link_is_never_followed(path, there):
    target = path.with_name("precious")
    if there:
        target.write_text("precious")
    path.with_name("run.h5.lock").symlink_to(target)
    assert "cannot be locked" in refusal(path)
    assert target.read_text() == "precious" if there else not target.exists()


def test_a_file_of_another_name_is_not_written_to(path):
    target = path.with_name("precious")
    target.write_text("precious")
    path.with_name("run.h5.lock").hardlink_to(target)
    assert "not a file of its own" in refusal(path)
    assert target.read_text() == "precious"


def test_a_fifo_is_not_waited_for(path):
    os.mkfifo(path.with_name("run.h5.lock"))
    assert "not a file of its own" in refusal(path)


def test_a_folder_is_refused(path):
    path.with_name("run.h5.lock").mkdir()
    assert "cannot be locked" in refusal(path)


def test_a_folder_that_is_missing_is_refused(path):
    assert "cannot be locked" in refusal(path.parent / "absent" / "run.h5")


def test_each_marker_has_a_token_of_its_own(path):
    lock = path.with_name("run.h5.lock")
    assert marker.token_at(lock) is None
    file, is_new = marker.open_marker(lock)
    first, second = marker.myself(), marker.myself()
    marker.write_marker(file, first)
    assert is_new
    assert marker.token_at(lock) == first["token"] != second["token"]
    marker.write_marker(file, {"token": 7})
    assert marker.token_at(lock) is None
    os.close(file)
