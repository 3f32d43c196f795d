"""The population code as spike events, up to 16 examples side by side.

Twin of `tasks.encoding.population_code.PopulationCode.spikes`.
"""

from __future__ import annotations

import numpy as np

from lsnn_core.kernels.events import append_events
from lsnn_core.kernels.jit import kernel_with_arrays
from lsnn_core.kernels.network import ZERO
from lsnn_core.kernels.random import bits53


@kernel_with_arrays
def bumps(chance, first, size, keys, hold_steps, ptr, source, lanes):
    """Draw the spikes of the inputs around each signal's place.

    `chance` (L, E, S, W) int64: out of 2**53, for W inputs from number `first` (L, E, S) of the
    signal's `size` on; each value is held for `hold_steps`.
    """
    n_lanes, n_values, n_signals, n_around = chance.shape
    n_in = n_signals * size
    fired = np.zeros(n_in, np.uint16)
    e = ZERO
    for t in range(n_values * hold_steps):
        ptr[t] = e
        value = t // hold_steps
        for lane in range(n_lanes):
            for s in range(n_signals):
                begin = s * size + first[lane, value, s]
                for w in range(n_around):
                    hit = bits53(keys[lane], t * n_in + begin + w) < chance[lane, value, s, w]
                    fired[begin + w] |= hit << lane
        e = append_events(fired, e, source, lanes)
    ptr[n_values * hold_steps] = e
