"""How a batch is run: which vectors, in which blocks, with how much memory, shared by whom.

The limits of these choices stand here. Blocks, and whether vectors hold examples or neurons, follow
from the network and the batch alone, and tapes give the same bits whatever they hold: so threads
and memory never change a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from ..errors import UsageError
from ..given import Float, instance, whole
from ..model.network import Network
from ..task.spikes import MAX_LANES
from .blocks import block_sizes, cut, lane_width
from .padding import VECTOR_BYTES, Padding

Tape = Literal["segment", "scratch", "block"]
LANE_WIDTHS = (1, 2, 4, 8, 16)

# Limits, each with the command that shows what it does when the number is changed. All but
# WHOLE_BYTES and LEAST_SEGMENT, which are our choice, were measured.
SEGMENT_BYTES = 1 << 20  # V of a segment's steps stays in a core's L2: lsnn bench W1p --batch 256
ONLINE_BYTES = 1 << 21  # the same for e-prop, whose segments cost more: lsnn bench --rules W1p
ONE_BYTES = 1 << 29  # of one example's V: streaming beats recomputing: lsnn bench W3-10000
WHOLE_BYTES = 176 << 20  # of all tapes that hold all steps: lsnn bench W1p --batch 256
LEAST_SEGMENT = 16  # steps; clearing and saving states between them costs: lsnn bench W2
MATRIX_FROM = 0.4  # connectivity where a matrix is quicker: lsnn bench --scaling connectivity
MATRIX_BYTES = 1 << 20  # that one example reads alone, from L2: lsnn bench W1d --batch 1
PARTED_FROM = 500_000  # connections, to share the way forward: lsnn bench --scaling connections
SHARED_FROM = 200_000  # connections, to share the way back: lsnn bench --scaling connections
AHEAD = ((20_000, 0), (4_000_000, 2))  # rows to fetch, below so many connections: lsnn bench W3
FARTHEST_AHEAD = 8  # rows to fetch for more connections


@dataclass(frozen=True)
class BlockShape:
    """Everything that decides how large a block's buffers are."""

    n_steps: int
    lanes: int  # examples in the block
    width: int  # lanes of a vector of examples: at least `lanes`; 0 where vectors hold neurons
    readout_start: int  # first step whose readout is kept
    segment: int  # steps of one tape
    parameters: bool = False  # gradients of tau_m, tau_a, beta, b0 too
    track_all: bool = False  # b, and those gradients, also of neurons with beta = 0
    current: bool = False  # gradient of the injected current too
    truncate: int = 0  # steps after which nothing flows further back; 0: any number

    @property
    def n_segments(self) -> int:
        """Segments that cover all steps."""
        return -(-self.n_steps // self.segment)


@dataclass(frozen=True)
class Plan:
    """What `plan_gradient` or `plan_run` chose.

    Parameters
    ----------
    sizes
        Examples in each block.
    segment
        Steps of a tape; other segments are recomputed on the way back.
    width
        Lanes of a vector of examples; 0 where vectors hold neighbouring neurons.
    tapes
        Where each block of vectors of examples keeps V. "segment": the scratch holds that of one
        segment. "scratch": it holds all steps, and a block runs back before another one's turn.
        "block": the block itself holds all steps.
    delay
        Of the full matrix that vectors of neurons walk; 0 for the list of connections.
    workers
        Threads that take blocks.
    sharing, parts
        Threads that share the steps of one example alone, and those of them on the way forward.
    truncate
        Of truncated BPTT, which is for vectors of examples: a stretch's steps. 0: BPTT is whole.
    """

    sizes: tuple[int, ...]
    segment: int
    width: int = 0
    tapes: tuple[Tape, ...] = ()
    delay: int = 0
    workers: int = 1
    sharing: int = 1
    parts: int = 1
    truncate: int = 0

    @property
    def in_neurons(self) -> bool:
        """Whether vectors hold neighbouring neurons instead of examples."""
        return self.width == 0

    def part(self, share: range) -> Plan:
        """Plan for some of the blocks alone: each is run as it would be among the others."""
        some = slice(share.start, share.stop)
        workers = max(min(self.workers, len(share)), 1)
        return replace(self, sizes=self.sizes[some], tapes=self.tapes[some], workers=workers)

    def shapes(self, n_steps: int, readout_start: int = 0, **wanted: bool) -> list[BlockShape]:
        """The shape of each block; `wanted` are its last fields."""
        rest = readout_start, min(self.segment, n_steps)
        return [
            BlockShape(n_steps, size, self.width, *rest, truncate=self.truncate, **wanted)
            for size in self.sizes
        ]


def plan_gradient(
    net: Network,
    n_steps: int,
    batch: int,
    dtype: Float,
    threads: int = 1,
    analog: bool = False,
    at_once: bool = True,
    matrix: bool | None = None,
) -> Plan:
    """Plan the losses and gradients of an `Engine`.

    Parameters
    ----------
    net, n_steps, batch, dtype, threads
        What is to be run, and by how many.
    analog
        Whether inputs are real numbers.
    at_once
        Whether a block runs backward as soon as it has run forward.
    matrix
        Whether vectors of neurons walk a full matrix instead of the list; what is quicker if not
        given. For measurements.
    """
    sizes = tuple(block_sizes(batch))
    workers = min(threads, len(sizes))
    plain = net.noise_std == 0.0 and not analog
    if matrix is None:
        matrix = prefers_matrix(net, batch, dtype)
    delay = common_delay(net) if plain and matrix else 0
    if plain and (max(sizes) == 1 or delay):
        sharing = threads if batch == 1 else 1
        parts = sharing if len(net.connections.weight) >= PARTED_FROM else 1
        segment = _segment_of_neurons(net, n_steps, max(sizes), dtype)
        return Plan(sizes, segment, delay=delay, workers=workers, sharing=sharing, parts=parts)
    width = lane_width(max(sizes))
    segment = segment_of_examples(net, n_steps, width, dtype)
    tapes = _tapes(len(sizes), workers, at_once, _bytes_of_a_step(net, width, dtype) * n_steps)
    return Plan(sizes, segment, width, tapes, workers=workers)


def plan_truncated(
    net: Network,
    n_steps: int,
    batch: int,
    dtype: Float,
    threads: int,
    at_once: bool,
    truncate: int,
) -> Plan:
    """Plan truncated BPTT: see `plan_gradient`, `Plan.truncate`."""
    sizes = tuple(block_sizes(batch))
    workers, width = min(threads, len(sizes)), lane_width(max(sizes))
    whole_bytes = _bytes_of_a_step(net, width, dtype) * n_steps
    return replace(
        plan_blocks(net, n_steps, sizes, dtype),
        tapes=_tapes(len(sizes), workers, at_once, whole_bytes),
        workers=workers,
        truncate=truncate,
    )


def plan_online(net: Network, n_steps: int, batch: int, dtype: Float, threads: int) -> Plan:
    """Plan e-prop, which learns from a segment before it takes the next."""
    sizes = tuple(block_sizes(batch))
    width, workers = lane_width(max(sizes)), min(threads, len(sizes))
    segment = segment_of_examples(net, n_steps, width, dtype, ONLINE_BYTES)
    segment = min(max(segment, 2 * net.max_delay), n_steps)  # spikes under way are looked at again
    return Plan(sizes, segment, width, _each("segment", len(sizes)), workers=workers)


def plan_blocks(net: Network, n_steps: int, sizes: Sequence[int], dtype: Float) -> Plan:
    """Plan vectors of examples in blocks of these sizes, with tapes of a segment."""
    width = lane_width(max(sizes))
    segment = segment_of_examples(net, n_steps, width, dtype)
    return Plan(tuple(sizes), segment, width, _each("segment", len(sizes)))


def plan_run(net: Network, n_steps: int, batch: int, dtype: Float) -> Plan:
    """Plan a call of `LSNN.forward`: one thread, so blocks are as large as they can be."""
    return plan_blocks(net, n_steps, cut(batch, MAX_LANES), dtype)


def check_run_plan(plan: Plan, batch: int) -> Plan:
    """Refuse a plan that was not made by `plan_run` for such a batch."""
    instance("plan", plan, Plan, "give what `plan_run` returned")
    whole("plan.segment", plan.segment, 1)
    whole("plan.width", plan.width)
    whole("plan.truncate", plan.truncate)
    for index, size in enumerate(plan.sizes):
        whole(f"plan.sizes[{index}]", size, 1)
    fits = plan.width in LANE_WIDTHS and max(plan.sizes, default=0) <= plan.width
    if not (fits and sum(plan.sizes) == batch):
        raise UsageError(
            f"plan: expected blocks of {batch} examples in vectors of examples, found {plan}; "
            "make it by `plan_run` for this batch"
        )
    return plan


def common_delay(net: Network) -> int:
    """The delay of all connections to neurons; 0 if they have not just one."""
    delays = net.connections.delay[net.connections.target < net.layout.n]
    return int(delays[0]) if delays.size and delays.min() == delays.max() else 0


def prefers_matrix(net: Network, batch: int, dtype: Float) -> bool:
    """Whether a full matrix, if one delay lets it stand for the list, is quicker."""
    layout = net.layout
    size = layout.n_source * layout.n_target * np.dtype(dtype).itemsize
    full = len(net.connections.weight) >= MATRIX_FROM * layout.sites
    return full and (batch > 1 or size <= MATRIX_BYTES)


def rows_ahead(connections: int) -> int:
    """How many rows of the list to fetch before they are needed."""
    return next((rows for size, rows in AHEAD if connections < size), FARTHEST_AHEAD)


def shares_way_back(connections: int) -> bool:
    """Whether threads should share the way back of one example alone."""
    return connections >= SHARED_FROM


def rows_under_way(net: Network) -> int:
    """Rows of a tape of neurons that a spike reaches beyond its own: outputs are one row later."""
    return max(net.max_delay, 1)


def segment_of_examples(
    net: Network, n_steps: int, width: int, dtype: Float, tape_bytes: int = 0
) -> int:
    """Steps of a tape of `tape_bytes`, else `SEGMENT_BYTES`; at least the longest delay and 16."""
    steps = (tape_bytes or SEGMENT_BYTES) // max(_bytes_of_a_step(net, width, dtype), 1)
    return int(np.clip(steps, max(LEAST_SEGMENT, net.max_delay), max(n_steps, 1)))


def _segment_of_neurons(net: Network, n_steps: int, examples: int, dtype: Float) -> int:
    example_bytes = max(Padding.of(net, dtype).length, 1) * VECTOR_BYTES * examples
    steps = (ONE_BYTES if examples == 1 else SEGMENT_BYTES) // example_bytes
    return min(max(steps, LEAST_SEGMENT, rows_under_way(net)), n_steps)


def _bytes_of_a_step(net: Network, width: int, dtype: Any) -> int:
    return net.layout.n_target * width * int(np.dtype(dtype).itemsize)


def _tapes(blocks: int, workers: int, at_once: bool, whole_bytes: int) -> tuple[Tape, ...]:
    """Tapes of all steps for as many as `WHOLE_BYTES` hold, if not one of a segment."""
    room = WHOLE_BYTES // max(whole_bytes, 1)
    if at_once:
        return _each("scratch" if room >= workers else "segment", blocks)
    own = min(room, blocks)
    return _each("block", own) + _each("segment", blocks - own)


def _each(tape: Tape, blocks: int) -> tuple[Tape, ...]:
    return (tape,) * blocks
