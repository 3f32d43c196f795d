"""Damaged run files by the thousand: no crash, no traceback, no hang, no silent change.

    python -m tests.faults.fuzz --count 10000 [--first 0] [--jobs 2]

Each case damages a small run file, in its bytes or in what they mean, and gives it to `inspect`,
`evaluate`, `resume` or a figure. It must be refused in one line (exit code 3, or 4 for numbers that
overflow) and left as it is, or be worked with; after damage to its bytes only with the results of
the whole file. A case is its seed: ``--first SEED --count 1`` runs one again.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

from tests.helpers.program import ROOT

SECONDS = 600.0  # on the wall, of one case; the worker limits its processor time itself


def fuzz(first: int, count: int, jobs: int = 2) -> tuple[list[str], Counter[str]]:
    """Run the cases `first` ... `first + count - 1`; return what is wrong, and how they ended."""
    shares = [range(first + job, first + count, jobs) for job in range(jobs)]
    with ThreadPoolExecutor(jobs) as pool:
        parts = list(pool.map(lambda seeds: list(_answers(seeds)), shares))
    answers = sorted((answer for part in parts for answer in part), key=lambda a: int(a["seed"]))
    wrong = [_line(answer) for answer in answers if answer["wrong"]]
    return wrong, Counter(str(a["code"])[:20] for a in answers)


def _line(answer: dict[str, str]) -> str:
    return f"seed {answer['seed']}: {answer['what']}\n    {answer['wrong']}"


def _answers(seeds: range) -> Iterator[dict[str, str]]:
    """Give the seeds to a worker, and those after a crash to the next one."""
    waiting = list(seeds)
    while waiting:
        with tempfile.TemporaryDirectory() as folder:
            command = (
                f"import os; os.chdir({folder!r}); from tests.helpers.fuzz_worker import serve"
            )
            worker = subprocess.Popen(
                [sys.executable, "-c", f"{command}; serve()"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
            yield from _of_one(worker, waiting)
            _, errors = worker.communicate()
            if worker.returncode and waiting:
                seed = waiting.pop(0)
                wrong = f"the worker ended with {worker.returncode}: {errors[-2000:]}"
                yield {"seed": str(seed), "code": "crash", "what": "", "wrong": wrong}


def _of_one(worker: subprocess.Popen[str], waiting: list[int]) -> Iterator[dict[str, str]]:
    assert worker.stdin is not None
    assert worker.stdout is not None
    while waiting:
        timer = threading.Timer(SECONDS, worker.kill)
        timer.start()
        try:
            worker.stdin.write(f"{waiting[0]}\n")
            worker.stdin.flush()
            line = worker.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
        if not line:
            return
        answer = {"seed": waiting.pop(0), **json.loads(line)}
        if answer["wrong"]:
            print(_line(answer), file=sys.stderr, flush=True)  # it may be hours to the end
        yield answer


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    args = parser.parse_args()
    wrong, codes = fuzz(args.first, args.count, args.jobs)
    print(f"{args.count} files, exit codes {dict(codes)}, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
