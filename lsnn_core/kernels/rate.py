"""A step of rate units, forward and back, in one pass (twins: reference/rate.py).

All arrays are (rows, L) with L a multiple of the numbers in 64 bytes; rows may lie apart. `a` holds
the summed inputs of a step: one row a unit, or of an LSTM first all of i, then of f, of o, of j.
"""

from __future__ import annotations

from .jit import inner, kernel
from .subnormal import flushed
from .vectors.lanes import lane_count, load, store
from .vectors.tanh import tanh


@inner
def row_step(array):
    """How many numbers lie between one row and the next."""
    return array.strides[0] // array.itemsize


@inner
def sigmoid(a):
    """1 / (1 + exp(-a))."""
    return 0.5 * tanh(0.5 * a) + 0.5


@kernel
def rnn_forward(a, h):
    """Write h = tanh(a)."""
    step, width = row_step(h), lane_count(a)
    n, lanes = a.shape
    for u in range(n):
        for k in range(0, lanes, width):
            store(h, u * step + k, tanh(load(a, u * lanes + k)))


@kernel
def rnn_backward(h, d_h, d_a, tiny: float):
    """Write d_a = (1 - h^2) d_h, with d_h zero where it is not above `tiny`."""
    h_step, step, width = row_step(h), row_step(d_a), lane_count(d_h)
    n, lanes = d_h.shape
    for u in range(n):
        for k in range(0, lanes, width):
            out = load(h, u * h_step + k)
            d_out = flushed(load(d_h, u * lanes + k), tiny)
            store(d_a, u * step + k, (1.0 - out * out) * d_out)


@kernel
def lstm_forward(a, c_before, gate, c, h):
    """Turn sums `a` (4 n) into i, f, o, j (`gate`, 4 n), and those into c and h (n)."""
    step, width = row_step(h), lane_count(a)
    n, lanes = c.shape
    rows = n * lanes
    for u in range(n):
        for k in range(0, lanes, width):
            at = u * lanes + k
            i, f = sigmoid(load(a, at)), sigmoid(load(a, rows + at))
            o, j = sigmoid(load(a, 2 * rows + at)), tanh(load(a, 3 * rows + at))
            c_now = f * load(c_before, at) + i * j
            store(gate, at, i)
            store(gate, rows + at, f)
            store(gate, 2 * rows + at, o)
            store(gate, 3 * rows + at, j)
            store(c, at, c_now)
            store(h, u * step + k, o * tanh(c_now))


@kernel
def lstm_backward(c_before, gate, c, d_h, d_c, d_a, tiny: float):
    """Turn dL/dh(t) and dL/dc(t) of later steps into dL/da (`d_a`, 4 n) and dL/dc(t-1) (`d_c`).

    dL/dh and the new dL/dc are zero where they are not above `tiny`.
    """
    step, width = row_step(d_a), lane_count(c)
    n, lanes = c.shape
    rows, gate_step = n * lanes, n * step
    for u in range(n):
        for k in range(0, lanes, width):
            at, to = u * lanes + k, u * step + k
            i, f = load(gate, at), load(gate, rows + at)
            o, j = load(gate, 2 * rows + at), load(gate, 3 * rows + at)
            out, d_out = tanh(load(c, at)), flushed(load(d_h, at), tiny)
            d_now = load(d_c, at) + d_out * o * (1.0 - out * out)
            store(d_a, to, d_now * j * (i * (1.0 - i)))
            store(d_a, gate_step + to, d_now * load(c_before, at) * (f * (1.0 - f)))
            store(d_a, 2 * gate_step + to, d_out * out * (o * (1.0 - o)))
            store(d_a, 3 * gate_step + to, d_now * i * (1.0 - j * j))
            store(d_c, at, flushed(d_now * f, tiny))
