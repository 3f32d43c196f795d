"""Plans of `LSNN.forward` with vectors and segments that nobody would choose."""

from __future__ import annotations

from lsnn_core.simulation.blocks import cut
from lsnn_core.simulation.plan import Plan


def example_plan(batch: int, lanes: int = 4, segment: int = 16) -> Plan:
    """Blocks of `lanes` examples, the last one shorter, and segments of as many steps."""
    sizes = tuple(cut(batch, lanes))
    return Plan(sizes, segment, lanes, ("segment",) * len(sizes))
