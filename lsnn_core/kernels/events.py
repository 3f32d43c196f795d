"""The one way to append spike events, for encoders and for worlds that a network acts in.

In this folder, because a cached kernel notices changes here and in its own file, in no other.
"""

from __future__ import annotations

from .jit import inner


@inner
def append_events(fired, count, source, lanes):
    """Append a step's spikes to `count` events, clear them, and return the new count.

    `fired` (n_in,) uint16 is the mask of the lanes in which each input fires. ``source`` and
    ``lanes`` must have room for a spike of every input.
    """
    for i in range(fired.shape[0]):
        if fired[i]:
            source[count] = i
            lanes[count] = fired[i]
            fired[i] = 0
            count += 1
    return count
