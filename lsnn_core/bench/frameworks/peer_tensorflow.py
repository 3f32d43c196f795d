"""TensorFlow 2 as most write it: a loop compiled by `tf.function`, a surrogate spike, a tape.

No delays: every connection takes one step.

``python -m lsnn_core.bench.frameworks.peer_tensorflow PROBLEM DTYPE``, with an
interpreter that has it.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import numpy as np

from ..problem import Problem
from ..serve import serve

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")  # before the import
import tensorflow as tf

STRETCH = 128  # steps that are filtered by one product


def surrogate(gamma: float) -> Any:
    """Return the step function with gamma max(0, 1 - |v|) for its derivative."""

    def spike(v: Any) -> Any:
        return tf.cast(v > 0, v.dtype), lambda d: d * gamma * tf.maximum(1 - tf.abs(v), 0)

    return tf.custom_gradient(spike)


def loss_function(p: Problem, weights: dict[str, Any], dtype: Any) -> Any:
    """Return the loss as a function without arguments."""
    x = p.x(dtype)
    x = tf.constant(np.concatenate([np.zeros_like(x[:1]), x[:-1]]))
    beta, spike = tf.constant(p.beta.astype(dtype)), surrogate(p.gamma)
    listed = tf.constant(p.dense("W_rec", dtype) != 0)
    curve = tf.constant(p.curve.astype(dtype)[:, :, None])
    zero = tf.zeros((p.batch, p.n), dtype)

    def record(width: int) -> Any:
        return tf.TensorArray(zero.dtype, p.n_steps, element_shape=(p.batch, width))

    def loss() -> Any:
        current = record(p.n).unstack(tf.tensordot(x, weights["W_in"], 1))
        W = tf.where(listed, weights["W_rec"], 0)

        def step(t: Any, V: Any, b: Any, z: Any, wait: Any, spikes: Any) -> tuple[Any, ...]:
            reset = (p.b0 + beta * b) * z
            b = p.rho * b + (1 - p.rho) * z
            B = p.b0 + beta * b
            V = p.alpha * V + (1 - p.alpha) * (current.read(t) + z @ W) - reset
            z = tf.where(wait == 0, spike((V - B) / B), 0)
            wait = tf.where(z > 0, p.n_ref, tf.maximum(wait - 1, 0))
            return t + 1, V, b, z, wait, spikes.write(t, z)

        start = (0, zero, zero, zero, tf.zeros((p.batch, p.n), tf.int32), record(p.n))
        last = tf.while_loop(lambda t, *_: t < p.n_steps, step, start, maximum_iterations=p.n_steps)
        o = tf.tensordot(last[-1].stack(), weights["W_out"], 1)
        y = filtered(o, p.kappa)[p.readout_start :]
        if len(p.label):
            return tf.reduce_mean(
                tf.nn.sparse_softmax_cross_entropy_with_logits(p.label, tf.reduce_mean(y, 0))
            )
        return tf.reduce_sum((y - curve) ** 2) / (p.n_steps * p.batch)

    return loss


def filtered(o: Any, kappa: float) -> Any:
    """u(t) = kappa u(t-1) + (1 - kappa) o(t), by products over stretches: a loop costs more."""
    shape, o = o.shape, tf.reshape(o, (o.shape[0], -1))
    u, pieces = tf.zeros_like(o[0]), []
    for start in range(0, shape[0], STRETCH):
        part = o[start : start + STRETCH]
        step = np.arange(part.shape[0])
        age = step[:, None] - step
        kernel = np.where(age >= 0, (1 - kappa) * kappa ** np.maximum(age, 0), 0)
        fade = kappa ** (step[:, None] + 1)
        pieces.append(tf.cast(kernel, o.dtype) @ part + tf.cast(fade, o.dtype) * u)
        u = pieces[-1][-1]
    return tf.reshape(tf.concat(pieces, 0), shape)


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1], np.dtype(sys.argv[2]).type
    p = Problem.load(path).without_delays()
    threads = int(os.environ["OMP_NUM_THREADS"])
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(threads)
    weights = {name: tf.Variable(p.dense(name, dtype)) for name in ("W_in", "W_rec", "W_out")}
    loss = loss_function(p, weights, dtype)
    last: dict[str, Any] = {}

    def both() -> tuple[Any, Any]:
        with tf.GradientTape() as tape:
            value = loss()
        return value, tape.gradient(value, weights)

    forward, gradient = tf.function(loss), tf.function(both)

    def run_forward() -> dict[str, float]:
        return {"loss": float(forward())}

    def run_gradient() -> dict[str, float]:
        value, last["gradient"] = gradient()
        return {"loss": float(value)}

    def about() -> dict[str, Any]:
        norms = {name: p.norm(name, d.numpy()) for name, d in last["gradient"].items()}
        return {"gradient": norms}

    serve({"forward": run_forward, "gradient": run_gradient, "about": about}, tf.__version__)


if __name__ == "__main__":
    main()
