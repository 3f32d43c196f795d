"""Recorded spikes as (times, ids) of examples, binned into steps and handed out as events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError
from lsnn_core.task.spikes import SpikeEvents

Array = npt.NDArray[Any]
MOST_SITES: Final = 2**31
"""Steps times inputs: a spike is kept as one number of 32 bits."""
ROUNDING: Final = 1e-3
"""Of a step: a time so little below the beginning of a step counts as there (D-recorded-spikes)."""


class Grid(NamedTuple):
    """How times become steps: `per_step` units of time each, those from `n_steps` on are cut."""

    n_in: int
    n_steps: int
    per_step: float


class Spikes(NamedTuple):
    """Some examples' spikes: times (S,), ids (S,); example i has ``ptr[i]:ptr[i + 1]`` of them."""

    times: Array
    ids: Array
    ptr: Array


@dataclass(frozen=True, eq=False)
class Examples:
    """Examples with one label each.

    Parameters
    ----------
    grid
        Number of inputs and of steps.
    site
        int32 (S,): step times n_in plus input of each spike, ascending in an example, none twice.
    ptr
        int64 (N + 1,): the spikes of example i are ``ptr[i]:ptr[i + 1]``.
    label
        int64 (N,)
    """

    grid: Grid
    site: npt.NDArray[np.int32]
    ptr: npt.NDArray[np.int64]
    label: npt.NDArray[np.int64]

    def __len__(self) -> int:
        """N."""
        return len(self.label)

    @classmethod
    def binned(cls, grid: Grid, parts: Iterable[Spikes], label: Array) -> Examples:
        """Return examples whose spikes come in parts, of some examples each.

        Several spikes of an input in one step count as one. Raises `UsageError` for what is no
        spike of this grid.
        """
        sites, counts, n = [np.empty(0, np.int32)], [np.zeros(1, np.int64)], 0
        for part in parts:
            site, count = _bin(part, grid, n)
            sites.append(site)
            counts.append(count)
            n += len(count)
        return cls(grid, np.concatenate(sites), np.cumsum(np.concatenate(counts)), label)

    def take(self, index: Array) -> Examples:
        """Return some of the examples."""
        sites = [np.empty(0, np.int32)]
        sites += [self.site[self.ptr[i] : self.ptr[i + 1]] for i in index]
        count = np.append(0, np.diff(self.ptr)[index])
        return Examples(self.grid, np.concatenate(sites), np.cumsum(count), self.label[index])

    def events(self, index: Array) -> SpikeEvents:
        """Return the spikes of at most 16 examples, side by side."""
        parts = [self.site[self.ptr[i] : self.ptr[i + 1]] for i in index]
        site = np.concatenate(parts)
        if not len(site):
            return SpikeEvents.none(self.grid.n_steps, len(index))
        bit = np.repeat(np.left_shift(1, np.arange(len(index))), [len(part) for part in parts])
        order = np.argsort(site, kind="stable")
        site = site[order]
        first = np.flatnonzero(np.append(True, site[1:] != site[:-1]))
        lanes = np.bitwise_or.reduceat(bit.astype(np.uint16)[order], first)
        site = site[first]
        ends = np.arange(self.grid.n_steps + 1, dtype=np.int64) * self.grid.n_in
        source = (site % self.grid.n_in).astype(np.int32)
        return SpikeEvents(np.searchsorted(site, ends), source, lanes, len(index))


def check_grid(n_in: int, n_steps: int) -> None:
    """Refuse more sites than a spike's number can tell."""
    if n_in * n_steps >= MOST_SITES:
        raise UsageError(
            f"task.n_steps: found {n_steps}, expected less than {-(-MOST_SITES // n_in)} with "
            f"{n_in} inputs"
        )


def _bin(part: Spikes, grid: Grid, first: int) -> tuple[npt.NDArray[np.int32], Array]:
    """Sites of a part's spikes, and how many each example has; `first` is that of its first."""
    _check(part, grid, first)
    times, ids, ptr = part.times, part.ids, part.ptr.astype(np.int64)
    n = len(ptr) - 1
    with np.errstate(over="ignore"):  # what is too late for a float is too late for the network
        step = np.floor(times.astype(np.float64, copy=False) / grid.per_step + ROUNDING)
    inside = step < grid.n_steps
    example = np.repeat(np.arange(n), np.diff(ptr))[inside]
    site = step[inside].astype(np.int64) * grid.n_in + ids[inside].astype(np.int64)
    size = grid.n_in * grid.n_steps
    every = np.sort(example * size + site)  # N times 2**31 is less than 2**63
    once = every[np.diff(every, prepend=-1) != 0]  # as np.unique does, ten times as fast
    return (once % size).astype(np.int32), np.bincount(once // size, minlength=n)


def _check(part: Spikes, grid: Grid, first: int) -> None:
    """Refuse arrays that do not belong together, times that are none and ids outside the inputs."""
    times, ids, ptr = part
    kinds = (("times", times, "fiu"), ("ids", ids, "iu"), ("ptr", ptr, "iu"))
    for name, array, kind in kinds:
        if array.ndim != 1 or array.dtype.kind not in kind:
            expected = "numbers" if "f" in kind else "integers"
            raise UsageError(
                f"{name}: expected a vector of {expected}, found {array.dtype} {array.shape}"
            )
    if len(times) != len(ids):
        raise UsageError(f"ids: expected {len(times)}, one for each time, found {len(ids)}")
    ends = (int(ptr[0]), int(ptr[-1])) if len(ptr) else None
    if ends != (0, len(times)) or (ptr[1:] < ptr[:-1]).any():  # unsigned: no differences
        raise UsageError(f"ptr: expected to rise from 0 to the {len(times)} spikes, never to fall")
    wrong = ~(np.isfinite(times) & (times >= 0))
    _refuse(part, "times", wrong, "a finite time of at least 0", first)
    wrong = (ids < 0) | (ids >= grid.n_in)
    _refuse(part, "ids", wrong, f"an input from 0 to {grid.n_in - 1}", first)


def _refuse(part: Spikes, name: str, wrong: Array, expected: str, first: int) -> None:
    if wrong.any():
        at = int(np.argmax(wrong))
        example = first + int(np.searchsorted(part.ptr, at, side="right")) - 1
        found = getattr(part, name)[at]
        raise UsageError(f"{name}: expected {expected}, found {found} in example {example}")
