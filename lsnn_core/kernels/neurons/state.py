"""What the kernels share whose vectors hold neighbouring neurons of one example.

An `ExampleBlock` puts a neuron's examples side by side: one walk along the connection list serves
them all. That is no use to an example alone, and a waste for a full matrix, where a spike reaches
neighbours: there the lanes are neurons, and each example of the block is advanced by itself.

Arrays are padded: N neurons in `vectors` vectors, K outputs in `outs` more; a row of the tape is
M = width * (vectors + outs) numbers, outputs after the padding. What reaches an output in a step is
kept one row later, beside the currents with a delay of one step. Example e's share of an array
comes after that of example e - 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..jit import inner
from ..network import Constants


class Connections(NamedTuple):
    """The connections, as a list whose offsets count plain numbers of the tape, or as a matrix.

    With a matrix all connections to neurons have one delay, and the list stays empty.
    """

    indptr: np.ndarray  # (n_in + N + 1,) int64
    bounds: np.ndarray  # (P + 1,) int64: first vectors of the P parts of the neurons, and `vectors`
    cut: np.ndarray  # ((n_in + N) * P + 1,) int64: indptr, and where rows pass to another part
    base: np.ndarray  # (B,) int32, for each vector of a row's connections, see `first_vector`
    offset: np.ndarray  # (B * width,) uint16 or int32: delay * M + place of the target, less base
    weight: np.ndarray  # (C,)
    straight: np.ndarray  # (n_in + N,) bool: targets of this row are neighbours, with one delay
    ahead: int  # a row is asked for so many rows before its turn; 0 where that does not pay
    matrix: np.ndarray  # ((n_in + N) * (vectors + outs),) lanes, or empty
    columns: np.ndarray  # (vectors * (N + K),) lanes: recurrent part, lanes are sources; or empty
    delay: int  # of the matrix; 0 for a list


class Neurons(NamedTuple):
    """Constants of the neurons, lane arrays of `vectors` items; padding never fires (b0 = 1).

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


class State(NamedTuple):
    """What an example remembers between two steps; `slots` such states in a row."""

    V: np.ndarray  # (slots * vectors,) lanes
    b: np.ndarray  # (slots * vectors,) lanes
    wait: np.ndarray  # (slots * vectors,) lanes: steps still refractory
    u: np.ndarray  # (slots * outs,) lanes
    z: np.ndarray  # (slots * vectors,) uint16: bit l is neuron l of the block
    pending: np.ndarray  # (slots * D * M / width,) lanes


class Tape(NamedTuple):
    """Record of one segment: current, then tested V, then dL/dI, as numbers and as lanes."""

    number: np.ndarray  # (L * (S + D) * M,)
    lanes: np.ndarray  # the same memory
    b: np.ndarray  # (L * S * adaptive,) lanes, of the vectors with an adaptive neuron
    ref: np.ndarray  # (L * S * vectors,) uint16


class Sizes(NamedTuple):
    """Sizes that the arrays do not tell."""

    examples: int  # L in use
    n_steps: int  # T
    segment: int  # S
    y_start: int  # first step whose readout is kept
    vectors: int  # vectors of neurons
    outs: int  # vectors of outputs
    tape: int  # lanes of the tape from one example to the next


class Threads(NamedTuple):
    """How threads share a step."""

    sync: np.ndarray  # (4,) int64, see `sharing`
    n_fired: np.ndarray  # (P,) int64: how many neurons of each part fired
    fired: np.ndarray  # (vectors * width,) int32: those of a part, from its first neuron's place on


class Pass(NamedTuple):
    """Everything of a forward pass."""

    sizes: Sizes
    constants: Constants
    connections: Connections
    neurons: Neurons
    x: Trains  # of the inputs
    state: State  # slot e is example e
    saved: State  # slot (k * examples + e): example e before segment k
    tape: Tape
    spikes: Trains  # of the neurons
    y: np.ndarray  # (L * kept steps * outs,) lanes
    threads: Threads


class Adjoint(NamedTuple):
    """What flows backwards, for each example, and the gradient of all."""

    V: np.ndarray  # (L * vectors,) lanes: dL/dV(t+1)
    b: np.ndarray  # (L * vectors,) lanes: dL/db(t+1)
    fire: np.ndarray  # (L * vectors,) lanes
    B: np.ndarray  # (L * vectors,) lanes
    u: np.ndarray  # (L * outs,) lanes
    d_y: np.ndarray  # (L * kept steps * outs,) lanes: dL/dy, given
    d_z: np.ndarray  # (vectors,) lanes: what the loss adds to dL/dz, given
    fired: np.ndarray  # (L * vectors,) uint16: spikes of step t, which reset V(t + 1)
    fired_before: np.ndarray  # (L * vectors,) uint16: those of t - 1 ("lsnn-official" only)
    gathered: np.ndarray  # (L * vectors,) lanes: what targets bring to dL/dz, where asked for
    gathered_number: np.ndarray  # the same memory
    after: np.ndarray  # (L * D * M / width,) lanes: dL/dI of the steps after the segment
    queue: np.ndarray  # (vectors * width,) int32: neurons to gather for; with a list
    weight: np.ndarray  # (C,) numbers, of the list
    matrix: np.ndarray  # as Connections.matrix
    alpha: np.ndarray  # (L * vectors,) lanes: gradients of the neurons' constants, this one times
    rho: np.ndarray  # gain; all four are empty unless they are wanted
    beta: np.ndarray  # not of regular neurons: theirs, where there is any, means nothing
    b0: np.ndarray


@inner
def stride(constants) -> int:
    """1, or 0 where one item stands for all."""
    return 1 if constants.size > 1 else 0
