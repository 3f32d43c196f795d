"""E-prop beside BPTT and the forward pass: one process runs them in turns."""

from __future__ import annotations

from statistics import median
from typing import NamedTuple

from ..errors import UsageError
from .measure import TURN_S, Options, Row, row_of, start_ours, write_problem
from .workloads import AnyWorkload, Workload

PASSES = ("forward", "gradient", "e-prop")


class Rules(NamedTuple):
    """A row for each of `PASSES`, and how often the forward pass fits into each rule, in turns."""

    rows: list[Row]
    bptt: float
    eprop: float

    def line(self) -> str:
        """For people."""
        return (
            f"{'':12}times the forward pass: BPTT {self.bptt:.2f}, e-prop {self.eprop:.2f} "
            "(each with its forward pass)"
        )


def measure_rules(
    workload: AnyWorkload, batch: int, folder: str, options: Options, peak: float
) -> Rules:
    """Measure a spiking workload at one batch size; parameters as of `measure.measure`."""
    if not isinstance(workload, Workload):
        raise UsageError(
            f"workload {workload.name}: e-prop is for spiking networks; leave it out, or --rules"
        )
    problem = write_problem(workload, batch, folder)
    with start_ours(workload, problem, options) as child:
        first = {passes: child.ask(passes) for passes in PASSES}
        seconds: dict[str, list[float]] = {passes: [] for passes in PASSES}
        for _ in range(options.repeats):
            for passes in PASSES:
                seconds[passes].append(median(child.ask(passes, TURN_S)["seconds"]))
        rows = [
            row_of(workload, batch, passes, child, first[passes], seconds[passes], peak)
            for passes in PASSES
        ]
    forward, bptt, eprop = seconds.values()
    ratios = [[a / b for a, b in zip(rule, forward, strict=True)] for rule in (bptt, eprop)]
    return Rules(rows, *(median(ratio) for ratio in ratios))
