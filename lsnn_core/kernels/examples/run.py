"""A whole run of a block: forward in segments, backward by recomputing them.

Memory grows with the number of segments (one state each) plus the length of one (its tape), so
segments of about sqrt(T) steps bound it to O(sqrt(T)). A recomputed segment gives the same bits.
Where there is memory to spare, the tape holds V of all steps, and only b is recomputed.
"""

from __future__ import annotations

from ..jit import kernel
from ..network import ZERO, Events
from ..neuron import adaptation
from ..subnormal import EVERY, flush
from ..vectors.gathers import bit_count
from ..vectors.lanes import load, mask_of, splat, store
from .backward import backward_segment
from .forward import (
    clear_lanes,
    copy_items,
    copy_lanes,
    copy_pending,
    copy_state,
    forward_segment,
    repeat_adaptation,
)
from .state import Adjoint, Pass


@kernel
def run_forward(p: Pass):
    """Run all steps from `state`, saving the state before each segment in `saved`."""
    n_steps, segment, _, tape_holds_all, _ = p.sizes
    p.spikes.ptr[0] = 0
    for k in range((n_steps + segment - 1) // segment):
        t0, t1 = k * segment, min((k + 1) * segment, n_steps)
        copy_state(p.constants, p.state, ZERO, p.saved, k)
        if not tape_holds_all:
            copy_pending(p.constants, p.state, ZERO, p.saved, k)
        forward_segment(t0, t1, ZERO if tape_holds_all else t0, p)


@kernel
def run_backward(p: Pass, adjoint: Adjoint, tape_is_last: bool):
    """Walk all steps backwards, from an adjoint of zeros but for what the loss gives.

    `tape_is_last`: the tape still holds the last segment.
    """
    n_steps, segment, _, tape_holds_all, _ = p.sizes
    width, tape_V, after = p.constants.n + p.constants.n_out, p.tape.V, adjoint.after
    rows = p.constants.max_delay * width
    last = (n_steps + segment - 1) // segment - 1
    for k in range(last + 1, -1, -1):
        if k <= last:
            t0, t1 = k * segment, min((k + 1) * segment, n_steps)
            start = ZERO if tape_holds_all else t0
            # what the last spikes delivered beyond t1 is current, not an adjoint: overwrite it
            if k == last:
                clear_lanes(tape_V, (t1 - start) * width, rows)
            elif not tape_holds_all:
                copy_lanes(after, 0, tape_V, (t1 - start) * width, rows)
            backward_segment(t0, t1, start, p, adjoint)
            if not tape_holds_all:
                copy_lanes(tape_V, 0, after, 0, rows)
        # The segment before it is laid on the tape after this, not at the head of the next turn:
        # a process compiles what it meets first, and another one is at the forward pass.
        before = k - 1
        t0, t1 = before * segment, min(k * segment, n_steps)
        if before >= 0 and tape_holds_all:
            repeat_adaptation(t0, t1, before, p, adjoint.z)
        elif before >= 0 and not (before == last and tape_is_last):
            copy_state(p.constants, p.saved, before, p.state, ZERO)
            copy_pending(p.constants, p.saved, before, p.state, ZERO)
            forward_segment(t0, t1, t0, p)


@kernel
def complete_adaptation(p: Pass, z):
    """Take b of the neurons with beta = 0, which no step needed, to the end of a run as well.

    The spikes tell all of it. `z` (N,) is scratch.
    """
    rho, rise, b, regular = p.neurons.rho, p.neurons.rise, p.state.b, p.constants.first_adaptive
    ptr, source, lanes = p.spikes
    copy_items(p.saved.z, 0, z, 0, p.constants.n)
    for t in range(p.sizes.n_steps):
        for j in range(regular):
            spiked = mask_of(b, z[j])
            store(b, j, adaptation(load(b, j), spiked, rho[j], splat(b, rise[j])))
            z[j] = 0
        for e in range(ptr[t], ptr[t + 1]):
            z[source[e]] = lanes[e]
        if (p.constants.first_step + t + 1) % EVERY == 0:
            flush(b, 0, regular, p.constants.tiny)


@kernel
def count_spikes(events: Events, out):
    """Add to out[j] the spikes of source j, over all steps and lanes."""
    ptr, source, lanes = events
    for e in range(ptr[ptr.size - 1]):
        out[source[e]] += bit_count(lanes[e])
