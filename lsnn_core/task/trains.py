"""Spikes as times and ids: what users bring, and what a run gives back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import as_array, integers, number, reals, refuse, whole
from ..text import show
from ..units import DT_MS
from .spikes import SpikeEvents

Array = npt.NDArray[Any]
ROUNDING = 1e-6  # of a step: 0.3 ms are three steps of 0.1 ms, whatever floats make of it


@dataclass(frozen=True, eq=False, repr=False)
class SpikeTrains:
    """Who fired when, in each example of a batch; ``trains[e]`` are its times (ms) and ids.

    `from_times` makes one of times and ids, `from_dense` of an array of zeros and ones;
    `LSNN.forward` takes it as input, and `Run.spikes` returns one. The arrays are read-only.

    Parameters
    ----------
    step
        int64 (S,): the step of each spike, ascending within an example.
    ids
        int32 (S,): who fired, ascending within a step, nobody twice.
    ptr
        int64 (B + 1,): the spikes of example e are ``ptr[e]:ptr[e + 1]``.
    n_steps, n
        T, and the number of those who could have fired.
    dt_ms
        Length of a step.
    """

    step: npt.NDArray[np.int64]
    ids: npt.NDArray[np.int32]
    ptr: npt.NDArray[np.int64]
    n_steps: int
    n: int
    dt_ms: float = DT_MS

    @classmethod
    def from_times(
        cls,
        examples: Sequence[tuple[npt.ArrayLike, npt.ArrayLike]],
        n_steps: int,
        n: int,
        dt_ms: float = DT_MS,
    ) -> SpikeTrains:
        """Sort spikes into steps: one at time `tau` is in step floor(tau / dt).

        Parameters
        ----------
        examples
            For each example its times in ms, in any order, and as many ids from 0 to n - 1. What
            fires twice in one step fires once: a step holds one spike of each or none.
        n_steps, n
            T, and the number of inputs.
        dt_ms
            Length of a step.

        Raises
        ------
        UsageError
            A time is outside 0 to T dt, an id is not below `n`, or they are not as many.
        """
        n_steps, n = whole("n_steps", n_steps, 1), whole("n", n)
        dt_ms = number("dt_ms", dt_ms, "a length in ms above 0", np.nextafter(0.0, 1.0))
        keys = [_keys(e, example, n_steps, n, dt_ms) for e, example in enumerate(_pairs(examples))]
        return cls._of_keys(keys, n_steps, n, dt_ms)

    @classmethod
    def from_dense(cls, spikes: npt.ArrayLike, dt_ms: float = DT_MS) -> SpikeTrains:
        """List the spikes of an array (T, B, n) of zeros and ones."""
        z = reals("spikes", spikes, (None, None, None), "time, batch, and one entry for each")
        refuse("spikes", z, (z != 0) & (z != 1), "expected spikes, 0 or 1")
        n_steps, count, n = z.shape
        keys = [np.flatnonzero(z[:, e]) for e in range(count)]
        return cls._of_keys(keys, n_steps, n, dt_ms)

    @classmethod
    def from_events(
        cls, blocks: Sequence[SpikeEvents], n: int, dt_ms: float = DT_MS
    ) -> SpikeTrains:
        """List the spikes of blocks of examples, one block after the other."""
        keys = []
        for events in blocks:
            key = events.step * n + events.source
            lanes = range(events.n_lanes)
            keys += [key[events.lanes >> np.uint16(lane) & 1 != 0] for lane in lanes]
        return cls._of_keys(keys, blocks[0].n_steps, n, dt_ms)

    @classmethod
    def _of_keys(
        cls, keys: Sequence[npt.NDArray[np.int64]], n_steps: int, n: int, dt_ms: float
    ) -> SpikeTrains:
        """From numbers step * n + id, ascending, of each example."""
        joined = np.concatenate([*keys, np.zeros(0, np.int64)])
        step, ids = np.divmod(joined, max(n, 1))
        ptr = np.cumsum([0, *map(len, keys)])
        arrays = step, ids.astype(np.int32), ptr.astype(np.int64)
        for array in arrays:
            array.flags.writeable = False
        return cls(*arrays, n_steps, n, dt_ms)

    @property
    def n_examples(self) -> int:
        """B."""
        return len(self.ptr) - 1

    def __len__(self) -> int:
        """Return the number of examples, B."""
        return self.n_examples

    def __getitem__(self, example: int) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]:
        """Times in ms, ascending, and ids of one example."""
        if not -len(self) <= example < len(self):
            raise IndexError(f"example: expected one of {len(self)}, found {example}")
        example %= len(self)
        part = slice(self.ptr[example], self.ptr[example + 1])
        return np.multiply(self.step[part], self.dt_ms, dtype=np.float64), self.ids[part]

    def __iter__(self) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.int32]]]:
        """Times and ids of each example in turn."""
        return (self[example] for example in range(len(self)))

    def __repr__(self) -> str:
        """One line, however many spikes there are."""
        return (
            f"SpikeTrains({len(self)} examples of {self.n_steps} steps of {self.dt_ms:g} ms, "
            f"{len(self.ids)} spikes of {self.n})"
        )

    def events(self, start: int, stop: int) -> SpikeEvents:
        """The spikes of examples start:stop, at most 16, as a block takes them."""
        first, last = self.ptr[start], self.ptr[stop]
        lane = np.repeat(np.arange(stop - start), np.diff(self.ptr[start : stop + 1]))
        key = self.step[first:last] * self.n + self.ids[first:last]
        order = np.argsort(key, kind="stable")
        key, bit = key[order], np.left_shift(1, lane[order]).astype(np.uint16)
        begins = np.flatnonzero(np.diff(key, prepend=-1))
        masks = np.bitwise_or.reduceat(bit, begins) if len(begins) else bit
        step, source = np.divmod(key[begins], max(self.n, 1))
        ptr = np.searchsorted(step, np.arange(self.n_steps + 1)).astype(np.int64)
        return SpikeEvents(ptr, source.astype(np.int32), masks, stop - start)

    def steps(self, first: int, last: int) -> SpikeTrains:
        """The spikes of the steps first ... last - 1, counted from `first`."""
        inside = (self.step >= first) & (self.step < last)
        ptr = np.concatenate([[0], np.cumsum(inside)])[self.ptr]
        return SpikeTrains(
            self.step[inside] - first, self.ids[inside], ptr, last - first, self.n, self.dt_ms
        )

    def dense(self) -> npt.NDArray[np.bool_]:
        """All spikes as a bool array (T, B, n)."""
        z = np.zeros((self.n_steps, len(self), self.n), np.bool_)
        z[self.step, np.repeat(np.arange(len(self)), np.diff(self.ptr)), self.ids] = True
        return z


def _pairs(examples: Any) -> list[tuple[Any, Any]]:
    if isinstance(examples, str) or not isinstance(examples, Sequence):
        raise UsageError(
            f"examples: expected a list with (times, ids) for each example, found {show(examples)}"
        )
    for e, example in enumerate(examples):
        if not isinstance(example, Sequence) or len(example) != 2:
            raise UsageError(
                f"examples[{e}]: expected a pair (times, ids), found {show(example)}; "
                "of one example give a list of one pair"
            )
    return list(examples)


def _keys(
    e: int, example: tuple[Any, Any], n_steps: int, n: int, dt_ms: float
) -> npt.NDArray[np.int64]:
    """Numbers step * n + id of the spikes of example `e`, ascending, nobody twice in a step."""
    name = f"examples[{e}]"
    times = reals(f"{name} times", example[0], (None,), "times in ms")
    count = len(times)
    given = as_array(example[1])
    ids = integers(f"{name} ids", given.astype(np.int64) if given.size == 0 else given, (count,))
    end = n_steps * dt_ms
    refuse(f"{name} times", times, (times < 0) | (times >= end), f"expected 0 to below {end:g} ms")
    refuse(f"{name} ids", ids, (ids < 0) | (ids >= n), f"expected 0 to {n - 1}")
    step = np.minimum(np.floor(times / dt_ms + ROUNDING), n_steps - 1).astype(np.int64)
    return np.unique(step * n + ids.astype(np.int64))
