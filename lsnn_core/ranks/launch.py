"""What a launcher such as ``mpiexec -n 4`` tells each process, before there is any MPI."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

BY_RANKS: Final = ("train", "resume")
"""Verbs that several processes do together; others each does for itself."""
_SIZE: Final = ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE", "MV2_COMM_WORLD_SIZE")
_RANK: Final = ("PMI_RANK", "OMPI_COMM_WORLD_RANK", "MV2_COMM_WORLD_RANK", "PMIX_RANK")


class Launched(NamedTuple):
    """Which process this is, of how many, as the launcher says."""

    rank: int
    size: int


def launched(environment: Mapping[str, str] = os.environ) -> Launched:
    """Return what a launcher of MPI processes told this one; (0, 1) if there was none.

    PMIx alone tells no size: then there are at least as many as this one's number says.
    """
    rank = max(_numbers(environment, _RANK), default=0)
    return Launched(rank, max([rank + 1, *_numbers(environment, _SIZE)]))


def _numbers(environment: Mapping[str, str], names: tuple[str, ...]) -> Iterator[int]:
    for name in names:
        with contextlib.suppress(ValueError):
            yield int(environment.get(name, ""))
