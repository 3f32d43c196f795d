"""Hand jobs to an executor, wait for them, and let none that fails take another with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)
from typing import Final

from .executors import OpenExecutor
from .job import FAILED, INTERRUPTED, Job, Outcome, run_job

LOOK_EVERY_S: Final = 1.0
MOST_LOSSES: Final = 3
"""Processes that may die over a job before it counts as failed (our choice: memory runs out)."""

Outcomes = dict[str, Outcome]


def drive(
    jobs: list[Job],
    open_executor: OpenExecutor,
    show: Callable[[Outcomes], None] = lambda outcomes: None,
    threads: int = 1,
) -> Outcomes:
    """Train all jobs; returns how each ended, by its name.

    Parameters
    ----------
    jobs
        What is to be done.
    open_executor
        Called again if the processes of one have died.
    show
        Called about every second with what has ended.
    threads
        Of each job.
    """
    outcomes: Outcomes = {}
    losses: Counter[str] = Counter()
    left = list(jobs)
    while left:
        with open_executor() as pool:
            lost = _one_executor(pool, left, outcomes, show, threads)
        losses.update(job.name for job in lost)
        for job in left:
            if job.name not in outcomes and losses[job.name] >= MOST_LOSSES:
                outcomes[job.name] = Outcome(FAILED, "its process died, three times")
        left = [job for job in left if job.name not in outcomes]
    return outcomes


def _one_executor(
    pool: Executor,
    jobs: list[Job],
    outcomes: Outcomes,
    show: Callable[[Outcomes], None],
    threads: int,
) -> list[Job]:
    """Run jobs until all have ended or the pool is broken; returns those it broke over."""
    waiting = {pool.submit(run_job, job, threads): job for job in jobs}
    at_work: list[Job] = []
    broken = False
    try:
        while waiting:
            running = [job for future, job in waiting.items() if future.running()]
            at_work = running or at_work
            done, _ = wait(waiting, LOOK_EVERY_S, FIRST_COMPLETED)
            for future in done:
                job = waiting.pop(future)
                outcome = _outcome(future)
                if outcome is None:
                    broken = True
                else:
                    outcomes[job.name] = outcome
            show(outcomes)
    except KeyboardInterrupt:
        for future in waiting:
            future.cancel()
        raise
    if not broken:
        return []
    lost = [job for job in at_work if job.name not in outcomes]
    return lost or [job for job in jobs if job.name not in outcomes]


def _outcome(future: Future[Outcome]) -> Outcome | None:
    """Return what a job gave; None if its executor broke, which may have been another's fault."""
    try:
        return future.result()
    except BrokenExecutor:
        return None
    except CancelledError:
        return Outcome(INTERRUPTED)
    except Exception as error:  # of the cluster: workers lost, code that they lack
        return Outcome(FAILED, f"{type(error).__name__}: {error}")
