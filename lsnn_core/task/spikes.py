"""Spike events: who fired when in a block of examples, as three arrays.

All of a neuron's spikes in one step, whatever the example, are one event with a bit for each
example ("lane"). The list is what the kernels read and write, and is the whole spike record.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import as_array
from ..text import show

MAX_LANES = 16
"""Bits in an event's mask."""


@dataclass(frozen=True, eq=False)
class SpikeEvents:
    """The spikes of T steps of a block of examples that advance side by side.

    Parameters
    ----------
    ptr
        int64 (T + 1): the events of step t are ``ptr[t]:ptr[t + 1]``.
    source
        int32 (E): who fired, ascending within a step.
    lanes
        uint16 (E): bit l is set if it fired in example l of the block; never 0.
    n_lanes
        Examples in the block, 1 to 16.
    """

    ptr: npt.NDArray[np.int64]
    source: npt.NDArray[np.int32]
    lanes: npt.NDArray[np.uint16]
    n_lanes: int

    @classmethod
    def none(cls, n_steps: int, n_lanes: int) -> SpikeEvents:
        """No spikes at all."""
        ptr = np.zeros(n_steps + 1, np.int64)
        return cls(ptr, np.empty(0, np.int32), np.empty(0, np.uint16), n_lanes)

    @property
    def n_steps(self) -> int:
        """T, the number of steps."""
        return len(self.ptr) - 1

    @property
    def step(self) -> npt.NDArray[np.int64]:
        """The step of each event, int64 (E)."""
        return np.repeat(np.arange(self.n_steps), np.diff(self.ptr))

    def validate(self, n_source: int) -> None:
        """Raise `UsageError` unless the arrays are as promised, with sources below `n_source`."""
        _check_n_lanes(self.n_lanes)
        _check_vector("events.ptr", self.ptr, np.int64)
        _check_vector("events.source", self.source, np.int32)
        _check_vector("events.lanes", self.lanes, np.uint16)
        ends = (int(self.ptr[0]), int(self.ptr[-1])) if self.ptr.size else None
        if ends != (0, len(self.source)):
            raise UsageError(
                f"events.ptr: expected to rise from 0 to the {len(self.source)} events, "
                f"found {ends} at its ends"
            )
        falls = self.ptr[1:] < self.ptr[:-1]
        if falls.any():
            t = int(np.argmax(falls))
            raise UsageError(
                f"events.ptr[{t + 1}]: expected at least {self.ptr[t]} as before it, "
                f"found {self.ptr[t + 1]}"
            )
        if len(self.lanes) != len(self.source):
            raise UsageError(
                f"events.lanes: expected one mask for each of the {len(self.source)} events, "
                f"found {len(self.lanes)}"
            )
        _check_range("source", self.source, 0, n_source - 1)
        _check_range("lanes", self.lanes, 1, (1 << int(self.n_lanes)) - 1)
        falls = self.source[1:] <= self.source[:-1]
        first = self.ptr[1:-1]  # event of a step; there it may fall
        falls[first[(first > 0) & (first < len(self.source))] - 1] = False
        if falls.any():
            t = self.step[np.argmax(falls)]
            raise UsageError(f"events.source: expected ascending sources in step {t}, found a fall")

    @classmethod
    def from_dense(cls, spikes: npt.NDArray[np.bool_]) -> SpikeEvents:
        """List the spikes of a bool array (T, L, n), L at most 16: any block, any population."""
        spikes = as_array(spikes)
        if spikes.ndim != 3 or spikes.dtype != np.bool_:
            raise UsageError(
                "spikes: expected a bool array (steps, examples, neurons), "
                f"found {spikes.dtype} {spikes.shape}"
            )
        n_steps, n_lanes, _ = spikes.shape
        _check_n_lanes(n_lanes)
        octets = np.packbits(spikes, axis=1, bitorder="little").astype(np.uint16)
        masks = octets[:, 0]
        if n_lanes > 8:
            masks |= octets[:, 1] << np.uint16(8)
        step, source = np.nonzero(masks)
        ptr = np.searchsorted(step, np.arange(n_steps + 1))
        return cls(ptr.astype(np.int64), source.astype(np.int32), masks[step, source], n_lanes)

    def to_dense(self, n: int) -> npt.NDArray[np.bool_]:
        """Return the spikes of sources 0 to n - 1 as a bool array (T, L, n)."""
        self.validate(n)
        spikes = np.zeros((self.n_steps, self.n_lanes, n), np.bool_)
        bits = self.lanes[:, None] >> np.arange(self.n_lanes, dtype=np.uint16) & 1
        spikes[self.step, :, self.source] = bits
        return spikes


class EventBuffers(NamedTuple):
    """Arrays for a kernel to write one block's events into, again and again; one set a thread."""

    ptr: npt.NDArray[np.int64]
    source: npt.NDArray[np.int32]
    lanes: npt.NDArray[np.uint16]

    @classmethod
    def allocate(cls, n_steps: int, n_source: int) -> EventBuffers:
        """Return room for a spike of every source in every step."""
        most = n_steps * n_source
        ptr = np.zeros(n_steps + 1, np.int64)
        return cls(ptr, np.empty(most, np.int32), np.empty(most, np.uint16))

    def check(self, n_lanes: int, n_steps: int, n_source: int) -> None:
        """Raise `UsageError` unless a block of this size is sure to fit: kernels do not look."""
        _check_n_lanes(n_lanes)
        for name, dtype in (("ptr", np.int64), ("source", np.int32), ("lanes", np.uint16)):
            _check_vector(f"buffers.{name}", getattr(self, name), dtype)
        room = min(self.source.size, self.lanes.size)
        if self.ptr.size != n_steps + 1 or room < n_steps * n_source:
            raise UsageError(
                f"buffers: expected {n_steps} steps and room for {n_steps * n_source} events, "
                f"found {self.ptr.size - 1} and {room}; allocate them for this task"
            )

    def events(self, n_lanes: int) -> SpikeEvents:
        """Return what was written, as views: good until the next block is."""
        end = self.ptr[-1]
        return SpikeEvents(self.ptr, self.source[:end], self.lanes[:end], n_lanes)


def _check_n_lanes(n_lanes: int) -> None:
    if not isinstance(n_lanes, int | np.integer) or not 1 <= n_lanes <= MAX_LANES:
        raise UsageError(
            f"a block holds 1 to {MAX_LANES} examples, found {show(n_lanes)}; use several blocks"
        )


def _check_vector(name: str, array: npt.NDArray[np.generic], dtype: type[np.generic]) -> None:
    if not isinstance(array, np.ndarray):
        raise UsageError(f"{name}: expected a vector of {np.dtype(dtype)}, found {show(array)}")
    if array.ndim != 1 or array.dtype != dtype:
        raise UsageError(
            f"{name}: expected a vector of {np.dtype(dtype)}, found {array.dtype} {array.shape}"
        )


def _check_range(name: str, array: npt.NDArray[np.integer], low: int, high: int) -> None:
    if array.size and not low <= array.min() <= array.max() <= high:
        bad = array[(array < low) | (array > high)]
        raise UsageError(f"events.{name}: expected {low} to {high}, found {bad[0]}")
