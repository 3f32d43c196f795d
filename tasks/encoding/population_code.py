"""Population code: a number is the place of a bump of activity among neurons with Gaussian tuning.

Input i of a signal prefers the value m_i and fires at ``r_max exp(-(m_i - s)^2 / (2 sigma^2))``
(paper, supplement). The width is a fraction of the signal's range (our choice: the recalled
one leaves most values without a spike).

Three codes place these spikes in time (D-spike-codes):

"bernoulli"
    Each step by chance, p = r / 1000: the paper's.
"regular"
    Input i fires at step k of a value, counted from 1, if ``frac(0.7549 i + 0.6180 k) < p``.
    Nothing is drawn: a value is an exact pattern, the same each time it is shown.
"random-phase"
    The same with a phase in the place of 0.7549 i that is drawn anew for each input and value: the
    count is nearly exact, the times are random.

Multiples of 0.6180 (the golden ratio) fill a turn as evenly as can be, so that a count over 20
steps differs from 20 p by less than 2 where p is at most 0.1.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError
from lsnn_core.random.counter import bits53
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from .checks import check_array
from .kernels import BERNOULLI, RANDOM_PHASE, REGULAR, WHOLE, Clock, bumps

Array = npt.NDArray[Any]
CODES: Final = {"bernoulli": BERNOULLI, "regular": REGULAR, "random-phase": RANDOM_PHASE}
PHASE: Final = int(0.7548776662466927 * WHOLE)
"""From one input to the next: 1 / 1.3247, the plastic ratio, even beside multiples of TURN."""
TURN: Final = int(0.6180339887498949 * WHOLE)
"""From one step to the next: 1 / 1.6180."""
REACH: Final = 4.0  # widths beyond which an input stays silent: it would fire once in 15 s


@dataclass(frozen=True)
class PopulationCode:
    """How S signals become the spikes of S populations.

    Parameters
    ----------
    low, high
        Range of each signal, (S,).
    size
        Inputs for each signal.
    rate_hz
        r_max.
    width
        sigma, as a fraction of the range.
    hold_ms
        How long a value is shown.
    kind
        One of `CODES`.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]
    size: int
    rate_hz: float
    width: float
    hold_ms: int
    kind: str = "bernoulli"

    @property
    def n_in(self) -> int:
        """Inputs in all."""
        return len(self.low) * self.size

    def places(self, signals: Array) -> Array:
        """Signals (..., S) as places on the axis of preferred values, 0 to size - 1."""
        low, high = np.array(self.low), np.array(self.high)
        if signals.shape[-1:] != low.shape:
            raise UsageError(
                f"signals: expected {len(low)} along the last axis, found shape {signals.shape}"
            )
        if not np.isfinite(signals).all():
            raise UsageError("signals: expected finite numbers, found NaN or infinity")
        margin = 1e-9 * (high - low)
        if (signals < low - margin).any() or (signals > high + margin).any():
            raise UsageError(
                f"signals: expected values in {low} to {high}, found {signals.min((0, 1))} to "
                f"{signals.max((0, 1))}; the range is that of the task's family"
            )
        return np.asarray((signals - low) / (high - low) * (self.size - 1))

    def chance(self, distance: Array) -> Array:
        """Probability, out of 2**53, of a spike in 1 ms at a distance in places; int64."""
        sigma = self.width * (self.size - 1)
        rate = self.rate_hz * np.exp(-0.5 * (distance / sigma) ** 2)
        return np.floor(rate / 1000.0 * 2.0**53).astype(np.int64)

    def spikes(self, signals: Array, keys: Array) -> npt.NDArray[np.bool_]:
        """Spikes of signals (L, E, S), bool (T, L, n_in): the readable twin of `events`."""
        places = self.places(signals)
        n_lanes, n_values = places.shape[:2]
        distance = np.abs(np.arange(self.size) - places[..., None])
        chance = np.where(distance <= self._reach, self.chance(distance), 0)
        chance = chance.reshape(n_lanes, n_values, self.n_in).swapaxes(0, 1)
        draws = self._draws(keys, n_values)
        return np.asarray(draws < np.repeat(chance, self.hold_ms, axis=0))

    def clock(self) -> Clock:
        """What the code's kind makes of time; the phases are those of "regular"."""
        phase = np.arange(self.size, dtype=np.uint64) * np.uint64(PHASE)  # modulo 2**64
        turn = np.arange(1, self.hold_ms + 1, dtype=np.uint64) * np.uint64(TURN)
        return Clock(CODES[self.kind], *((a % WHOLE).astype(np.int64) for a in (phase, turn)))

    def _draws(self, keys: Array, n_values: int) -> Array:
        """What a chance must exceed for a spike, out of 2**53: (T, L, n_in) or (T, 1, n_in).

        What is drawn is a function of (key, step or value, input) alone.
        """
        kind, phase, turn = self.clock()
        T, n_in = n_values * self.hold_ms, self.n_in
        if kind == BERNOULLI:
            return bits53(keys[:, None], np.arange(T * n_in).reshape(T, 1, n_in))
        phase = np.tile(phase, len(self.low))
        if kind == RANDOM_PHASE:
            drawn = bits53(keys[:, None], np.arange(n_values * n_in).reshape(n_values, 1, n_in))
            phase = np.repeat(drawn, self.hold_ms, axis=0)
        return np.asarray((phase + np.tile(turn, n_values)[:, None, None]) % WHOLE)

    def events(
        self, signals: Array, keys: Array, buffers: EventBuffers | None = None
    ) -> SpikeEvents:
        """Spikes of signals (L, E, S) of up to 16 examples, as events.

        Parameters
        ----------
        signals
            Values in the ranges, each shown for `hold_ms`.
        keys
            uint64 (L), one random stream an example.
        buffers
            For E `hold_ms` steps and `n_in` inputs; allocated if not given.
        """
        places = self.places(signals)
        if places.ndim != 3:
            raise UsageError(
                f"signals: expected (examples, values, signals), found shape {places.shape}"
            )
        n_lanes, n_values = places.shape[:2]
        check_array("keys", keys, np.uint64, (n_lanes,))
        T = n_values * self.hold_ms
        out = buffers or EventBuffers.allocate(T, self.n_in)
        out.check(n_lanes, T, self.n_in)
        chance, first = self._chances(places)
        bumps(self.clock(), chance, first, keys.copy(), *out)
        return out.events(n_lanes)

    @property
    def _reach(self) -> float:
        return REACH * self.width * (self.size - 1)

    def _chances(self, places: Array) -> tuple[Array, Array]:
        """Chances (L, E, S, W) of the W inputs around each place, and the first of these."""
        W = min(self.size, 2 * math.ceil(self._reach) + 1)
        first = np.clip(np.ceil(places - self._reach), 0, self.size - W).astype(np.int64)
        distance = np.abs(first[..., None] + np.arange(W) - places[..., None])
        return np.where(distance <= self._reach, self.chance(distance), 0), first
