"""`lsnn bench`: time, memory and work of the kernels, alone or beside other frameworks."""

from __future__ import annotations

import argparse
import sys


class Bench:
    """Measure the workloads one by one, each in a fresh process."""

    help = "measure speed and memory, alone or beside other frameworks"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare workloads, batch sizes, peers and the output."""
        parser.add_argument(
            "workloads", nargs="*", metavar="WORKLOAD", help="W1p, W1d, W2, W3, W4; default: all"
        )
        parser.add_argument("--batch", type=int, action="append", help="only batches of this size")
        parser.add_argument("--repeats", type=int, default=7, help="turns; the median is quoted")
        parser.add_argument("--threads", type=int, default=2)
        parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
        parser.add_argument("--peers", action="store_true", help="run other frameworks in turns")
        parser.add_argument(
            "--peer-python", metavar="NAME=PYTHON", action="append", default=[],
            help="interpreter that has the peer; may be given several times",
        )  # fmt: skip
        parser.add_argument("--json", metavar="OUT.json", help="write all numbers")

    def run(self, args: argparse.Namespace) -> int:
        """Print a line as soon as it is measured."""
        import tempfile

        from ..bench import measure, peers, report, workloads

        options = measure.Options(args.repeats, args.threads, args.dtype)
        chosen = workloads.choose(args.workloads)
        cases = [(load, batch) for load in chosen for batch in args.batch or load.batches]
        found = peers.interpreters(args.peer_python) if args.peers else {}
        for line in peers.missing(found) if args.peers else []:
            print(line, file=sys.stderr)
        peaks = measure.gemm_peak(options.dtype, sorted({1, options.threads}))
        for threads, peak in peaks.items():
            print(f"matrix product, {threads} threads: {peak:.0f} GFLOP/s")
        rows, ratios = [], []
        with tempfile.TemporaryDirectory() as folder:
            print(report.row_line())
            for load, batch in cases:
                for row in measure.rows(load, batch, folder, options, peaks[options.threads]):
                    rows.append(row)
                    print(report.row_line(row), flush=True)
            if found:
                print(report.ratio_line())
            for load, batch in cases if found else []:
                for ratio in peers.ratios(load, batch, folder, options, found):
                    ratios.append(ratio)
                    print(report.ratio_line(ratio), flush=True)
        if args.json:
            report.write_json(args.json, options, peaks, rows, ratios)
        return 0


bench = Bench()
