"""JAX's LSTM as most write it: a step function in `lax.scan`, `jax.grad`, and Adam, all compiled.

The input's share of the sums is one product before the loop.

``python -m lsnn_core.bench.frameworks.peer_jax_lstm PROBLEM DTYPE``, with an interpreter that has
JAX.
"""

from __future__ import annotations

import sys
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from ..rate_problem import LR, RateProblem, norms
from ..serve import serve

BETA1, BETA2, EPS = 0.9, 0.999, 1e-8
Tree = dict[str, Any]


def loss(p: Tree, x: Any, label: Any) -> Any:
    """Mean cross-entropy at the last step; x (T, B, n_in)."""

    def step(state: Any, a: Any) -> tuple[Any, None]:
        h, c = state
        i, f, o, j = jnp.split(a + h @ p["W_rec"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(j)
        return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

    zero = jnp.zeros((x.shape[1], len(p["W_rec"])), x.dtype)
    (h, _), _ = lax.scan(step, (zero, zero), x @ p["W_in"] + p["b"])
    log = jax.nn.log_softmax(h @ p["W_out"] + p["b_out"])
    return -jnp.mean(jnp.take_along_axis(log, label[:, None], axis=1))


def iteration(state: tuple[Tree, Tree, Tree, Any], x: Any, label: Any) -> tuple[Any, Any, Tree]:
    """One iteration: the new state, the loss, and its gradient."""
    p, m, v, age = state
    value, g = jax.value_and_grad(loss)(p, x, label)
    age = age + 1
    m = {k: BETA1 * m[k] + (1 - BETA1) * g[k] for k in p}
    v = {k: BETA2 * v[k] + (1 - BETA2) * g[k] ** 2 for k in p}
    lr = LR * jnp.sqrt(1 - BETA2**age) / (1 - BETA1**age)
    p = {k: p[k] - (lr * m[k] / (jnp.sqrt(v[k]) + EPS)).astype(p[k].dtype) for k in p}
    return (p, m, v, age), value, g


class Model:
    """The compiled iteration, its state and its batch."""

    def __init__(self, problem: RateProblem, dtype: str) -> None:
        p = {name: jnp.asarray(value) for name, value in problem.as_dtype(dtype).items()}
        zero = {name: jnp.zeros_like(value) for name, value in p.items()}
        self.state: Any = (p, zero, zero, 0)
        self.x = jnp.asarray(problem.x.transpose(0, 2, 1).astype(dtype))
        self.label, self.step = jnp.asarray(problem.label), jax.jit(iteration)
        self.first: dict[str, float] = {}

    def training(self) -> dict[str, float]:
        """One iteration."""
        result = jax.block_until_ready(self.step(self.state, self.x, self.label))
        self.state, value, gradient = result
        self.first = self.first or norms(gradient)
        return {"loss": float(value)}

    def about(self) -> dict[str, Any]:
        """Size of the first gradient."""
        return {"gradient": self.first}


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1:3]
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", dtype == "float64")
    model = Model(RateProblem.load(path), dtype)
    serve({"training": model.training, "about": model.about}, jax.__version__)


if __name__ == "__main__":
    main()
