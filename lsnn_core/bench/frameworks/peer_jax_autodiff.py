"""JAX as most write it: a step function in `lax.scan`, a surrogate spike, and `jax.grad`.

``python -m lsnn_core.bench.frameworks.peer_jax_autodiff PROBLEM DTYPE``, with an
interpreter that has JAX.
"""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from .peer_jax_common import input_spikes, problem_from_command_line, product, rest, serve_jax


def surrogate(gamma: float) -> Any:
    """Return the step function with gamma max(0, 1 - |v|) for its derivative."""
    spike = jax.custom_vjp(lambda v: (v > 0).astype(v.dtype))
    spike.defvjp(
        lambda v: (spike(v), v), lambda v, d_z: (d_z * gamma * jnp.maximum(0, 1 - jnp.abs(v)),)
    )
    return spike


def main() -> None:
    """Serve one problem."""
    p, dtype = problem_from_command_line()
    beta, x, spike = jnp.asarray(p.beta, dtype), input_spikes(p, dtype), surrogate(p.gamma)
    W_rec = jnp.asarray(p.dense("W_rec", dtype))
    listed = W_rec != 0

    def spikes(weights: dict[str, Any]) -> Any:
        W = jnp.where(listed, weights["W_rec"], 0)

        def step(state: Any, I_t: Any) -> tuple[Any, Any]:
            V, b, z, wait = state
            reset = (p.b0 + beta * b) * z
            b = p.rho * b + (1 - p.rho) * z
            B = p.b0 + beta * b
            V = p.alpha * V + (1 - p.alpha) * (I_t + z @ W) - reset
            z = jnp.where(wait == 0, spike((V - B) / B), 0)
            wait = jnp.where(z > 0, p.n_ref, jnp.maximum(wait - 1, 0))
            return (V, b, z, wait), z

        return lax.scan(step, rest(p, dtype), product(x, weights["W_in"]))[1]

    serve_jax(p, {"W_in": jnp.asarray(p.dense("W_in", dtype)), "W_rec": W_rec}, spikes, dtype)


if __name__ == "__main__":
    main()
