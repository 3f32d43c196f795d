"""Symbol sequences as spike events, up to 16 side by side.

Twin of `tasks.store_recall.sequences.input_spikes`.
"""

from __future__ import annotations

import numpy as np

from lsnn_core.kernels.events import append_events
from lsnn_core.kernels.jit import kernel_with_arrays
from lsnn_core.kernels.network import ZERO
from lsnn_core.kernels.random import bits53


@kernel_with_arrays
def input_spikes(gates, keys, chance, group_size, symbol_steps, ptr, source, lanes):
    """Encode symbol sequences by groups of inputs that fire at random while their gate is open.

    gates: bool (L, symbols, groups); an input of an open group fires in each step with probability
    ``chance / 2**53``; example l draws from the stream ``keys[l]``.
    """
    n_lanes, n_symbols, n_groups = gates.shape
    n_in = n_groups * group_size
    fired = np.zeros(n_in, np.uint16)
    e = ZERO
    for t in range(n_symbols * symbol_steps):
        ptr[t] = e
        for lane in range(n_lanes):
            for group in range(n_groups):
                if not gates[lane, t // symbol_steps, group]:
                    continue
                for i in range(group * group_size, (group + 1) * group_size):
                    fired[i] |= (bits53(keys[lane], t * n_in + i) < chance) << lane
        e = append_events(fired, e, source, lanes)
    ptr[n_symbols * symbol_steps] = e
