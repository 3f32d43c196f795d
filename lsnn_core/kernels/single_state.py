"""One network on its own: what its kernels share.

With a batch of one there are no examples to put side by side; the lanes are neighbouring neurons.
Arrays are padded: N neurons in `blocks` vectors, K outputs in `out_blocks` more; a row of the tape
is M = width * (blocks + out_blocks) numbers, outputs after the padding.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np


class Rows(NamedTuple):
    """The connection list; offsets count plain numbers of the tape."""

    indptr: np.ndarray  # (n_in + N + 1,) int64
    offset: np.ndarray  # (C,) int32: delay * M + place of the target in a row
    weight: np.ndarray  # (C,)
    straight: np.ndarray  # (n_in + N,) bool: targets of this row are neighbours, with one delay


class Cells(NamedTuple):
    """Constants of the neurons, lane arrays of `blocks` items; padding never fires (b0 = 1)."""

    alpha: np.ndarray
    gain: np.ndarray
    rho: np.ndarray
    rise: np.ndarray
    beta: np.ndarray
    b0: np.ndarray
    n_ref: np.ndarray
    b_out: np.ndarray  # `out_blocks` items


class Memory(NamedTuple):
    """What the network remembers between two steps; `slots` such states in a row."""

    V: np.ndarray  # (slots * blocks,) lanes
    b: np.ndarray  # (slots * blocks,) lanes
    wait: np.ndarray  # (slots * blocks,) lanes: steps still refractory
    u: np.ndarray  # (slots * out_blocks,) lanes
    z: np.ndarray  # (slots * blocks,) uint16: bit l is neuron l of the block
    pending: np.ndarray  # (slots * D * M / width,) lanes


class Strip(NamedTuple):
    """Record of one segment: current, then tested V, then dL/dI, as numbers and as lanes."""

    number: np.ndarray  # ((S + D) * M,)
    lanes: np.ndarray  # the same memory
    b: np.ndarray  # (S * blocks,) lanes
    ref: np.ndarray  # (S * blocks,) uint16


class Sums(NamedTuple):
    """What flows backwards, and the gradient."""

    V: np.ndarray  # (blocks,) lanes: dL/dV(t+1)
    b: np.ndarray  # (blocks,) lanes: dL/db(t+1)
    fire: np.ndarray  # (blocks,) lanes
    B: np.ndarray  # (blocks,) lanes
    u: np.ndarray  # (out_blocks,) lanes
    d_z: np.ndarray  # (blocks,) lanes: what the loss adds to dL/dz
    z: np.ndarray  # (blocks,) uint16: the spikes that the reset term looks at
    weight: np.ndarray  # (C,) numbers


class Team(NamedTuple):
    """The work of one step that threads share: dL/dz of the neurons whose psi is not zero."""

    open: np.ndarray  # (blocks,) uint16: lanes where psi is not zero
    active: np.ndarray  # (N,) int32: these neurons
    gathered: np.ndarray  # (blocks * width,) numbers: what their targets bring to dL/dz
    counts: np.ndarray  # (T,) int64: how many there are at each step
    row: np.ndarray  # (T,) int64: where the step's row begins
    sync: np.ndarray  # (2,) int64: next piece of work (step, piece), pieces done
