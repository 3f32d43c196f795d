"""The measured process' side: answer requests, one line of JSON each.

``{"do": NAME, "at_least_s": S, "at_least": N}`` runs action NAME N times and for S seconds at
least; the answer holds the seconds of each run and what the last one returned. The action
"memory" is always there. Needs the standard library alone.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

Action = Callable[[], Mapping[str, Any]]


def serve(actions: Mapping[str, Action], version: str = "") -> None:
    """Say that all is ready, and which version is, then answer until standard input ends."""
    channel = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a framework prints is no answer
    known = {**actions, "memory": peak_memory}
    print(json.dumps({"ready": sorted(known), "version": version}), file=channel, flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        answer = _run(
            known[request["do"]], request.get("at_least_s", 0.0), request.get("at_least", 1)
        )
        print(json.dumps(answer), file=channel, flush=True)


def peak_memory() -> dict[str, float]:
    """Return the most memory that this process ever held, in MB (10^6 bytes); NaN on Windows."""
    try:
        import resource
    except ImportError:
        return {"peak_mb": math.nan}
    unit = 1 if sys.platform == "darwin" else 1024
    return {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6}


def _run(action: Action, at_least_s: float, at_least: int) -> dict[str, Any]:
    seconds: list[float] = []
    while True:
        start = time.perf_counter()
        answer = dict(action())
        took = time.perf_counter() - start
        seconds.append(answer.pop("seconds", took))  # an action may know better
        if sum(seconds) >= at_least_s and len(seconds) >= at_least:
            return {"seconds": seconds, **answer}
