"""RNN and LSTM, line by line: a step, a step back, and the readout of a whole network.

Letters: T steps, I inputs, n units, K outputs, B examples; G = 1 (rnn) or 4 (lstm) sums a unit. All
functions take complex numbers too, for a derivative by complex step.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def sigmoid(a: Array) -> Array:
    """1 / (1 + exp(-a)), which overflows nowhere written so."""
    return 0.5 + 0.5 * np.tanh(0.5 * a)


def rnn_step(a: Array) -> Array:
    """Return h (n, B) from the summed inputs: TensorFlow's BasicRNNCell."""
    return np.tanh(a)


def rnn_step_back(h: Array, d_h: Array) -> Array:
    """dL/da (n, B) from dL/dh."""
    return (1 - h**2) * d_h


def lstm_step(a: Array, c_before: Array) -> tuple[Array, Array, Array]:
    """Gates i, f, o, j (4 n, B), c and h (n, B): TensorFlow's BasicLSTMCell."""
    a_i, a_f, a_o, a_j = np.split(a, 4)
    i, f, o, j = sigmoid(a_i), sigmoid(a_f), sigmoid(a_o), np.tanh(a_j)
    c = f * c_before + i * j
    return np.concatenate((i, f, o, j)), c, o * np.tanh(c)


def lstm_step_back(
    c_before: Array, gate: Array, c: Array, d_h: Array, d_c: Array
) -> tuple[Array, Array]:
    """dL/da (4 n, B) and dL/dc(t-1) from dL/dh(t), and dL/dc(t) of what comes later."""
    i, f, o, j = np.split(gate, 4)
    out = np.tanh(c)
    d_o = d_h * out
    d_c = d_c + d_h * o * (1 - out**2)
    d_i, d_f, d_j = d_c * j, d_c * c_before, d_c * i
    slopes = (d_i * i * (1 - i), d_f * f * (1 - f), d_o * o * (1 - o), d_j * (1 - j**2))
    return np.concatenate(slopes), d_c * f


def readout(model: str, p: Mapping[str, Array], x: Array) -> Array:
    """Return y (T, K, B) of a network at rest given the inputs `x` (T, I, B).

    `p` holds W_in (I, G n), W_rec (n, G n), b (G n), W_out (n, K), b_out (K).
    """
    n, y = len(p["W_rec"]), []
    h = c = np.zeros((n, x.shape[2]))
    for x_t in x:
        a = p["W_in"].T @ x_t + p["W_rec"].T @ h + p["b"][:, None]
        if model == "rnn":
            h = rnn_step(a)
        else:
            _, c, h = lstm_step(a, c)
        y.append(p["W_out"].T @ h + p["b_out"][:, None])
    return np.stack(y)
