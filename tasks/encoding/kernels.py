"""The population code as spike events, up to 16 examples side by side.

Twin of `tasks.encoding.population_code.PopulationCode.spikes`.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from lsnn_core.kernels.events import append_events
from lsnn_core.kernels.jit import kernel_with_arrays
from lsnn_core.kernels.network import ZERO
from lsnn_core.kernels.random import bits53

BERNOULLI, REGULAR, RANDOM_PHASE = range(3)
WHOLE = 1 << 53  # a turn of a phase, and a chance of 1
_MASK = WHOLE - 1


class Clock(NamedTuple):
    """When inputs of a given chance fire."""

    kind: int  # BERNOULLI, REGULAR or RANDOM_PHASE
    phase: np.ndarray  # (size,) int64, out of WHOLE: of a signal's inputs, for REGULAR
    turn: np.ndarray  # (hold_steps,) int64: how far phases have turned at each step of a value


@kernel_with_arrays
def bumps(clock: Clock, chance, first, keys, ptr, source, lanes):
    """Draw the spikes of the inputs around each signal's place.

    `chance` (L, E, S, W) int64: out of WHOLE, for W inputs from number `first` (L, E, S) of a
    signal's on.
    """
    kind, phase, turn = clock
    n_lanes, n_values, n_signals, n_around = chance.shape
    size, hold_steps = phase.shape[0], turn.shape[0]
    n_in = n_signals * size
    fired = np.zeros(n_in, np.uint16)
    e = ZERO
    for t in range(n_values * hold_steps):
        ptr[t] = e
        value = t // hold_steps
        turned = turn[t % hold_steps]
        for lane in range(n_lanes):
            for s in range(n_signals):
                start = first[lane, value, s]
                begin = s * size + start
                for w in range(n_around):
                    if kind == BERNOULLI:
                        draw = bits53(keys[lane], t * n_in + begin + w)
                    elif kind == REGULAR:
                        draw = (phase[start + w] + turned) & _MASK
                    else:
                        draw = (bits53(keys[lane], value * n_in + begin + w) + turned) & _MASK
                    hit = draw < chance[lane, value, s, w]
                    fired[begin + w] |= hit << lane
        e = append_events(fired, e, source, lanes)
    ptr[n_values * hold_steps] = e
