"""What the kernels of one block share: named groups of arrays.

A block is a set of examples that advance together, one per lane. "Lane array" means a flat array of
dtype `lanes_dtype`: item i holds one number for each example. Letters: T steps, N neurons,
K outputs, M = N + K targets, C connections, D the longest delay, S steps of a segment, R ring size.

Time is cut into segments of S steps. The tape holds one segment and is written three times over:
item (t, j) first gathers the current I_j(t), then becomes the tested potential V_j(t), and on the
way back dL/dI_j(t). A connection of delay d to target j always reads and writes at the same
distance from the step its spike happened in: ``offset = d M + j``.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ZERO = np.int64(0)
"""For kernels that call kernels: Numba compiles a function once more for a literal 0."""

SPARE = 15  # a vector of offsets is read whole, also the last one


class Wiring(NamedTuple):
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
    n_ref: np.ndarray  # int64: refractory steps
    b_out: np.ndarray  # (K,) readout bias


class Setting(NamedTuple):
    """Numbers that hold for the whole network."""

    n_in: int
    n: int
    n_out: int
    max_delay: int
    first_adaptive: int  # neurons before this one have beta = 0 and keep no b
    official: bool  # convention "lsnn-official": test V(t-1), reset by B(t)
    through_reset: bool  # False stops the gradient through the reset term
    kappa: float  # readout decay per step
    gamma: float  # dampening
    noise: float  # standard deviation of the injected current
    alive: int  # bit l is set if lane l holds an example
    first_step: int  # steps taken before this run, which goes on where they left noise and clearing
    tiny: float  # smaller numbers are set to zero, see `subnormal`


class Events(NamedTuple):
    """Spikes of a block: those of step t are ptr[t]:ptr[t + 1], ascending in source."""

    ptr: np.ndarray  # (T + 1,) int64
    source: np.ndarray  # (E,) int32
    lanes: np.ndarray  # (E,) uint16: bit l set where lane l spiked


class State(NamedTuple):
    """What a block remembers between two steps; the arrays hold `slots` such states in a row."""

    V: np.ndarray  # (slots * N,) lanes
    b: np.ndarray  # (slots * N,) lanes
    u: np.ndarray  # (slots * K,) lanes
    z: np.ndarray  # (slots * N,) uint16: spikes of the last step
    ref: np.ndarray  # (slots * N,) uint16: refractory lanes
    release: np.ndarray  # (slots * R * N,) uint16: lanes that become free at step t, at row t % R
    pending: np.ndarray  # (slots * D * M,) lanes: what past spikes will still deliver


class Tape(NamedTuple):
    """Record of one segment, all lanes; or of all segments, but for b."""

    V: np.ndarray  # ((S + D) * M,) lanes: current, then tested V, then dL/dI
    b: np.ndarray  # (S * (N - first_adaptive),) lanes, of the last S steps
    ref: np.ndarray  # (S * N,) uint16
    alpha: np.ndarray  # (S * N,) lanes: V(t-1) - I(t); empty unless parameter gradients are wanted
    rho: np.ndarray  # (S * (N - first_adaptive),) lanes: b(t-1) - z(t-1); likewise


class Adjoint(NamedTuple):
    """What flows backwards from one step to the one before, and what has been gathered so far."""

    V: np.ndarray  # (N,) lanes: dL/dV(t+1)
    b: np.ndarray  # (N,) lanes: dL/db(t+1)
    fire: np.ndarray  # (N,) lanes: gz psi / B of t+1 ("lsnn-official" only)
    B: np.ndarray  # (N,) lanes: B(t+1) ("lsnn-official" only)
    u: np.ndarray  # (K,) lanes
    alpha: np.ndarray  # (N,) lanes, or empty: gradients of the neuron parameters
    rho: np.ndarray
    beta: np.ndarray
    b0: np.ndarray
    weight: np.ndarray  # (C,) numbers: the sum over lanes
    current: np.ndarray  # (T * N,) lanes, or empty: dL/dI
