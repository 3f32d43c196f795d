"""Learning on connection lists: Adam, then rewiring by DEEP R (Bellec et al., ICLR 2018).

A connection holds theta = |weight| and a fixed sign. After Adam's step theta falls by lr * l1 and,
at a temperature T > 0, wanders by sqrt(2 lr T). A connection with theta <= 0 is dropped.

"deep-r"
    As many connections are created as were dropped, with theta = 1e-12, at sites drawn uniformly
    among all absent ones (a site just dropped is absent). The count is the same at every moment.
"soft-deep-r"
    No fixed count: in the original a dormant site keeps a theta in [theta_min, 0] that wanders too,
    and wakes when it crosses zero; theta_min = -(1 - p0) / p0 * T / l1 makes the fraction p0
    awake when nothing is learned. To keep theta for dormant sites is to keep dense matrices. Here
    a dormant site is represented by the law of its theta, uniform over [theta_min, 0], which is
    the stationary law of that walk: each absent site draws a theta from it in every step, adds the
    noise, and is created if the sum is above zero. So the cost is that of the list, and the
    stationary fraction and weights are the original's; only the memory of a site for where its
    dormant theta was is lost (D-soft-deep-r). p0 is the connectivity at the start. All this holds
    for short steps: while sqrt(2 lr T) is at most half of T / l1, the mean theta, the fraction is
    within a tenth of p0 (measured); beyond, more are awake, and a warning says so once.
"none"
    The list is fixed. Weights with a fixed sign are clipped at zero, the others are free.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..config.optimisers import AdamSettings, Rewiring
from ..errors import UsageError
from ..kernels.rewire import site_delays, site_signs
from ..model.connections import Connections
from ..model.initial import check_source_sign
from ..model.layout import MATRICES
from ..model.sites import site_key
from ..random.streams import stream
from .adam import ListAdam
from .checks import check_gradient, check_weights
from .redraw import allocate, carried, draw_sites, matrix_index, merge, spread
from .rewiring import NOTHING, RewiringResult

__all__ = ["ConnectionOptimiser", "Rewiring", "RewiringResult"]

Floats = npt.NDArray[np.floating[Any]]
Ints = npt.NDArray[np.int64]
NEW_THETA = 1e-12  # as published: too small to matter, but above zero
LONGEST_STEP = 0.5  # of soft-DEEP R's noise, in units of T / l1 (measured, see above)


class ConnectionOptimiser:
    """Learns the weights of a connection list, and with DEEP R the list itself.

    Parameters
    ----------
    connections
        The list to start from; it is not changed. DEEP R keeps its length.
    policy
        Settings of the rewiring.
    adam
        Settings of Adam.
    seed
        The run's seed: keys the draws of each iteration, and the delays and signs of all sites.
    n_delays
        Delays of new connections are uniform over 1..n_delays, as in `initial_connections`.
    source_sign
        int8 (n_source): Dale's law; None: each site has a random sign of its own, and so have those
        of inputs whose sign is 0.
    """

    def __init__(
        self,
        connections: Connections,
        policy: Rewiring,
        adam: AdamSettings,
        seed: int,
        *,
        n_delays: int = 1,
        source_sign: npt.NDArray[np.int8] | None = None,
    ) -> None:
        connections = connections.sealed()
        if policy.policy != "none":
            _check_signs(connections, policy.policy, source_sign)
        if not 1 <= n_delays < 2**31:
            raise UsageError(f"delays: expected 1 or more steps, found {n_delays}")
        self._connections, self.policy = connections, policy
        self._seed, self._n_delays, self._source_sign = seed, n_delays, source_sign
        self._delay_key, self._sign_key = site_key(seed, "delay"), site_key(seed, "sign")
        self._adam = ListAdam(len(connections), adam)
        blocks = connections.layout.matrices.values()
        self._sites = np.array([block.sites for block in blocks])
        self._count = np.array([connections.count(name) for name in MATRICES])
        self._connectivity = len(connections) / max(int(self._sites.sum()), 1)
        self._warned = policy.policy != "soft-deep-r"

    @property
    def connections(self) -> Connections:
        """The current list: a new object after every step, with a weight array of its own."""
        return self._connections

    def step(self, d_weight: Floats, lr: float, iteration: int, update: int = 0) -> RewiringResult:
        """Take one step down the gradient, then rewire.

        Parameters
        ----------
        d_weight
            Gradient of the loss (C), in the order of `connections`.
        lr
            Learning rate of this iteration; also scales l1 and the noise.
        iteration, update
            Key the random draws: the same (seed, iteration, update) draws the same. `update` counts
            the steps of an iteration that takes several, from 0.

        Raises
        ------
        NumericalError
            A gradient is not finite, and nothing was changed; or a weight would not be, and the
            connections were not changed.
        """
        check_gradient(d_weight, len(self._connections), lr, iteration)
        sign = self._connections.sign
        direction = np.where(sign == 0, 1, sign)
        theta = self._connections.weight * direction
        self._adam.step(theta, d_weight * direction, lr)
        if self.policy.policy == "none":
            check_weights(theta, iteration)
            np.maximum(theta, 0, out=theta, where=sign != 0)
            self._connections = replace(self._connections, weight=theta * direction).own()
            return RewiringResult.unchanged()
        theta -= lr * self.policy.l1
        again = (update,) if update else ()  # so one step an iteration draws as it always did
        rng = stream(self._seed, "rewire", iteration, *again)
        noise = math.sqrt(2.0 * lr * self.policy.temperature)
        self._warn_of_long_steps(noise)
        if noise > 0.0:
            theta += (noise * rng.standard_normal(len(theta))).astype(theta.dtype)
        check_weights(theta, iteration)
        return self._rewire(rng, theta, noise)

    def connectivity(self) -> dict[str, float]:
        """Share of each matrix's sites that hold a connection."""
        share = self._count / np.maximum(self._sites, 1)
        return dict(zip(MATRICES, share.tolist(), strict=True))

    def state(self) -> dict[str, npt.NDArray[Any]]:
        """Return copies of all arrays that `restore` needs, beside the connections themselves."""
        return {**self._adam.state(), "connectivity": np.array(self._connectivity)}

    def restore(self, state: Mapping[str, npt.NDArray[Any]]) -> None:
        """Continue from what `state` returned; the optimiser must hold that moment's list."""
        self._adam.restore(state)
        if "connectivity" not in state:
            raise UsageError("optimiser state: connectivity is missing")
        self._connectivity = float(state["connectivity"])

    def _rewire(self, rng: np.random.Generator, theta: Floats, noise: float) -> RewiringResult:
        old, keep = self._connections, theta > 0
        dropped = np.flatnonzero(~keep)
        lost = _per_matrix(old, dropped)
        room = self._sites - self._count + lost
        soft = self.policy.policy == "soft-deep-r"
        if soft:
            new_theta = self._wake(rng, int(room.sum()), noise)
            share = spread(rng, len(new_theta), room)
        else:
            pooled = self.policy.budget == "pooled"
            share = allocate(rng, len(dropped), self._sites, room) if pooled else lost
            new_theta = np.full(share.sum(), NEW_THETA)
        if len(dropped) == 0 and len(new_theta) == 0:
            self._connections = replace(old, weight=theta * old.sign).own()
            return _result(lost, share)
        source, target = draw_sites(rng, old, keep, share, room)
        created = self._replace(theta, keep, source, target, new_theta)
        self._count += share - lost
        shortage = 0 if soft else len(dropped) - len(created)
        return _result(lost, share, dropped, created, shortage)

    def _warn_of_long_steps(self, noise: float) -> None:
        """Say once that the share of sites that are awake is not that of the start."""
        if self._warned or noise <= LONGEST_STEP * self.policy.temperature / self.policy.l1:
            return
        self._warned = True
        warnings.warn(
            f"soft-deep-r: the noise of a step, sqrt(2 lr T) = {noise:.2g}, is more than half of"
            f" T / l1 = {self.policy.temperature / self.policy.l1:.2g}: without a gradient not"
            f" {self._connectivity:.3g} of all sites would be awake, but more; lower"
            " rewiring.l1 or training.lr, or raise rewiring.temperature",
            stacklevel=3,
        )

    def _wake(self, rng: np.random.Generator, absent: int, noise: float) -> Floats:
        """Draw the theta, above zero, of the absent sites that the noise lifts there.

        Only those within six standard deviations of zero are drawn; the chance of a farther one is
        1e-9.
        """
        p0, l1 = self._connectivity, self.policy.l1
        floor = (1.0 - p0) / p0 * self.policy.temperature / l1 if p0 > 0.0 else math.inf
        near = min(6.0 * noise, floor)
        close = rng.binomial(absent, near / floor if floor > 0.0 else 1.0)
        theta = -near * rng.random(close) + noise * rng.standard_normal(close)
        return np.maximum(theta[theta > 0.0], NEW_THETA)

    def _replace(
        self,
        theta: Floats,
        keep: npt.NDArray[np.bool_],
        source: Ints,
        target: Ints,
        new_theta: Floats,
    ) -> Ints:
        """Make the new list, and return where in it the new connections are."""
        old = self._connections
        indptr, targets, origin = merge(old, keep, source, target)
        created = np.flatnonzero(origin < 0)
        delay, sign, theta = (carried(a, origin) for a in (old.delay, old.sign, theta))
        delay[created], sign[created] = self._site_rule(source, target)
        theta[created] = new_theta
        self._adam.carry(origin)
        made = Connections(old.layout, indptr, targets, delay, sign, theta * sign)
        self._connections = made.own()
        return created

    def _site_rule(
        self, source: Ints, target: Ints
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int8]]:
        delay = np.empty(len(source), dtype=np.int32)
        sign = np.empty(len(source), dtype=np.int8)
        site_delays(self._delay_key, source, target, self._n_delays, delay)
        site_signs(self._sign_key, source, target, sign)
        if self._source_sign is not None:
            of_source = self._source_sign[source]
            sign = np.where(of_source == 0, sign, of_source)
        delay[target >= self._connections.layout.n] = 0
        return delay, sign


def _per_matrix(connections: Connections, index: Ints) -> Ints:
    """How many of the listed connections lie in W_in, W_rec and W_out."""
    source = np.searchsorted(connections.indptr, index, side="right") - 1
    matrix = matrix_index(connections.layout, source, connections.target[index])
    return np.bincount(matrix, minlength=len(MATRICES))


def _check_signs(
    connections: Connections, policy: str, source_sign: npt.NDArray[np.int8] | None
) -> None:
    if (connections.sign == 0).any():
        raise UsageError(
            f"{policy}: every connection needs a fixed sign; draw them with signed=True"
        )
    if source_sign is None:
        return
    check_source_sign(connections.layout, source_sign)
    of_source = source_sign[connections.source]
    if ((connections.sign != of_source) & (of_source != 0)).any():
        raise UsageError("source_sign: a connection has not the sign of its source (Dale's law)")


def _result(
    lost: Ints,
    gained: Ints,
    dropped: Ints = NOTHING,
    created: Ints = NOTHING,
    shortage: int = 0,
) -> RewiringResult:
    lost_by_name, gained_by_name = (
        dict(zip(MATRICES, counts.tolist(), strict=True)) for counts in (lost, gained)
    )
    return RewiringResult(lost_by_name, gained_by_name, dropped, created, shortage)
