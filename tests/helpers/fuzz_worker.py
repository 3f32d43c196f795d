"""Damage run files and give them to commands, one after the other, within limits of memory.

Started by `tests.faults.fuzz` in a folder of its own, with the seeds of the cases on its input.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import random
import resource
import shutil
import sys
import time
import traceback
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lsnn_core import lookover, plugins
from lsnn_core.choices import CONSTANTS
from lsnn_core.cli import main
from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import BadFileError
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.mutations import mutate
from tests.helpers.program import results
from tests.helpers.rate_toy import NumberTask
from tests.helpers.run_files import write_run
from tests.helpers.toy_task import ToyTask
from tests.helpers.whole_runs import whole_run

MAX_MEMORY = 6 * 2**30  # LLVM and BLAS map much that they never touch
CPU_SECONDS = 40  # of one case
VALUES_ARE_DIGESTED = True
"""Whether the writer stores a digest of each dataset: then a changed value must be refused."""

COMMANDS = ("inspect", "evaluate", "resume", "learning", "dashboard", "rewiring", "table1", "fig1d")
WEIGHTS = (8, 7, 7, 0.4, 0.4, 0.3, 0.6, 0.3)  # pictures take longest
BASES = ("spiking", "deep-r", "lstm", "muon", "whole")
NEEDS = {"evaluate": BASES[:4], "resume": BASES[:4], "fig1d": BASES[4:], "table1": BASES[4:]}
LOADS = plugins.load


@dataclass(frozen=True)
class NamedSettings:
    name: str = ""


class SpikeTask(ToyTask):
    settings_type = NamedSettings

    def __init__(self, settings: Any) -> None: ...


class RateTask(NumberTask):
    settings_type = NamedSettings

    def __init__(self, settings: Any) -> None: ...


def load(group: str, name: str) -> Any:
    """As `plugins.load`, with the two tasks above."""
    mine = {"toy": SpikeTask, "numbers": RateTask}
    return mine[name] if group == plugins.TASKS and name in mine else LOADS(group, name)


def make_base(name: str, folder: Path = Path()) -> Path:
    """A file of a run that was interrupted, evaluated once and not yet complete."""
    path = folder / f"base-{name}.h5"
    if name == "whole":
        write_run(path, whole_run(accuracy=0.9))
        return path
    lstm = name == "lstm"
    network = {"n_regular": 5} if lstm else {"n_regular": 7, "connectivity": 0.5, "delays": 3}
    if name == "muon":
        network["connectivity"] = 1.0
    config = {
        "seed": 4,
        "task": {"name": "numbers" if lstm else "toy"},
        "network": {**network, "n_adaptive": 0 if lstm else 5, "model": "lstm" if lstm else "lsnn"},
        "training": {
            "iterations": 6,
            "batch": 5,
            "validate_every": 2,
            "threads": 1,
            "optimiser": "muon" if name == "muon" else "adam",
            "learn": CONSTANTS if name == "spiking" else (),
        },
        "rewiring": {"policy": "deep-r" if name == "deep-r" else "none"},
    }
    checked = from_mapping(RunConfig, config)
    run = TrainingRun(Trainer(checked, make_task(checked)), path)
    for _ in range(4):
        run.trainer.step()
    run.trainer.evaluate("validation")
    run.examples = run.trainer.learner.record(4)
    run.trainer.close()
    run.save("interrupted")
    return path


def outcome(command: str, path: Path) -> dict[str, Any]:
    """What a command does with a file: exit code, what it prints and what it leaves."""
    out, err, picture = io.StringIO(), io.StringIO(), Path("out.svg")
    picture.unlink(missing_ok=True)
    before = path.read_bytes()
    words = [command, str(path)]
    if command not in COMMANDS[:3]:
        words = ["figure", *words, "-o", str(picture)]
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code: int | str
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("always")
                code = main(words)
        except BaseException:
            code = traceback.format_exc()
    left: Any = None
    if code == 0 and command in COMMANDS[1:3]:
        try:
            left = {k: repr(v) for k, v in results(path).items()}
        except BadFileError as error:
            left = f"unreadable: {error}"
    elif code == 0 and picture.exists():
        left = picture.read_text()
    return {
        "code": code,
        "out": out.getvalue(),
        "err": err.getvalue(),
        "left": left,
        "touched": path.read_bytes() != before,
    }


def problem(kind: str, found: dict[str, Any], whole: dict[str, Any]) -> str | None:
    """Say what is wrong with the outcome of a damaged file, beside that of the whole one."""
    code, err = found["code"], found["err"]
    if code not in (0, 3, 4) and not (code == whole["code"] and err == whole["err"]):
        return f"exit code {code}: {err}"
    if not all(line.isprintable() for line in (found["out"] + err).split("\n")):
        return f"raw control characters: {found['out'] + err!r}"
    if "Warning" in err and "Warning" not in whole["err"]:
        return f"a warning: {err}"
    if code != 0:
        if found["touched"]:
            return "refused, and the file was changed"
        said = err.count("\n") if code == 3 else err.count("lsnn: error: ")  # 4: while it works
        return None if said == 1 or code == whole["code"] else f"several lines: {err}"
    if kind == "bytes" or (kind == "value" and VALUES_ARE_DIGESTED):
        same = found["out"] == whole["out"] and _within(whole["left"], found["left"])
        return None if same else f"silent change: {found['out']}"
    if isinstance(found["left"], str) and found["left"].startswith("unreadable"):
        return str(found["left"])
    return None


def _within(whole: Any, found: Any) -> bool:
    if isinstance(whole, dict) and isinstance(found, dict):
        return all(found.get(name) == value for name, value in whole.items())
    return bool(whole == found)


def case(seed: int, bases: dict[str, Path], whole: dict[tuple[str, str], Any]) -> dict[str, Any]:
    """Run one case; everything follows from its seed."""
    rng, begun = random.Random(seed), time.process_time()
    command = rng.choices(COMMANDS, WEIGHTS)[0]
    base = rng.choice(NEEDS.get(command, BASES))
    path = Path("run.h5")
    if (base, command) not in whole:
        shutil.copy(bases[base], path)
        whole[base, command] = outcome(command, path)
    shutil.copy(bases[base], path)
    kind, what = mutate(path, rng)
    found = outcome(command, path)
    longer = what.startswith("change_config: iterations =")
    wrong = None if longer and found["code"] == 130 else problem(kind, found, whole[base, command])
    seconds = time.process_time() - begun
    what = f"{command} {base} {kind} {what} ({seconds:.2f} s)"
    return {"code": found["code"], "what": what, "wrong": wrong}


def serve() -> None:
    """Run the cases whose seeds come in, a line each."""
    answers = os.fdopen(os.dup(1), "w")
    plugins.load = load  # type: ignore[assignment]
    lookover.stop = lambda: None  # type: ignore[assignment]  # one child for all cases
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    bases = {name: make_base(name) for name in BASES}
    whole: dict[tuple[str, str], Any] = {}
    for line in sys.stdin:
        used = resource.getrusage(resource.RUSAGE_SELF)
        seconds = int(used.ru_utime + used.ru_stime) + CPU_SECONDS
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, most))
        print(json.dumps(case(int(line), bases, whole)), file=answers, flush=True)


if __name__ == "__main__":
    serve()
