"""What e-prop carries from one segment to the next, and what one segment needs.

Time is cut into segments of S steps, each run forward and learned from while it is on the tape. No
error passes from neuron to neuron, so this is done neuron by neuron, all steps of a segment at
once: what a spike that reaches neuron j at step t does to the end of the segment is the same for
all connections of j. A connection then carries on, per example, its eligibility traces of V and b
at the end of the segment: (26) to (29) of the derivation in steps of S.

Letters as in `kernels.examples.state`. A column holds four vectors for each step of a segment:
what a unit of weight, times a spike that arrives at step t, adds to

* `OF_V`, `OF_b`: the traces of V and b after the last step,
* `OF_LOSS`: the loss where its errors are known; else `Traces.late`,
* `OF_SPIKES`: the sum of e over the steps, which a loss on spikes multiplies.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..network import Events

OF_V, OF_b, OF_LOSS, OF_SPIKES = range(4)
ITEMS = 4  # of a column, in a step


class Incoming(NamedTuple):
    """The connection list once more, by target: neuron or output j has ptr[j]:ptr[j + 1]."""

    ptr: np.ndarray  # (M + 1,) int64
    source: np.ndarray  # (C,) int32
    delay: np.ndarray  # (C,) int32
    place: np.ndarray  # (C,) int64: in the list by source


class Feedback(NamedTuple):
    """What tells neurons of the readouts' errors: of neuron j, ptr[j]:ptr[j + 1]."""

    ptr: np.ndarray  # (N + 1,) int64
    output: np.ndarray  # (F,) int32
    weight: np.ndarray  # (F,)


class Traces(NamedTuple):
    """What is carried from segment to segment; of connections in the order of `Incoming`."""

    V: np.ndarray  # (C,) lanes: trace of V
    b: np.ndarray  # (C_A,) lanes: trace of b, from the first connection of an adaptive neuron on
    late: np.ndarray  # (C,) lanes: sum over t of kappa^(end - t) e(t); to an output, of z(t)
    ever: np.ndarray  # (C,) numbers: sum over lanes and steps of e
    last_V: np.ndarray  # (N,) lanes: V of the step before the segment
    last_b: np.ndarray  # (N_A,) lanes: b of that step
    last_ref: np.ndarray  # (N,) uint16: who was refractory
    last_z: np.ndarray  # (N,) uint16: who fired
    spikes: Events  # of the neurons: of the D steps before the segment, then of its own


class Trains(NamedTuple):
    """Spikes of a segment and of the D steps before it, by source: first[s]:first[s + 1]."""

    first: np.ndarray  # (n_in + N + 1,) int64
    step: np.ndarray  # (E,) int32: from the segment's first, so negative before it; ascending
    lanes: np.ndarray  # (E,) uint16


class Segment(NamedTuple):
    """Some steps, and what is learned from them."""

    t0: int
    n_steps: int
    known: bool  # whether the loss's errors are: else traces are carried on, to meet them later
    with_loss: bool  # whether the loss will hear of the segment's spikes at all
    with_spikes: bool  # whether a sum of e over steps is kept for a loss on spikes
    fade: float  # kappa^n_steps


class Learning(NamedTuple):
    """What e-prop needs beside a forward pass, all examples of a block."""

    incoming: Incoming
    feedback: Feedback
    traces: Traces
    trains: Trains
    column: np.ndarray  # (4 S,) lanes
    d_u: np.ndarray  # (kept steps * K,) lanes: (1 - kappa) dL/du, of the steps the loss reads
    d_z: np.ndarray  # (N,) numbers: what the loss adds to dL/dz at every step
    counts: np.ndarray  # (N,) int64: spikes so far, over lanes
    weight: np.ndarray  # (C,) numbers: dL/dW in the list by source
    readout_start: int  # the first step the loss reads
    memory: int  # steps after which the readout has forgotten a spike, to rounding
