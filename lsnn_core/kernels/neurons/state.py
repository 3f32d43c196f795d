"""What the kernels share whose vectors hold neighbouring neurons of one example.

A `LaneBlock` puts a neuron's examples side by side: one walk along the connection list serves them
all. That is no use to an example alone, and a waste for a full matrix, where a spike reaches
neighbours: there the lanes are neurons, and each example of the block is advanced by itself.

Arrays are padded: N neurons in `blocks` vectors, K outputs in `outs` more; a row of the strip is
M = width * (blocks + outs) numbers, outputs after the padding. What reaches an output in a step is
kept one row later, beside the currents with a delay of one step. Example e's share of an array
comes after that of example e - 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..examples.state import Setting
from ..jit import inner


class Rows(NamedTuple):
    """The connections, as a list whose offsets count plain numbers of the strip, or as a matrix.

    With a matrix all connections to neurons have one delay, and the list stays empty.
    """

    indptr: np.ndarray  # (n_in + N + 1,) int64
    bounds: np.ndarray  # (P + 1,) int64: first vectors of the P parts of the neurons, and `blocks`
    cut: np.ndarray  # ((n_in + N) * P + 1,) int64: indptr, and where rows pass to another part
    base: np.ndarray  # (B,) int32, for each vector of a row's connections, see `first_vector`
    offset: np.ndarray  # (B * width,) uint16 or int32: delay * M + place of the target, less base
    weight: np.ndarray  # (C,)
    straight: np.ndarray  # (n_in + N,) bool: targets of this row are neighbours, with one delay
    ahead: int  # a row is asked for so many rows before its turn; 0 where that does not pay
    matrix: np.ndarray  # ((n_in + N) * (blocks + outs),) lanes, or empty
    columns: np.ndarray  # (blocks * (N + K),) lanes: recurrent part, lanes are sources; or empty
    delay: int  # of the matrix; 0 for a list


class Cells(NamedTuple):
    """Constants of the neurons, lane arrays of `blocks` items; padding never fires (b0 = 1).

    Those marked may have one item instead, if all neurons are alike (see `stride`).
    """

    alpha: np.ndarray  # or one
    gain: np.ndarray  # or one
    rho: np.ndarray  # or one
    rise: np.ndarray  # or one
    beta: np.ndarray
    b0: np.ndarray
    n_ref: np.ndarray  # or one
    b_out: np.ndarray  # `outs` items


class Trains(NamedTuple):
    """Spikes of L examples, one behind the other; room for all sources in every step."""

    ptr: np.ndarray  # (L * (T + 1),) int64: step t of example e is ptr[i]:ptr[i + 1], i = e(T+1)+t
    source: np.ndarray  # (L * T * sources,) int32


class Memory(NamedTuple):
    """What an example remembers between two steps; `slots` such states in a row."""

    V: np.ndarray  # (slots * blocks,) lanes
    b: np.ndarray  # (slots * blocks,) lanes
    wait: np.ndarray  # (slots * blocks,) lanes: steps still refractory
    u: np.ndarray  # (slots * outs,) lanes
    z: np.ndarray  # (slots * blocks,) uint16: bit l is neuron l of the block
    pending: np.ndarray  # (slots * D * M / width,) lanes


class Strip(NamedTuple):
    """Record of one segment: current, then tested V, then dL/dI, as numbers and as lanes."""

    number: np.ndarray  # (L * (S + D) * M,)
    lanes: np.ndarray  # the same memory
    b: np.ndarray  # (L * S * adaptive,) lanes, of the vectors with an adaptive neuron
    ref: np.ndarray  # (L * S * blocks,) uint16


class Extent(NamedTuple):
    """Sizes that the arrays do not tell."""

    examples: int  # L in use
    n_steps: int  # T
    segment: int  # S
    y_start: int  # first step whose readout is kept
    blocks: int  # vectors of neurons
    outs: int  # vectors of outputs
    strip: int  # lanes of the strip from one example to the next


class Share(NamedTuple):
    """How threads share a step."""

    sync: np.ndarray  # (4,) int64, see `neurons_share`
    n_fired: np.ndarray  # (P,) int64: how many neurons of each part fired
    fired: np.ndarray  # (blocks * width,) int32: those of a part, from its first neuron's place on


class Run(NamedTuple):
    """Everything of a forward pass."""

    extent: Extent
    setting: Setting
    rows: Rows
    cells: Cells
    x: Trains  # of the inputs
    memory: Memory  # slot e is example e
    strip: Strip
    spikes: Trains  # of the neurons
    y: np.ndarray  # (L * kept steps * outs,) lanes
    share: Share


class Sums(NamedTuple):
    """What flows backwards, for each example, and the gradient of all."""

    V: np.ndarray  # (L * blocks,) lanes: dL/dV(t+1)
    b: np.ndarray  # (L * blocks,) lanes: dL/db(t+1)
    fire: np.ndarray  # (L * blocks,) lanes
    B: np.ndarray  # (L * blocks,) lanes
    u: np.ndarray  # (L * outs,) lanes
    d_z: np.ndarray  # (blocks,) lanes: what the loss adds to dL/dz
    fired: np.ndarray  # (L * blocks,) uint16: spikes of step t, which reset V(t + 1)
    fired_before: np.ndarray  # (L * blocks,) uint16: those of t - 1 ("lsnn-official" only)
    gathered: np.ndarray  # (L * blocks,) lanes: what targets bring to dL/dz, where it was asked for
    gathered_number: np.ndarray  # the same memory
    queue: np.ndarray  # (blocks * width,) int32: neurons to gather for; with a list
    weight: np.ndarray  # (C,) numbers, of the list
    matrix: np.ndarray  # as Rows.matrix


@inner
def stride(constants) -> int:
    """1, or 0 where one item stands for all."""
    return 1 if constants.size > 1 else 0
