"""A run that cannot be written where it should be is kept where it can, for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from lsnn_core.errors import LsnnError
from lsnn_core.files import publish
from lsnn_core.files.rescue import rescue, whereabouts


@pytest.fixture
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    names = ("own", "working", "home", "temporary")
    found = {name: tmp_path / name for name in names}
    for folder in found.values():
        folder.mkdir()
    monkeypatch.chdir(found["working"])
    monkeypatch.setenv("HOME", str(found["home"]))
    monkeypatch.setattr("tempfile.tempdir", str(found["temporary"]))
    return found


def refusing(*folders: Path):
    """Return a writer for which these folders are full."""

    def write(path: Path) -> None:
        if path.parent in folders:
            raise LsnnError("full")
        path.write_bytes(b"run")

    return write


@pytest.mark.parametrize("full", range(4))
def test_the_first_folder_that_takes_it_keeps_it(places, full):
    folders = list(places.values())
    kept = rescue(places["own"] / "run.h5", refusing(*folders[:full]))
    assert kept is not None
    assert kept.parent == folders[full]
    assert kept.name.startswith("run.rescued.")
    assert kept.read_bytes() == b"run"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert [file for folder in folders for file in folder.iterdir()] == [kept]


@pytest.mark.parametrize("letter", ["a", "\N{CJK UNIFIED IDEOGRAPH-4E2D}", "\N{BRAIN}"])
def test_a_long_name_is_cut_to_what_a_file_system_takes(places, letter):
    name = letter * (213 // len(letter.encode())) + ".h5"  # as long as `check_output` lets pass
    kept = rescue(places["own"] / name, lambda path: publish(path, b"run"))

    assert kept is not None
    assert kept.read_bytes() == b"run"


def test_nothing_is_left_where_none_takes_it(places):
    folders = list(places.values())
    assert rescue(places["own"] / "run.h5", refusing(*folders)) is None
    assert not [file for folder in folders for file in folder.iterdir()]
    assert "nor can it be kept" in whereabouts(None, False)


def test_folders_that_are_gone_are_passed_by(places, tmp_path):
    places["own"].rmdir()
    places["working"].rmdir()  # the one we are in
    kept = rescue(places["own"] / "run.h5", refusing())
    assert kept is not None
    assert kept.parent == places["home"]


def test_words_tell_how_to_go_on():
    assert "`lsnn resume '/with blank/x.h5'`" in whereabouts(Path("/with blank/x.h5"), False)
    assert "complete run is kept in /x.h5" in whereabouts(Path("/x.h5"), True)
