"""What readouts tell neurons: errors of a run, and the learning signal that comes of them.

The readout's filter is run backwards over the errors, which are known by now, instead of forwards
over each connection's trace (30): the sum is the same. Only what spikes before the loss's first
step still do to it needs the filtered trace, `Traces.late`.
"""

from __future__ import annotations

from ..examples.state import Pass
from ..jit import inner, kernel
from ..subnormal import flushed
from ..vectors.lanes import fma, item, lane_sum, load, splat, store
from .state import ITEMS, OF_LOSS, Learning, Segment


@kernel
def take_errors(p: Pass, e: Learning, d_y):
    """Make `d_u` of dL/dy, and begin the gradient with what went before the first error."""
    n, n_out, kappa = p.constants.n, p.constants.n_out, p.constants.kappa
    for k in range(n_out):
        d_u = splat(d_y, 0.0)
        for since in range(p.sizes.n_steps - e.readout_start - 1, -1, -1):
            d_u = kappa * d_u + (1.0 - kappa) * load(d_y, since * n_out + k)
            d_u = flushed(d_u, p.constants.tiny)
            store(e.d_u, since * n_out + k, d_u)
    ptr, place = e.incoming.ptr, e.incoming.place
    for j in range(n + n_out):
        error = error_of(j, 0, p, e) if j < n else load(e.d_u, j - n)
        of_each = e.d_z[j] if j < n else 0.0 * e.d_z[0]
        for q in range(ptr[j], ptr[j + 1]):
            before = lane_sum(error * load(e.traces.late, q))
            e.weight[place[q]] = before + of_each * e.traces.ever[q]


@inner
def error_of(j: int, since: int, p: Pass, e: Learning):
    """The learning signal of neuron j (31) at a step that the loss reads."""
    ptr, output, weight = e.feedback
    total = splat(e.column, 0.0)
    for f in range(ptr[j], ptr[j + 1]):
        at = since * p.constants.n_out + item(output, f)
        total = fma(item(weight, f), load(e.d_u, at), total)
    return total


@inner
def weigh_spikes(j: int, segment: Segment, p: Pass, e: Learning):
    """Write into the column what a spike of target j is worth at each step (32).

    An output has no spikes: there it is those that reach it (34).
    """
    n, kappa, column = p.constants.n, p.constants.kappa, e.column
    since = segment.t0 - e.readout_start
    worth = splat(column, 1.0)
    for t in range(segment.n_steps - 1, -1, -1):
        worth = kappa * worth
        if segment.known:
            if j < n:
                worth = error_of(j, since + t, p, e) + e.d_z[j]
            else:
                worth = load(e.d_u, (since + t) * p.constants.n_out + j - n)
        store(column, t * ITEMS + OF_LOSS, worth)
