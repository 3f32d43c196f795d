"""How a batch is cut into blocks of lanes: by example index alone, never by the machine."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..task.spikes import MAX_LANES


def block_sizes(batch: int, largest: int = MAX_LANES) -> list[int]:
    """How many examples go into each block: up to `largest`, but at least two blocks for two cores.

    Depends on the batch alone, never on the machine, so that sums come out the same everywhere.
    """
    count = max(min(batch, 2), -(-batch // largest))
    return [batch // count + (i < batch % count) for i in range(count)]


def lane_width(examples: int) -> int:
    """Smallest power of two that holds `examples`."""
    return 1 << (examples - 1).bit_length()


def cut(batch: int, lanes: int) -> list[int]:
    """Blocks of `lanes` examples each, the last one shorter."""
    return [min(lanes, batch - start) for start in range(0, batch, lanes)]


def slices(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """First and one past the last example of each block."""
    start = 0
    for size in sizes:
        yield start, start + size
        start += size
