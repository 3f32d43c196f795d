"""JAX as an expert writes it: the whole time loop has one hand-written gradient.

The loop forward keeps what the loop backward needs; that one emits dL/dI, and the weight
gradients are large products after it. W_rec is a matrix, or in a large network padded lists.
No delays: every connection takes one step.

``python -m lsnn_core.bench.frameworks.peer_jax PROBLEM DTYPE``, with an interpreter that has JAX.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ..problem import Problem
from .peer_jax_common import input_spikes, problem_from_command_line, product, rest, serve_jax
from .peer_jax_product import ListedProduct, MatrixProduct

DENSE_UP_TO = 2_000  # neurons; above, the lists are quicker


def recurrent_loop(p: Problem, recurrent: MatrixProduct | ListedProduct, dtype: Any) -> Any:
    """Return the function (I, W_rec) -> z, with its gradient."""
    beta, gain = jnp.asarray(p.beta, dtype), 1 - p.alpha

    def advance(state: Any, I_t: Any, W: Any) -> tuple[Any, Any]:
        V, b, z, wait = state
        reset = (p.b0 + beta * b) * z
        b = p.rho * b + (1 - p.rho) * z
        B = p.b0 + beta * b
        V = p.alpha * V + gain * (I_t + recurrent.current(z, W)) - reset
        is_open = wait == 0
        z = ((V > B) & is_open).astype(dtype)
        wait = jnp.where(z > 0, p.n_ref, jnp.maximum(wait - 1, 0))
        # far below the threshold, a refractory neuron has no pseudo-derivative
        return (V, b, z, wait), (z, jnp.where(is_open, V, -1e6), B)

    def tape(I: Any, W: Any) -> Any:
        return lax.scan(lambda state, I_t: advance(state, I_t, W), rest(p, dtype), I)[1]

    def forward(I: Any, W: Any) -> tuple[Any, Any]:
        z, V, B = tape(I, W)
        return z, (z, V, B, W)

    def backward(kept: Any, d_z: Any) -> tuple[Any, Any]:
        z, V, B, W = kept
        turned = recurrent.turned(W)

        def retreat(later: Any, now: Any) -> tuple[Any, Any]:
            d_V, d_b = later
            d_z, z, V, B = now
            g = d_z + gain * recurrent.back(d_V, turned) + (1 - p.rho) * d_b - B * d_V
            over = 1 / B
            spike = g * p.gamma * jnp.maximum(0, 1 - jnp.abs(V * over - 1)) * over
            d_b = p.rho * d_b - beta * (z * d_V + spike * V * over)
            d_V = p.alpha * d_V + spike
            return (d_V, d_b), d_V

        zero = jnp.zeros_like(z[0])
        _, d_V = lax.scan(retreat, (zero, zero), (d_z, z, V, B), reverse=True)
        d_I = gain * d_V
        return d_I, recurrent.gradient(z[:-1], d_I[1:])

    loop = jax.custom_vjp(lambda I, W: tape(I, W)[0])
    loop.defvjp(forward, backward)
    return loop


def main() -> None:
    """Serve one problem."""
    p, dtype = problem_from_command_line()
    recurrent = (MatrixProduct if p.n <= DENSE_UP_TO else ListedProduct)(p, dtype)
    x, loop = input_spikes(p, dtype), recurrent_loop(p, recurrent, dtype)
    weights = {"W_in": jnp.asarray(p.dense("W_in", dtype)), "W_rec": recurrent.W}
    serve_jax(p, weights, lambda w: loop(product(x, w["W_in"]), w["W_rec"]), dtype)


if __name__ == "__main__":
    main()
