"""What is in an HDF5 file: groups, links, names and attributes, each looked at before it is opened.

Nothing here follows a link that is not a hard one, or reads a dataset.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import h5py  # type: ignore[import-untyped,unused-ignore]

from ..errors import BadFileError
from ..text import printable
from . import rules
from .rules import Attribute

MAX_CHILDREN: Final = 10_000
MAX_NODES: Final = 100_000
MAX_DEPTH: Final = 32


class DamagedFileError(BadFileError):
    """What the HDF5 library itself says of a file.

    On its way out of such an error it may free what it never set (1.14.6 does, at a wrong checksum
    in a large group): who has seen one must not go on to read other files.
    """


class FileObjects:
    """The objects of an open HDF5 file by their paths; `GuardedFile` reads what they hold."""

    def __init__(self, name: str, file: Any) -> None:
        self.name = name
        self._file = file

    def has(self, path: str) -> bool:
        """Tell whether a group or dataset is at `path`."""
        return self._find(path) is not None

    def children(self, path: str = "/") -> list[str]:
        """Return the sorted names in a group; they are the file's own and may hold anything."""
        group = self._require(path)
        if not isinstance(group, h5py.Group):
            raise self.bad(path, "is not a group")
        with self.reading(path):
            if len(group) > MAX_CHILDREN:
                raise self.bad(path, f"has {len(group)} members, more than {MAX_CHILDREN}")
            names = sorted(map(decoded, group))
        for child in names:
            self._check_link(group, child, f"{path.rstrip('/')}/{child}")
        return names

    def walk(self, path: str = "/") -> Iterator[tuple[str, bool]]:
        """Yield (path, is it a dataset) of everything below the group at `path`, sorted.

        Hard links may tie a knot or fold a few groups into millions of paths: an object with two
        names is refused.
        """
        waiting: list[str] = [path.strip("/")]
        seen: dict[int, str] = {}
        while waiting:
            here = waiting.pop()
            node = self._require(here)
            with self.reading(here):
                address = h5py.h5o.get_info(node.id).addr
            if address in seen:
                raise self.bad(
                    here,
                    f"is {printable(seen[address] or '/')} once more (a second "
                    "hard link); copy the data instead",
                )
            if len(seen) == MAX_NODES or here.count("/") > MAX_DEPTH:
                raise self.bad(here, f"is past {MAX_NODES} objects or {MAX_DEPTH} nested groups")
            seen[address] = here
            is_dataset = isinstance(node, h5py.Dataset)
            if len(seen) > 1:
                yield here, is_dataset
            if not is_dataset:
                waiting += [f"{here}/{name}".lstrip("/") for name in self.children(here)[::-1]]

    def bad(self, path: str, problem: str) -> BadFileError:
        """Return the error that says what is wrong with the object at `path`."""
        return BadFileError(f"{self.name}: {printable(path)} {problem}")

    def _find(self, path: str) -> Any:
        """Walk to `path` one hard link at a time; None if a component is missing.

        h5py's own ``name in group`` and ``group.get(name, getlink=True)`` will not do: they open
        what a link points to before they say what kind of link it is.
        """
        node: Any = self._file
        for part in filter(None, path.split("/")):
            if not isinstance(node, h5py.Group) or part in (".", ".."):
                return None
            with self.reading(path):
                if not node.id.links.exists(_encoded(part)):
                    return None
            self._check_link(node, part, path)
            with self.reading(path):
                node = _wrapped(h5py.h5o.open(node.id, _encoded(part)))
        return node

    def _require(self, path: str) -> Any:
        node = self._find(path)
        if node is None:
            raise self.bad(path, "is missing; was this file written by another program?")
        return node

    def _check_link(self, group: Any, name: str, path: str) -> None:
        with self.reading(path):
            kind = group.id.links.get_info(_encoded(name)).type
        if kind != h5py.h5l.TYPE_HARD:
            known = {h5py.h5l.TYPE_SOFT: "a soft", h5py.h5l.TYPE_EXTERNAL: "an external"}
            shown = known.get(kind, f"a class-{kind}")
            raise self.bad(path, f"leads through {shown} link, never followed; copy the data in")

    def _attribute(self, owner: Any, name: str, path: str) -> Attribute | None:
        if name in rules.NEVER_OPENED and isinstance(owner, h5py.Dataset):
            return None
        where = f"attribute {name!r} of {path}"
        with self.reading(where):
            key = _encoded(name)  # h5py looks up text that is not UTF-8 in its bytes only
            if key not in owner.attrs:
                return None
            identifier = owner.attrs.get_id(key)
            problem = rules.attribute_problem(identifier)
            if problem:
                raise self.bad(where, problem)
            return rules.plain_attribute(owner.attrs[key], identifier.dtype)

    @contextmanager
    def reading(self, path: str) -> Iterator[None]:
        """Turn what the library raises on `path` into our own refusal."""
        try:
            yield
        except rules.LIBRARY_ERRORS as error:
            refusal = self.bad(path, f"cannot be read: {rules.reason(error)}")
            raise damaged(refusal, error) from error


def damaged(refusal: BadFileError, error: BaseException) -> BadFileError:
    """The refusal as one of the library's; running out of memory or a lock says nothing of it."""
    if isinstance(error, MemoryError | BlockingIOError):
        return refusal
    return DamagedFileError(str(refusal))


def _wrapped(identifier: Any) -> Any:
    if isinstance(identifier, h5py.h5g.GroupID):
        return h5py.Group(identifier)
    if isinstance(identifier, h5py.h5d.DatasetID):
        return h5py.Dataset(identifier)
    return h5py.Datatype(identifier)


def decoded(name: str | bytes) -> str:
    """Return a name as text; h5py leaves one that is not UTF-8 as bytes."""
    return name if isinstance(name, str) else name.decode("utf-8", "surrogateescape")


def _encoded(name: str) -> bytes:
    return name.encode("utf-8", "surrogateescape")
