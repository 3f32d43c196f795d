"""Begin and end together: an error of one process ends all, with its code, and is told once."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from ..errors import UsageError
from ..threads import share_processors, usable_processors
from ..words import Words, say, words
from .exchange import ALONE, Ranks, enter, host
from .launch import launched

PATIENCE_S: Final = 2.0  # with the others, for a process that has failed alone (our choice)


class Ending(NamedTuple):
    """How a command ended."""

    code: int
    message: str = ""  # what is to be said of an error, if it was not said
    trace: str = ""  # of an error that nobody foresaw

    def tell(self) -> None:
        """Say why the command failed."""
        if self.trace:
            print(self.trace, file=words(), flush=True)
        elif self.message:
            say(f"lsnn: error: {self.message}")


def together(command: Callable[[], Ending]) -> int:
    """Do a command as one of several processes, of which the first speaks; the exit code of all."""
    me = launched()
    try:
        with joined(me.size) as ranks:
            with _speaking(ranks.rank == 0):
                ending = command()
            return _end(ranks, ending)
    except UsageError as error:  # there is no MPI, as each finds out for itself
        if me.rank == 0:
            Ending(error.exit_code, str(error)).tell()
        return error.exit_code


@contextlib.contextmanager
def joined(size: int) -> Iterator[Ranks]:
    """Train with the other processes that a launcher started, `size` in all.

    Raises
    ------
    UsageError
        There is no MPI here, or it is not the launcher's.
    """
    ranks = Ranks(_world(size))
    places = ranks.everyone(lambda: [(host(), usable_processors())])
    ranks.on_host = [place for place, _ in places].count(host())
    share_processors(places.count(places[ranks.rank]))
    enter(ranks)
    try:
        yield ranks
    finally:
        enter(ALONE)
        share_processors(1)


def _world(size: int) -> Any:
    """All processes of the launcher, as MPI sees them."""
    asked = f"started as {size} processes, which would train {size} times into one file"
    remedy = "start one process, train several runs by `lsnn sweep`, or"
    try:
        import mpi4py

        mpi4py.rc.thread_level = "funneled"  # only the main thread sends
        from mpi4py import MPI
    except (ImportError, RuntimeError, OSError) as error:
        raise UsageError(
            f"{asked}: to train one network together they need mpi4py and an MPI ({error}); "
            f"{remedy} pip install 'lsnn[mpi]' mpich"
        ) from error
    comm: Any = MPI.COMM_WORLD
    if comm.size < size:
        raise UsageError(
            f"{asked}: mpi4py's MPI ({MPI.get_vendor()[0]}) sees {comm.size} of them, so the "
            f"launcher is of another MPI; {remedy} use the launcher of that MPI"
        )
    return comm


def _end(ranks: Ranks, ending: Ending) -> int:
    """Return the code of the first that failed, whose error the first process tells.

    Who failed while others go on waits for them a moment, and then ends them.
    """
    alone = bool(ending.message or ending.trace) and not ranks.failed
    deadline = time.monotonic() + PATIENCE_S if alone else float("inf")
    endings = ranks.endings(ending, deadline)
    if not endings:
        ending._replace(message=f"rank {ranks.rank} of {ranks.size}: {ending.message}").tell()
        ranks.abort(ending.code)
    failed = [other for other in endings if other.code]
    if ranks.rank == 0 and failed:
        next((other for other in failed if other.message or other.trace), failed[0]).tell()
    return failed[0].code if failed else 0


@contextlib.contextmanager
def _speaking(speaks: bool) -> Iterator[None]:
    if speaks:
        yield
        return
    with contextlib.redirect_stdout(Words(None)), contextlib.redirect_stderr(Words(None)):
        yield
