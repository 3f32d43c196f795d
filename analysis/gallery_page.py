"""The gallery: every figure drawn from result files, on a page that says what to see.

`gallery.toml` tells which figures there are and which runs each is drawn from.
"""

from __future__ import annotations

import fnmatch
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsnn_core import plugins
from lsnn_core.errors import UsageError
from lsnn_core.files import publish

from .reading.run import open_run

HERE = Path(__file__).parent
PAGE = "GALLERY.md"
PICTURES = "gallery"


@dataclass(frozen=True)
class Picture:
    """One entry of `gallery.toml`, see there."""

    figure: str
    title: str
    runs: tuple[str, ...]
    train: str
    see: str
    many: bool = True
    one_of_each: bool = False
    folder: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class ResultFile:
    """A result file and the name that `Picture.runs` is compared with."""

    path: Path
    name: str
    seed: int


def pictures() -> tuple[Picture, ...]:
    """What the gallery shows, in its order."""
    text = (HERE / "gallery.toml").read_text(encoding="utf-8")
    return tuple(_picture(entry) for entry in tomllib.loads(text)["picture"])


def result_files(folder: Path) -> tuple[ResultFile, ...]:
    """Return the run files and measurements in a folder, by name and seed.

    Raises
    ------
    UsageError
        If there is no such folder.
    BadFileError
        If a run file is damaged.
    """
    if not folder.is_dir():
        raise UsageError(f"results {str(folder)!r}: no such folder; name one with --results")
    files = [ResultFile(path, path.name, 0) for path in folder.glob("*.json")]
    for path in folder.glob("*.h5"):
        with open_run(path) as run:
            files.append(ResultFile(path, run.recipe, run.seed))
    return tuple(sorted(files, key=lambda file: (file.name, file.seed, file.path.name)))


def chosen(picture: Picture, files: Sequence[ResultFile]) -> list[ResultFile]:
    """Return the files that a picture is drawn from, the preferred names first."""
    matching: list[ResultFile] = []
    for pattern in picture.runs:
        fresh = [
            file
            for file in files
            if file not in matching
            and fnmatch.fnmatchcase(file.name, pattern)
            and (file.path.suffix == ".json") == pattern.endswith(".json")
        ]
        matching += fresh[:1] if picture.one_of_each else fresh
    return matching if picture.many else matching[:1]


def files_of(picture: Picture, results: Path) -> list[ResultFile]:
    """Return the files in a folder of results that a picture is drawn from."""
    if picture.folder and not (results / picture.folder).is_dir():
        return []
    return chosen(picture, result_files(results / picture.folder))


def draw_gallery(results: Path, out: Path) -> Iterator[str]:
    """Draw all figures into ``out/gallery`` and write the page ``out/GALLERY.md``.

    Yields a line for each figure as it is drawn, or that has no result file yet.
    """
    result_files(results)  # what is wrong with one is said before anything is drawn
    (out / PICTURES).mkdir(parents=True, exist_ok=True)
    parts = [_HEAD]
    for picture in pictures():
        shown = files_of(picture, results)
        if not shown:
            parts.append(_section(picture, "", f"No result file yet: `{picture.train}`."))
            yield f"{picture.figure}: no result file in {results}; make one with: {picture.train}"
            continue
        figure = plugins.load(plugins.FIGURES, picture.figure)
        for ending in ("png", *picture.also):
            target = out / PICTURES / f"{picture.figure}.{ending}"
            figure.draw([str(file.path) for file in shown], str(target))
            yield str(target)
        parts.append(_section(picture, _names(shown, results), _image(picture)))
    publish(out / PAGE, "\n".join(parts).encode())
    yield str(out / PAGE)


def _picture(entry: dict[str, Any]) -> Picture:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    named = {**entry, **lists}
    return Picture(**named)


_HEAD = """# Gallery

Every picture below is drawn from run files by `lsnn gallery`, which also writes this page. Ours are
in a clone of the repository: `analysis/results`. `lsnn gallery --results FOLDER` takes any others,
and `lsnn figure NAME RUN.h5 ...` draws one picture.
"""


def _names(shown: Sequence[ResultFile], results: Path) -> str:
    return " ".join(file.path.relative_to(results).as_posix() for file in shown)


def _section(picture: Picture, names: str, body: str) -> str:
    lines = [f"## {picture.title}", "", picture.see, "", body, ""]
    if names:
        lines += [f"`lsnn figure {picture.figure} {names}`", ""]
    return "\n".join(lines)


def _image(picture: Picture) -> str:
    links = [f"![{picture.title}]({PICTURES}/{picture.figure}.png)"]
    more = [f"[.{ending}]({PICTURES}/{picture.figure}.{ending})" for ending in picture.also]
    return "\n\n".join([*links, *(["Also as " + " and ".join(more) + "."] if more else [])])
