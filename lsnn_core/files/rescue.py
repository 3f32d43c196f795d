"""A run that cannot be written where it should be is kept where it can."""

from __future__ import annotations

import contextlib
import os
import pathlib
import shlex
import tempfile
from collections.abc import Callable, Iterator

from ..errors import LsnnError
from ..text import printable


def rescue(path: pathlib.Path, write: Callable[[pathlib.Path], None]) -> pathlib.Path | None:
    """Write under a fresh name in the first folder that takes it; None if none does.

    Tried are the file's own folder, the working folder, home, and the folder of temporary files.
    Nobody else may read what is kept there.

    Parameters
    ----------
    path
        Where it could not be written.
    write
        Replaces the (empty, private) file that it is given.
    """
    for folder in _folders(path):
        kept: pathlib.Path | None = None
        try:
            # at most 160 bytes of the stem, in UTF-8: room for what a temporary name adds
            descriptor, name = tempfile.mkstemp(".h5", f"{path.stem[:40]}.rescued.", folder)
            os.close(descriptor)
            kept = pathlib.Path(name)
            write(kept)
        except (OSError, LsnnError):
            if kept is not None:
                with contextlib.suppress(OSError):
                    kept.unlink()
            continue
        return kept
    return None


def whereabouts(kept: pathlib.Path | None, complete: bool) -> str:
    """Say where a run is now, and what to do with it."""
    if kept is None:
        return "nor can it be kept in the working folder, home or the folder of temporary files"
    if complete:
        return f"the complete run is kept in {printable(kept)}"
    return f"the run is kept: go on with `lsnn resume {shlex.quote(str(kept))}`"


def _folders(path: pathlib.Path) -> Iterator[str]:
    places: tuple[Callable[[], str], ...] = (
        lambda: os.path.dirname(os.path.realpath(path)),
        os.getcwd,
        lambda: str(pathlib.Path.home()),
        tempfile.gettempdir,
    )
    seen: set[str] = set()
    for place in places:
        with contextlib.suppress(OSError, RuntimeError):  # a folder that is gone, no home
            folder = os.path.realpath(place())
            if folder not in seen:
                seen.add(folder)
                yield folder
