"""What both families of kernels are told of a network, and how spikes reach them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

ZERO = np.int64(0)
"""For kernels that call kernels: Numba compiles a function once more for a literal 0."""


class Constants(NamedTuple):
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
    surrogate: int  # shape of the pseudo-derivative, numbered in `neuron`
    noise: float  # standard deviation of the injected current
    used_lanes: int  # bit l is set if lane l holds an example
    first_step: int  # steps taken before this run, which goes on where they left noise and clearing
    tiny: float  # smaller numbers are set to zero, see `subnormal`


class Events(NamedTuple):
    """Spikes of a block: those of step t are ptr[t]:ptr[t + 1], ascending in source."""

    ptr: np.ndarray  # (T + 1,) int64
    source: np.ndarray  # (E,) int32
    lanes: np.ndarray  # (E,) uint16: bit l set where lane l spiked
