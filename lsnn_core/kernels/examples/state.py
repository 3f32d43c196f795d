"""What the kernels of one block share: named groups of arrays.

A block is a set of examples that advance together, one per lane. "Lane array" means a flat array of
dtype `lanes_dtype`: item i holds one number for each example. Letters: T steps, N neurons,
K outputs, M = N + K targets, C connections, D the longest delay, S steps of a segment.

Time is cut into segments of S steps. The tape holds one segment and is written three times over:
item (t, j) first gathers the current I_j(t), then becomes the tested potential V_j(t), and on the
way back dL/dI_j(t). A connection of delay d to target j always reads and writes at the same
distance from the step its spike happened in: ``offset = d M + j``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..network import Constants, Events

SPARE = 15  # a vector of offsets is read whole, also the last one


class Connections(NamedTuple):
    """The connection list, ready to be walked: row s holds the connections of source s."""

    indptr: np.ndarray  # (n_in + N + 1,) int64
    offset: np.ndarray  # (C + SPARE,) int32: delay * M + target
    weight: np.ndarray  # (C,)


class Neurons(NamedTuple):
    """Constants of the neurons, (N,) each, in the scalar type of the lanes."""

    alpha: np.ndarray  # membrane decay per step
    gain: np.ndarray  # 1 - alpha
    rho: np.ndarray  # adaptation decay per step
    rise: np.ndarray  # 1 - rho
    beta: np.ndarray  # strength of adaptation
    b0: np.ndarray  # threshold at rest
    n_ref: np.ndarray  # refractory steps
    b_out: np.ndarray  # (K,) readout bias


class State(NamedTuple):
    """What a block remembers between two steps; the arrays hold `slots` such states in a row."""

    V: np.ndarray  # (slots * N,) lanes
    b: np.ndarray  # (slots * N,) lanes
    u: np.ndarray  # (slots * K,) lanes
    wait: np.ndarray  # (slots * N,) lanes: steps still refractory
    z: np.ndarray  # (slots * N,) uint16: spikes of the last step
    pending: np.ndarray  # (slots * D * M,) lanes: what past spikes will still deliver; empty where
    #                      the tape holds all steps of a run from rest


class Tape(NamedTuple):
    """Record of one segment, all lanes; or of all segments, but for b."""

    V: np.ndarray  # ((S + D) * M,) lanes: current, then tested V, then dL/dI
    b: np.ndarray  # (S * (N - first_adaptive),) lanes, of the last S steps
    ref: np.ndarray  # (S * N,) uint16


class Sizes(NamedTuple):
    """How time is cut, and what of the readout is kept."""

    n_steps: int  # T
    segment: int  # S
    y_start: int  # first step whose readout is kept
    tape_holds_all: bool  # but for b; no current under way is saved then
    truncate: int  # nothing flows back over the start of a stretch of so many steps; 0: all does


class Pass(NamedTuple):
    """Everything of a forward pass."""

    sizes: Sizes
    constants: Constants
    connections: Connections
    neurons: Neurons
    x: Events  # spikes of the inputs
    current: np.ndarray  # (T * N,) lanes, or empty: added to the synaptic current
    keys: np.ndarray  # (lanes,) uint64: seed the injected noise
    state: State  # one slot: where the pass begins and ends
    saved: State  # a slot for each segment: the state before it
    tape: Tape
    spikes: Events  # of the neurons
    y: np.ndarray  # (kept steps * K,) lanes


class Adjoint(NamedTuple):
    """What flows backwards from one step to the one before, and the sums it leaves."""

    V: np.ndarray  # (N,) lanes: dL/dV(t+1)
    b: np.ndarray  # (N,) lanes: dL/db(t+1)
    fire: np.ndarray  # (N,) lanes: gz psi / B of t+1 ("lsnn-official" only)
    B: np.ndarray  # (N,) lanes: B(t+1) ("lsnn-official" only)
    u: np.ndarray  # (K,) lanes
    alpha: np.ndarray  # (N,) lanes: gradients of the neurons' constants, this one times gain;
    rho: np.ndarray  # all four are empty unless they are wanted
    beta: np.ndarray
    b0: np.ndarray
    weight: np.ndarray  # (C,) numbers: the sum over lanes
    current: np.ndarray  # (T * N,) lanes, or empty: dL/dI
    after: np.ndarray  # (D * M,) lanes: dL/dI of the D steps after the segment; at the end, of the
    #                    current that was under way before t = 0. Empty where every block's
    #                    tape holds all steps
    d_y: np.ndarray  # (kept steps * K,) lanes: dL/dy, given
    d_z: np.ndarray  # (N,) numbers: what the loss adds to dL/dz at every step, given
    d_z_each: np.ndarray  # (T * N,) lanes, or empty: likewise, of each step and example, given
    z: np.ndarray  # (N,) uint16: the spikes that the reset of a step sees
