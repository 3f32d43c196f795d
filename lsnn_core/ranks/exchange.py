"""Ranks: processes that train one network together, to the same bits whatever their number.

Each builds the same network and draws the same batches. Blocks follow from the batch alone; a rank
runs some of them, all exchange what blocks found, in block order, and all take the same step. A
gradient is added up in slices: rank s gets slice s of every block's, adds them in block order, and
hands the sum to all. So it receives about two gradients, or less than a batch has blocks, however
many ranks there are, and no number depends on who added it.

Waiting, a process looks every now and then instead of spinning: ranks may be more than processors,
and signals are noticed.
"""

from __future__ import annotations

import pickle
import platform
import time
import traceback
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any, Final, TypeVar

import numpy as np
import numpy.typing as npt

from ..errors import LsnnError, UsageError

Array = npt.NDArray[Any]
T = TypeVar("T")
LOOKS: Final = 200  # at what others send, at first without a pause (our choice, as the next)
PAUSE_S: Final = 5e-5  # then between two looks
EVER: Final = float("inf")


class Ranks:
    """Those that this process trains with; it alone, if there is no communicator of MPI.

    What is asked of it all ranks must ask, in the same order.

    Attributes
    ----------
    rank, size, on_host
        Number of this process, how many there are, and how many of them on this machine.
    failed
        Whether all know of an error.
    """

    def __init__(self, comm: Any = None) -> None:
        self._comm = comm
        self.rank: int = 0 if comm is None else comm.rank
        self.size: int = 1 if comm is None else comm.size
        self.on_host = 1
        self._at_end = None if comm is None else comm.Dup()
        self.failed = False

    def share(self, count: int) -> range:
        """Return which of `count` blocks are this process's."""
        return self._shares(count)[self.rank]

    def _shares(self, count: int) -> list[range]:
        edges = [count * rank // self.size for rank in range(self.size + 1)]
        return [range(a, b) for a, b in pairwise(edges)]

    def everyone(self, find: Callable[[], list[T]]) -> list[T]:
        """Return what all find, in the order of ranks; an error of any surfaces in all.

        If several fail it is the first one's: with blocks shared out by `share` that of the first
        block, as on one rank.
        """
        if self._comm is None:
            return find()
        found: list[T] = []
        error: Exception | None = None
        try:
            found = find()
        except Exception as caught:
            error = caught
        told = self._exchange((found, _portable(error)))
        for rank, (_, other) in enumerate(told):
            if other is not None:
                self.failed = True
                raise error if error is not None and rank == self.rank else other
        return [thing for own, _ in told for thing in own]

    def first(self, do: Callable[[], T]) -> T:
        """Let the first do something; its result, or its error, is that of all."""
        return self.everyone(lambda: [do()] if self.rank == 0 else [])[0]

    def any(self, flag: bool) -> bool:
        """Whether any says yes."""
        return flag if self._comm is None else any(self._exchange(bool(flag)))

    def total(self, rows: Array, blocks: int, used: int, out: Array) -> Array:
        """Add up what the first `used` of a batch's blocks left, in block order; returns `out`.

        Parameters
        ----------
        rows
            (own blocks, C): row i is that of the i-th block of this process's share.
        blocks
            How many were shared out.
        used
            At least one.
        out
            (C,), overwritten.
        """
        if self._comm is None:
            return add_in_order(rows[:used], out)
        counts = [len([i for i in share if i < used]) for share in self._shares(blocks)]
        begins = np.cumsum([0, *counts[:-1]])
        edges = np.arange(self.size + 1) * len(out) // self.size
        widths, own = np.diff(edges), int(edges[self.rank + 1] - edges[self.rank])
        slices = np.empty((used, own), out.dtype)
        requests = []
        for i in range(max(counts)):
            has = np.array([i < count for count in counts])  # who sends one more row
            row = rows[i] if has[self.rank] else out[:0]
            sent = row, (widths * has[self.rank], edges[:-1])
            taken = slices, (own * has, (begins + i) * own * has)
            requests.append(self._comm.Ialltoallv(sent, taken))
        _wait(requests)
        piece = add_in_order(slices, np.empty(own, out.dtype))
        _wait([self._comm.Iallgatherv(piece, (out, (widths, edges[:-1])))])
        return out

    def require_same(self, known: dict[str, str]) -> None:
        """Refuse ranks that might find other numbers: all must know the same."""
        for rank, (other, place) in enumerate(told := self.everyone(lambda: [(known, host())])):
            for name, value in other.items():
                if value != told[0][0].get(name):
                    self.failed = True
                    raise UsageError(
                        f"rank {rank} on {place}: {name} is {value}, expected "
                        f"{told[0][0].get(name)} as on rank 0; all ranks must be alike"
                    )

    def endings(self, ending: T, deadline: float) -> list[T]:
        """Return how all ended, nothing if some go on; asked once, at any moment of the others."""
        return [ending] if self._comm is None else self._exchange(ending, self._at_end, deadline)

    def abort(self, code: int) -> None:
        """End all processes at once."""
        self._comm.Abort(code)

    def _exchange(self, mine: T, comm: Any = None, deadline: float = EVER) -> list[T]:
        """Return what each has, in the order of ranks; nothing if somebody did not come in time."""
        comm = comm or self._comm
        own = np.frombuffer(pickle.dumps(mine, pickle.HIGHEST_PROTOCOL), np.uint8)
        sizes = np.empty(self.size, np.int64)
        if not _wait([comm.Iallgather(np.array([len(own)]), sizes)], deadline):
            return []
        edges = np.concatenate([[0], np.cumsum(sizes)])
        received = np.empty(edges[-1], np.uint8)
        _wait([comm.Iallgatherv(own, (received, (sizes, edges[:-1])))])
        pieces = (received[a:b] for a, b in pairwise(edges))
        return [pickle.loads(piece.tobytes()) for piece in pieces]  # which our own processes wrote


ALONE: Final = Ranks()
_current = ALONE


def current() -> Ranks:
    """Return the ranks that this process has joined; it alone if it has not."""
    return _current


def enter(ranks: Ranks) -> None:
    """Make these the current ranks."""
    global _current
    _current = ranks


def add_in_order(rows: Sequence[Array] | Array, out: Array) -> Array:
    """Add rows one after the other into `out`, which is returned: however wide, the same bits.

    NumPy's own sum adds otherwise where rows are of one number.
    """
    with np.errstate(all="ignore"):  # the learner refuses NaN
        np.add(rows[0], 0, out=out)  # makes 0 of -0, as NumPy's sum does
        for row in rows[1:]:
            out += row
    return out


def host() -> str:
    """Name of this machine."""
    return platform.node()


def _wait(requests: list[Any], deadline: float = EVER) -> bool:
    """Wait for what others send; tell whether it came in time."""
    looks = 0
    while requests := [request for request in requests if not request.Test()]:
        looks += 1
        if looks > LOOKS:
            time.sleep(PAUSE_S)
        if time.monotonic() > deadline:
            return False
    return True


def _portable(error: Exception | None) -> Exception | None:
    """Return an error for other processes; one that nobody foresaw tells where it comes from."""
    if error is None:
        return None
    trace = "".join(traceback.format_exception(error))
    try:
        other: Exception = pickle.loads(pickle.dumps(error))
    except Exception:  # one of one's own class, with things in it
        return RuntimeError(trace)
    if not isinstance(error, LsnnError):
        other.add_note(trace)
    return other
