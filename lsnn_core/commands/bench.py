"""`lsnn bench`: time, memory and work of the kernels, alone or beside other frameworks."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..choices import DTYPES
from ..words import say

if TYPE_CHECKING:
    from ..bench.measure import Options, Row
    from ..bench.peers import Ratio
    from ..bench.scaling import Measured
    from ..bench.workloads import AnyWorkload


class Bench:
    """Measure the workloads one by one, each in a fresh process."""

    help = "measure speed and memory, alone or beside other frameworks"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare workloads, batch sizes, peers, scaling and the output."""
        parser.add_argument(
            "workloads", nargs="*", metavar="WORKLOAD",
            help="W1p, W1p-150, W1p-400, W1d, W2, W3 (or W3-1000, ...), W4, L128 (an LSTM); with "
            "--scaling: neurons, connections, batch, steps, rate, connectivity; default: all",
        )  # fmt: skip
        parser.add_argument(
            "--batch", type=_count, action="append", metavar="B", help="only batches of this size"
        )
        parser.add_argument(
            "--repeats", type=_count, default=7, help="turns of at least 0.1 s (default 7)"
        )
        parser.add_argument("--threads", type=_count, default=2, help="default 2")
        parser.add_argument("--dtype", choices=DTYPES, default="float32")
        parser.add_argument(
            "--scaling", action="store_true",
            help="vary one size at a time; `lsnn figure scaling OUT.json` draws the result",
        )  # fmt: skip
        parser.add_argument(
            "--training", metavar="RECIPE",
            help="instead: whole training iterations of a recipe beside their kernels alone",
        )  # fmt: skip
        parser.add_argument(
            "--rules", action="store_true",
            help="instead: e-prop beside BPTT and the forward pass, in turns, with their ratios",
        )  # fmt: skip
        parser.add_argument("--peers", action="store_true", help="run other frameworks in turns")
        parser.add_argument(
            "--peer-python", metavar="NAME=PYTHON", action="append", default=[],
            help="interpreter that has jax, torch, tensorflow, norse or brian2; one each",
        )  # fmt: skip
        parser.add_argument("--json", metavar="OUT.json", help="write all numbers")

    def run(self, args: argparse.Namespace) -> int:
        """Print a line as soon as it is measured."""
        from ..bench import measure, peers, report, scaling, workloads
        from ..compiler import require_compiler
        from ..files import check_output

        require_compiler()
        options = measure.Options(args.repeats, args.threads, args.dtype)
        if args.json:
            check_output(args.json, overwrite=True)
        if args.training:
            return _train(args, options)
        if args.scaling:
            axes = scaling.choose(args.workloads)
        else:
            chosen = workloads.choose(args.workloads)
            cases = [(load, batch) for load in chosen for batch in args.batch or load.batches]
        wanted = bool(args.peers or args.peer_python)
        pythons = peers.interpreters(args.peer_python) if wanted else {}
        for line in peers.missing(pythons) if wanted else []:
            say(line)

        peaks = measure.gemm_peak(options.dtype, sorted({1, options.threads}))
        for threads, peak in peaks.items():
            print(f"matrix product, {threads} thread{'s' * (threads > 1)}: {peak:.0f} GFLOP/s")
        rows: list[Row] = []
        ratios: list[Ratio] = []
        points: list[Measured] = []
        without: list[str] = []

        def keep() -> None:
            """Write what there is: hours may have gone into it when something fails."""
            if args.json:
                axes = scaling.by_axis(points)
                report.write_json(
                    args.json, options, peaks, rows, ratios, axes, not_compared=without
                )

        with tempfile.TemporaryDirectory() as folder:
            if args.rules:
                for row in _rules(cases, folder, options, peaks[options.threads]):
                    rows.append(row)
                    keep()
            elif args.scaling:
                for point in _scale(axes, folder, options, peaks[options.threads]):
                    points.append(point)
                    keep()
            else:
                for row in _measure(cases, folder, options, peaks[options.threads]):
                    rows.append(row)
                    keep()
                for ratio in _compare(cases, folder, options, pythons):
                    if isinstance(ratio, str):
                        without.append(ratio)
                    else:
                        ratios.append(ratio)
                    keep()
        return 0


def _train(args: argparse.Namespace, options: Options) -> int:
    """Measure training iterations of one recipe."""
    from ..bench import report, training

    rows = []
    for batch in args.batch or [256]:
        row = training.measure_training(args.training, batch, args.threads, args.repeats)
        rows.append(row)
        print(row.line(), flush=True)
        if args.json:
            report.write_json(args.json, options, {}, training=rows)
    return 0


def _measure(
    cases: list[tuple[AnyWorkload, int]], folder: str, options: Options, peak: float
) -> Iterator[Row]:
    """Measure ourselves alone."""
    from ..bench import measure, report

    print(report.row_line())
    for load, batch in cases:
        for row in measure.rows(load, batch, folder, options, peak):
            print(report.row_line(row), flush=True)
            yield row


def _rules(
    cases: list[tuple[AnyWorkload, int]], folder: str, options: Options, peak: float
) -> Iterator[Row]:
    """Measure rules of learning beside the forward pass."""
    from ..bench import report, rules

    print(report.row_line())
    for load, batch in cases:
        measured = rules.measure_rules(load, batch, folder, options, peak)
        for row in measured.rows:
            print(report.row_line(row), flush=True)
            yield row
        print(measured.line(), flush=True)


def _compare(
    cases: list[tuple[AnyWorkload, int]], folder: str, options: Options, python: dict[str, str]
) -> Iterator[Ratio | str]:
    """Measure ourselves and the peers in turns; where that cannot be done, why."""
    from ..bench import peers, report

    if python:
        print("\n" + report.ratio_line())
    for load, batch in cases if python else []:
        for ratio in peers.ratios(load, batch, folder, options, python):
            print(ratio if isinstance(ratio, str) else report.ratio_line(ratio), flush=True)
            yield ratio


def _scale(axes: list[str], folder: str, options: Options, peak: float) -> Iterator[Measured]:
    """Measure along the axes."""
    from ..bench import report, scaling

    for axis in axes:
        print(f"\n{axis}\n{report.row_line()}")
        for point in scaling.scale(axis, folder, options, peak):
            print(report.row_line(point.row), point.kernel, flush=True)
            yield point


def _count(text: str) -> int:
    """A whole number from 1 on."""
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected at least 1, found {value}")
    return value


bench = Bench()
