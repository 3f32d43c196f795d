"""The file of a network alone: connections, neurons and constants, without a run."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from ..errors import BadFileError, UsageError
from ..lookover import look_over
from ..text import printable
from .disk import StrPath, check_output
from .guarded import GuardedFile, open_guarded
from .schema import TreeLike
from .writer import AttributeLike, write_tree

SCHEMA: Final = "lsnn-network"
SCHEMA_VERSION: Final = 1


def write_network(
    path: StrPath,
    tree: TreeLike,
    attributes: Mapping[str, Mapping[str, AttributeLike]],
    overwrite: bool = False,
) -> None:
    """Write a network's arrays and, by group, attributes; see `write_tree`.

    Raises `UsageError` if there is a file at `path`, unless it may be overwritten.
    """
    if not overwrite and os.path.lexists(path):
        raise UsageError(f"{printable(path)}: exists; overwrite=True replaces it")
    check_output(path, overwrite=True)
    about: dict[str, AttributeLike] = {"schema": SCHEMA, "schema_version": SCHEMA_VERSION}
    write_tree(path, tree, about, attributes)


@contextmanager
def open_network(path: StrPath) -> Iterator[GuardedFile]:
    """Open the file of a network.

    Raises
    ------
    BadFileError
        The file cannot be read, or is not an ``lsnn-network`` of a version that is known.
    """
    look_over(path)
    with open_guarded(path) as file:
        found = file.attribute("schema")
        if found != SCHEMA:
            what = "no schema attribute" if found is None else printable(str(found))
            raise BadFileError(
                f"{file.name}: not an {SCHEMA} (found {what}); "
                "LSNN.save writes one, and LSNN.from_run reads a run file"
            )
        version = file.integer_attribute("schema_version", "/", 1, 2**31 - 1)
        if version > SCHEMA_VERSION:
            raise BadFileError(
                f"{file.name}: written by a newer program (schema_version {version}, this one "
                f"reads up to {SCHEMA_VERSION}); upgrade to read it"
            )
        yield file
