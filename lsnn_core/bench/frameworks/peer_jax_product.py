"""The recurrent connections in JAX: a matrix, or lists of partners for a large network."""

from __future__ import annotations

from typing import Any

import jax.numpy as jnp
import numpy as np
from jax import lax

from ..problem import Array, Problem

NEURONS_AT_ONCE = 4


class MatrixProduct:
    """W_rec as a matrix, (N, N); absent connections keep a gradient of zero."""

    def __init__(self, p: Problem, dtype: Any) -> None:
        self.n, self.W = p.n, jnp.asarray(p.dense("W_rec", dtype))
        self.listed = jnp.asarray(p.dense("W_rec") != 0)

    def current(self, z: Any, W: Any) -> Any:
        """What the spikes z (B, N) bring."""
        return z @ W

    def turned(self, W: Any) -> Any:
        """W as `back` wants it."""
        return W.T

    def back(self, d_I: Any, turned: Any) -> Any:
        """dL/dz from dL/dI, both (B, N)."""
        return d_I @ turned

    def gradient(self, z: Any, d_I: Any) -> Any:
        """dL/dW from all steps: z, and d_I one step later."""
        product = z.reshape(-1, self.n).T @ d_I.reshape(-1, self.n)
        return jnp.where(self.listed, product, 0)


class ListedProduct:
    """W_rec as (N, K): the weights of each neuron's at most K partners, padded with zeros.

    For one example: of several at once XLA makes a gather that is 40 times slower.
    """

    def __init__(self, p: Problem, dtype: Any) -> None:
        row, column, at = p.sites("W_rec")
        senders, entering = _padded(column, row, p.n)
        targets, leaving = _padded(row, column, p.n)
        weight = np.append(p.weight[at], 0).astype(dtype)  # the last one pads
        place = np.full(len(at) + 1, entering.size)  # of each connection in W, or beyond
        place[entering] = np.arange(entering.size).reshape(entering.shape)
        place[-1] = entering.size
        self.W, self.listed = jnp.asarray(weight[entering]), jnp.asarray(entering < len(at))
        self.senders, self.targets = jnp.asarray(senders), jnp.asarray(targets)
        self.place = jnp.asarray(place[leaving])

    def current(self, z: Any, W: Any) -> Any:
        """What the spikes z (1, N) bring."""
        return jnp.sum(z[0][self.senders] * W, axis=1)[None]

    def turned(self, W: Any) -> Any:
        """The same weights, listed by the neuron they come from."""
        return jnp.append(W.ravel(), 0)[self.place]

    def back(self, d_I: Any, turned: Any) -> Any:
        """dL/dz from dL/dI, both (1, N)."""
        return jnp.sum(d_I[0][self.targets] * turned, axis=1)[None]

    def gradient(self, z: Any, d_I: Any) -> Any:
        """dL/dW from all steps: z, and d_I one step later."""
        z, d_I = z[:, 0].T, d_I[:, 0].T
        rows = lax.map(
            lambda pair: z[pair[0]] @ pair[1], (self.senders, d_I), batch_size=NEURONS_AT_ONCE
        )
        return jnp.where(self.listed, rows, 0)


def _padded(group: Array, member: Array, n: int) -> tuple[Array, Array]:
    """(n, K): the members of each group and the pairs' numbers; padded with 0, and past the end."""
    order = np.argsort(group, kind="stable")
    count = np.bincount(group, minlength=n)
    column = np.arange(len(group)) - np.repeat(np.cumsum(count) - count, count)
    members = np.zeros((n, count.max(initial=1)), np.int32)
    pair = np.full(members.shape, len(group))
    members[group[order], column], pair[group[order], column] = member[order], order
    return members, pair
