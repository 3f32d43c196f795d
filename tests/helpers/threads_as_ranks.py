"""Threads of one process in the place of ranks, and what stands in for MPI's communicator."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from lsnn_core.ranks.exchange import Ranks

T = TypeVar("T")
Posted = defaultdict[tuple[int, int], dict[int, Any]]


class Request:
    """Done once all have come."""

    def __init__(self, posted: dict[int, Any], size: int, take: Callable[[], None]) -> None:
        self.posted, self.size, self.take = posted, size, take

    def Test(self) -> bool:
        if len(self.posted) < self.size:
            return False
        self.take()
        return True


class Comm:
    """The calls that `Ranks` makes, by copying what the others have posted."""

    def __init__(self, rank: int, size: int, posted: Posted, number: int = 0) -> None:
        self.rank, self.size, self.posted, self.number = rank, size, posted, number
        self.calls = 0

    def Dup(self) -> Comm:
        return Comm(self.rank, self.size, self.posted, self.number + 1)

    def _post(self, sent: Any, take: Callable[[dict[int, Any]], None]) -> Request:
        posted = self.posted[self.number, self.calls]
        self.calls += 1
        posted[self.rank] = sent
        return Request(posted, self.size, lambda: take(posted))

    def Iallgather(self, sent: Any, received: Any) -> Request:
        def take(posted: dict[int, Any]) -> None:
            for rank in range(self.size):
                received[rank] = posted[rank][0]

        return self._post(sent.copy(), take)

    def Iallgatherv(self, sent: Any, where: Any) -> Request:
        received, (counts, places) = where

        def take(posted: dict[int, Any]) -> None:
            for rank, (count, place) in enumerate(zip(counts, places, strict=True)):
                assert len(posted[rank]) == count
                received[place : place + count] = posted[rank]

        return self._post(sent.copy(), take)

    def Ialltoallv(self, what: Any, where: Any) -> Request:
        (sent, (lengths, begins)), (received, (counts, places)) = what, where
        parts = [sent[b : b + n].copy() for n, b in zip(lengths, begins, strict=True)]

        def take(posted: dict[int, Any]) -> None:
            for rank, (count, place) in enumerate(zip(counts, places, strict=True)):
                assert len(posted[rank][self.rank]) == count
                received.reshape(-1)[place : place + count] = posted[rank][self.rank]

        return self._post(parts, take)


def by_threads(size: int, work: Callable[[Ranks], T]) -> list[T]:
    """Do `work` on so many ranks; what each returned."""
    posted: Posted = defaultdict(dict)
    lock = threading.Lock()

    def one(rank: int) -> T:
        with lock:
            ranks = Ranks(Comm(rank, size, posted))
        return work(ranks)

    with ThreadPoolExecutor(size) as pool:
        return list(pool.map(one, range(size)))
