"""The guarded reader refuses what is no plain HDF5 file, and follows no links."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path

import h5py
import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files.guarded import open_guarded
from tests.helpers.guarded import nothing, refusal
from tests.helpers.processes import start_python

pytestmark = pytest.mark.timeout(20)  # a reader that follows a link to a FIFO never comes back


# -- files that are none ---------------------------------------------------------------------------


def test_missing_file_is_refused(path):
    refusal(path, nothing, "no such file")


def test_empty_file_is_refused(path):
    path.touch()
    refusal(path, nothing, "is empty")


def test_folder_is_refused(path):
    path.mkdir()
    refusal(path, nothing, "is a folder")


def test_fifo_is_refused_without_waiting_for_a_writer(fifo):
    refusal(fifo, nothing, "FIFO")


def test_device_is_refused():
    refusal(Path("/dev/zero"), nothing, "device")


def test_text_is_refused_and_quoted_without_its_escapes(path):
    path.write_bytes(b"\x1b[2Jhello\n")
    assert "\x1b" not in refusal(path, nothing, "not an HDF5 file", r"\x1b[2J")


def test_zip_archive_is_refused(path):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "b")
    refusal(path, nothing, "not an HDF5 file", "PK")


def test_path_with_a_nul_is_refused():
    with pytest.raises(BadFileError, match="cannot be opened"), open_guarded("a\0b"):
        pass


@pytest.mark.parametrize("keep", [lambda n: n - 1, lambda n: n // 2, lambda n: 9, lambda n: 4])
def test_truncated_file_is_refused(file, path, keep):
    file.close()
    whole = path.read_bytes()
    path.write_bytes(whole[: keep(len(whole))])
    refusal(path, lambda f: f.array("group/plain"))


def test_file_open_for_writing_elsewhere_is_refused(file, path):
    file.flush()
    script = (
        "import sys; from lsnn_core.files.guarded import open_guarded\n"
        "with open_guarded(sys.argv[1]): 0"
    )
    _, errors = start_python(script, str(path)).communicate()
    assert "BadFileError" in errors
    assert "another program is writing" in errors


# -- links -----------------------------------------------------------------------------------------


def test_external_link_is_refused_without_opening_its_target(file, path, fifo):
    file["link"] = h5py.ExternalLink(str(fifo), "/x")
    file.close()
    refusal(path, lambda f: f.array("link"), "external link")
    refusal(path, lambda f: f.has("link"), "external link")
    refusal(path, lambda f: f.children(), "external link")
    refusal(path, lambda f: list(f.walk()), "external link")


def test_link_in_the_middle_of_a_path_is_refused(file, path, fifo):
    file["group/link"] = h5py.ExternalLink(str(fifo), "/")
    file.close()
    refusal(path, lambda f: f.array("group/link/deeper/data"), "external link")


def test_dangling_external_link_is_refused_and_not_taken_for_missing(file, path):
    file["link"] = h5py.ExternalLink("nowhere.h5", "/x")
    file.close()
    refusal(path, lambda f: f.has("link"), "external link")


def test_soft_link_is_refused(file, path, fifo):
    file["hop"] = h5py.ExternalLink(str(fifo), "/x")
    file["soft"] = h5py.SoftLink("/hop")
    file["near"] = h5py.SoftLink("/group")
    file.close()
    refusal(path, lambda f: f.array("soft"), "soft link")
    refusal(path, lambda f: f.array("near/plain"), "soft link")


def test_missing_object_is_named(file, path):
    file.close()
    refusal(path, lambda f: f.array("group/absent"), "group/absent", "is missing")
    refusal(path, lambda f: f.array("group/plain/below"), "is missing")
    refusal(path, lambda f: f.array("../file"), "is missing")
    with open_guarded(path) as guarded:
        assert guarded.has("group/plain")
        assert not guarded.has("group/absent")


def test_group_that_holds_itself_is_refused(file, path):
    file["group/again"] = file["group"]
    file.close()
    refusal(path, lambda f: list(f.walk()), "group/again is group once more")


def test_groups_nested_too_deeply_are_refused(file, path):
    file.create_group("/".join(40 * "g"))
    file.close()
    refusal(path, lambda f: list(f.walk()), "32 nested groups")


def test_too_many_objects_are_refused(file, path, monkeypatch):
    monkeypatch.setattr("lsnn_core.files.objects.MAX_NODES", 2)
    file.close()
    refusal(path, lambda f: list(f.walk()), "past 2 objects")


def test_few_groups_folded_into_millions_of_paths_are_refused_at_once(file, path):
    below = file["group"]
    for level in range(16):
        group = file.create_group(f"level{level}")
        for name in range(10):
            group[str(name)] = below
        below = group
    file.close()
    begun = time.monotonic()
    refusal(path, lambda f: list(f.walk("level15")), "once more")
    assert time.monotonic() - begun < 5


def test_group_with_too_many_members_is_refused(file, path, monkeypatch):
    monkeypatch.setattr("lsnn_core.files.objects.MAX_CHILDREN", 1)
    file["group/second"] = 1
    file.close()
    refusal(path, lambda f: f.children("group"), "members")
