"""What a run file holds beside its run: its owner's notes and arrays, kept in each rewriting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np

from ..errors import BadFileError
from ..text import name_problem, printable
from . import schema
from .digest import DIGEST, OF_RUNS
from .guarded import CHECKSUM
from .reader import RunFile
from .rules import Attribute
from .schema import Tree

WRITERS_OWN = frozenset({CHECKSUM, DIGEST, "dims", "units", "description"})
"""Attributes that the writer gives each dataset anew."""


class Extras(NamedTuple):
    """What to write again beside the run, and a line on each thing that cannot be."""

    tree: Tree
    attributes: dict[str, dict[str, Any]]  # by path; "" are those of the file
    lost: list[str]


NONE = Extras({}, {}, [])


def read_extras(file: RunFile, own: Iterable[str]) -> Extras:
    """Read everything but the paths `own`, which the run writes itself, and its recordings.

    Recordings show the weights that were: the program makes them anew when it is done.
    """
    written = {part for path in own for part in _and_above(path)}
    extras = Extras({}, {}, [])
    _keep_attributes(file, "", extras, OF_RUNS)
    nameless = ""
    for path, is_dataset in file.walk():
        if path in written or _is_recording(path) or (is_dataset and file.is_axis(path)):
            continue
        *groups, name = path.split("/")
        if nameless and path.startswith(nameless):
            continue  # what is below is lost with its group
        problem = name_problem(name)
        if problem:
            nameless = f"{path}/"
            extras.lost.append(f"{printable(path)} {problem}")
            continue
        try:
            value: Any = _storable(file, path) if is_dataset else {}
        except BadFileError as error:
            if path.startswith("resume/"):
                raise  # evaluating must not cost a damaged run what another copy could repair
            extras.lost.append(str(error).removeprefix(f"{file.name}: "))
            continue
        home: Any = extras.tree
        for group in groups:
            home = home.setdefault(group, {})
        home[name] = value
        _keep_attributes(file, path, extras, WRITERS_OWN)
    return extras


def merged(extra: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    """Return both trees in one; where both have something, what `tree` has."""
    result = {**extra, **tree}
    for name in extra.keys() & tree.keys():
        if isinstance(extra[name], Mapping) and isinstance(tree[name], Mapping):
            result[name] = merged(extra[name], tree[name])
    return result


def paths(tree: Mapping[str, Any], above: str = "") -> Iterable[str]:
    """Yield the paths of all datasets of a tree."""
    for name, value in tree.items():
        if isinstance(value, Mapping):
            yield from paths(value, f"{above}{name}/")
        else:
            yield f"{above}{name}"


def _and_above(path: str) -> Iterable[str]:
    while path:
        yield path
        path = path.rpartition("/")[0]


def _is_recording(path: str) -> bool:
    top, _, rest = path.partition("/")
    if top == "spikes":
        return rest == "" or rest.split("/")[0] in schema.POPULATIONS
    return top == "recordings" and (rest == "" or schema.lookup(path) is not None)


def _storable(file: RunFile, path: str) -> Any:
    value = file.value(path)
    if isinstance(value, str) and "\0" in value:
        raise file.bad(path, "holds NUL characters")
    return value


def _keep_attributes(file: RunFile, path: str, extras: Extras, others: frozenset[str]) -> None:
    try:
        attributes = file.all_attributes(path)
    except BadFileError as error:
        extras.lost.append(str(error).removeprefix(f"{file.name}: "))
        return
    kept = {k: v for k, v in attributes.items() if k not in others and _is_plain(v)}
    if kept:
        extras.attributes[path] = kept


def _is_plain(value: Attribute) -> bool:
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "iuf"
    return not isinstance(value, str) or "\0" not in value
