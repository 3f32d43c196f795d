"""What the JAX peers share: readout, loss, and the requests they answer."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..problem import Problem
from ..serve import serve

Weights = dict[str, Any]
Spikes = Callable[[Weights], Any]  # weights -> spikes (T, B, N)


def problem_from_command_line() -> tuple[Problem, Any]:
    """Return the problem with one step for every connection, and the precision."""
    path, dtype = sys.argv[1:3]
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", dtype == "float64")
    return Problem.load(path).without_delays(), np.dtype(dtype).type


def serve_jax(p: Problem, weights: Weights, spikes: Spikes, dtype: Any) -> None:
    """Compile and serve the loss of `spikes`, and its gradient."""
    label = np.eye(p.n_out, dtype=dtype)[p.label] if len(p.label) else None
    weights = {**weights, "W_out": jnp.asarray(p.dense("W_out", dtype))}

    def loss(weights: Weights) -> Any:
        z = spikes(weights)
        y = filtered(product(z, weights["W_out"]), p.kappa)[p.readout_start :]
        if label is not None:
            return -jnp.mean(jnp.sum(label * jax.nn.log_softmax(y.mean(axis=0)), axis=-1))
        return jnp.sum((y - p.curve.astype(dtype)[:, :, None]) ** 2) / (p.n_steps * p.batch)

    forward, gradient = jax.jit(loss), jax.jit(jax.value_and_grad(loss))
    last: dict[str, Any] = {}

    def run_forward() -> dict[str, float]:
        return {"loss": float(forward(weights))}

    def run_gradient() -> dict[str, float]:
        value, last["gradient"] = jax.block_until_ready(gradient(weights))
        return {"loss": float(value)}

    def about() -> dict[str, Any]:
        norms = {name: p.norm(name, np.asarray(d)) for name, d in last["gradient"].items()}
        return {"gradient": norms}

    serve({"forward": run_forward, "gradient": run_gradient, "about": about}, jax.__version__)


def filtered(o: Any, kappa: float) -> Any:
    """u(t) = kappa u(t-1) + (1 - kappa) o(t)."""

    def step(u: Any, o: Any) -> tuple[Any, Any]:
        u = kappa * u + (1 - kappa) * o
        return u, u

    return lax.scan(step, jnp.zeros_like(o[0]), o)[1]


def product(a: Any, W: Any) -> Any:
    """A @ W for all steps and examples as one matrix product: XLA alone is slower."""
    return (a.reshape(-1, len(W)) @ W).reshape(*a.shape[:2], -1)


def rest(p: Problem, dtype: Any) -> tuple[Any, ...]:
    """V, b, z, and the refractory steps left, before the first step."""
    zero = jnp.zeros((p.batch, p.n), dtype)
    return zero, zero, zero, jnp.zeros((p.batch, p.n), jnp.int32)


def input_spikes(p: Problem, dtype: Any) -> Any:
    """x(t - 1), (T, B, n_in): an input spike acts one step later."""
    x = p.x(dtype)
    return jnp.asarray(np.concatenate([np.zeros_like(x[:1]), x[:-1]]))
