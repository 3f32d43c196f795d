"""`lsnn sweep`: many runs, by processes of this machine, a Dask cluster or the ranks of MPI."""

from __future__ import annotations

import argparse
import os
from functools import partial
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ..sweeps.executors import OpenExecutor
    from ..sweeps.plan import Sweep


class SweepCommand:
    """Train all combinations of what varies, each into a file of its own."""

    help = "train many runs: seeds and settings of a recipe, or those of a SWEEP.toml"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare what varies, where it goes and who trains it."""
        parser.add_argument("sweep", help="SWEEP.toml with [[runs]], or a recipe as for `train`")
        parser.add_argument("--seeds", metavar="1..5", help="of a recipe: a range, or 1,2,7")
        parser.add_argument(
            "--set",
            metavar="SECTION.KEY=VALUE,VALUE",
            action="append",
            default=[],
            help="of a recipe: one run for each value; several times for each combination",
        )
        parser.add_argument("--out", metavar="FOLDER", help="where run files go (default: here)")
        parser.add_argument("--jobs", type=int, metavar="N", help="local processes (default: all)")
        parser.add_argument("--threads", type=int, default=1, help="of each run (default: 1)")
        where = parser.add_mutually_exclusive_group()
        where.add_argument("--scheduler", metavar="ADDRESS", help="of a Dask cluster that trains")
        where.add_argument(
            "--mpi", action="store_true", help="ranks train: mpiexec -n N python -m mpi4py.futures"
        )
        only = parser.add_mutually_exclusive_group()
        only.add_argument("--status", action="store_true", help="show how the runs are, and end")
        only.add_argument("--dry-run", action="store_true", help="list the runs, and end")

    def run(self, args: argparse.Namespace) -> int:
        """Train what is not complete, then tell mean, spread and best."""
        from ..config.settings import refuse

        if args.jobs is not None and args.jobs < 1:
            refuse("--jobs", args.jobs, "at least 1")
        if args.threads < 1:
            refuse("--threads", args.threads, "at least 1")

        from ..sweeps.look import Follower
        from ..sweeps.table import lines, totals
        from ..threads import processor_count

        sweep = _planned(args)
        at_once = args.jobs or processor_count()
        if args.dry_run:
            return _list(sweep, at_once)
        if args.status:
            seen = {job.name: Follower(job).look() for job in sweep.jobs}
            print("\n".join([*lines(seen), totals(seen, at_once)]))
            return 0
        return _train(sweep, _executor(args, at_once), at_once, args.threads)


def _planned(args: argparse.Namespace) -> Sweep:
    """Tell a sweep's file from a recipe's: a recipe has a task or a base."""
    from pathlib import Path

    from ..config.toml import read_toml
    from ..errors import UsageError
    from ..sweeps.plan import of_file, of_recipe

    if args.sweep.endswith(".toml"):
        tables = read_toml(Path(args.sweep))
        if "runs" in tables or "recipe" in tables:
            if args.seeds or args.set:
                raise UsageError("--seeds, --set: belong to a recipe; the sweep's file has its own")
            return of_file(args.sweep, args.out)
    return of_recipe(args.sweep, args.seeds, args.set, args.out or ".")


def _list(sweep: Sweep, at_once: int) -> int:
    from ..sweeps.table import aligned

    rows = [(job.name, job.command) for job in sweep.jobs]
    print("\n".join(aligned([("run", "alone"), *rows])))
    print(_hours(sweep, at_once) or f"{len(rows)} runs")
    return 0


def _hours(sweep: Sweep, at_once: int) -> str:
    """How long it will take, where the sweep's file tells how long its runs took."""
    from ..sweeps.table import duration

    if not sweep.minutes:
        return ""
    total = 60 * sum(sweep.minutes.values())
    known = f"{len(sweep.minutes)} of " if len(sweep.minutes) < len(sweep.jobs) else ""
    return (
        f"{known}{len(sweep.jobs)} runs took {duration(total)} of training where they were made; "
        f"{at_once} at a time: about {duration(total / at_once)}"
    )


def _executor(args: argparse.Namespace, at_once: int) -> OpenExecutor:
    from ..sweeps import executors

    if args.scheduler:
        return partial(executors.dask, args.scheduler)
    return executors.mpi if args.mpi else partial(executors.local, at_once)


def _train(sweep: Sweep, executor: OpenExecutor, at_once: int, threads: int) -> int:
    from pathlib import Path

    from ..files import check_output
    from ..sweeps import summary
    from ..sweeps.drive import drive
    from ..sweeps.job import COMPLETE
    from ..sweeps.look import Follower
    from ..sweeps.table import Live
    from ..words import say

    for job in sweep.jobs:
        check_output(job.path, overwrite=True)
    followers = {job.name: Follower(job) for job in sweep.jobs}
    live = Live(followers, at_once)
    say(
        _hours(sweep, at_once) or f"{len(sweep.jobs)} runs -> {os.path.dirname(sweep.jobs[0].path)}"
    )
    outcomes = drive(sweep.jobs, executor, live.show, threads)
    rows = summary.scores(sweep.jobs, outcomes)
    print("\n".join(summary.text(rows)))
    folder = Path(sweep.jobs[0].path).parent
    written = summary.write(folder, sweep.jobs, outcomes, rows)
    bad = {name: end for name, end in outcomes.items() if end.status != COMPLETE}
    for name, end in bad.items():
        say(f"{name}: {end.status} {end.message}")
    say(f"{len(outcomes) - len(bad)} of {len(outcomes)} complete; {written[0]}, {written[1].name}")
    return 1 if bad else 0


sweep = SweepCommand()
