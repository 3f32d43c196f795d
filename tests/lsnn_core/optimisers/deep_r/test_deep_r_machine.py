"""Any order of learning, noise, mass extinction, saving and loading leaves a sound list."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from lsnn_core.config.optimisers import AdamSettings
from lsnn_core.model.connections import MATRICES, Connections, Layout
from lsnn_core.model.initial import initial_connections, source_signs
from lsnn_core.model.sites import site_delay, site_sign
from lsnn_core.optimisers.deep_r import ConnectionOptimiser, Rewiring
from tests.helpers.networks import dtypes, layouts, seeds

SEED, N_DELAYS = 11, 4
policies = st.sampled_from(
    [
        Rewiring("none"),
        Rewiring("deep-r", "pooled"),
        Rewiring("deep-r", "per-matrix"),
        Rewiring("deep-r", "pooled", temperature=0.01),
        Rewiring("soft-deep-r", temperature=0.01),
    ]
)


class Rewired(RuleBasedStateMachine):
    """A network that learns whatever it is told."""

    @initialize(
        layout=layouts(),
        connectivity=st.floats(0.05, 1.0),
        dale=st.booleans(),
        dtype=dtypes,
        policy=policies,
    )
    def begin(
        self, layout: Layout, connectivity: float, dale: bool, dtype: type, policy: Rewiring
    ) -> None:
        self.policy, self.iteration = policy, 0
        self.source_sign = source_signs(layout, layout.n, 0.25, 0.25, SEED) if dale else None
        listed = initial_connections(
            layout, connectivity, N_DELAYS, self.source_sign, SEED, dtype, signed=True
        )
        self.counts = [listed.count(name) for name in MATRICES]
        self.learner = self.reload(listed)

    def reload(self, listed: Connections) -> ConnectionOptimiser:
        return ConnectionOptimiser(
            listed, self.policy, AdamSettings(), SEED,
            n_delays=N_DELAYS, source_sign=self.source_sign,
        )  # fmt: skip

    def take(self, gradient: np.ndarray, lr: float) -> None:
        before = self.learner.connections
        result = self.learner.step(gradient, lr, self.iteration)
        self.iteration += 1
        new, state = result.created_index, self.learner.state()
        assert not np.any([state[name][new] for name in ("m", "v", "age")])
        assert (np.delete(state["age"], new) > 0).all()
        assert result.shortage == 0
        stayed = np.delete(before.source, result.dropped_index)
        np.testing.assert_array_equal(stayed, np.delete(self.learner.connections.source, new))

    @rule(seed=seeds, lr=st.sampled_from([1e-3, 0.1, 1.0]))
    def learn(self, seed: int, lr: float) -> None:
        size = len(self.learner.connections)
        self.take(np.random.default_rng(seed).normal(size=size), lr)

    @rule()
    def idle(self) -> None:
        self.take(np.zeros(len(self.learner.connections)), 0.05)

    @rule()
    def lose_everything(self) -> None:
        self.take(self.learner.connections.sign * 1e3, 100.0)

    @rule()
    def save_and_load(self) -> None:
        listed = self.learner.connections
        pieces = {name: listed.matrix(name) for name in MATRICES}
        again = self.reload(Connections.from_matrices(listed.layout, pieces))
        again.restore(self.learner.state())
        assert again.connections.equals(listed)
        self.learner = again

    @invariant()
    def list_is_sound(self) -> None:
        listed = self.learner.connections
        listed.validate()
        by_site = site_sign(SEED, listed.source, listed.target)
        sign = by_site if self.source_sign is None else self.source_sign[listed.source]
        np.testing.assert_array_equal(listed.sign, sign)
        delay = site_delay(SEED, listed.source, listed.target, N_DELAYS)
        inner = listed.target < listed.layout.n
        np.testing.assert_array_equal(listed.delay, np.where(inner, delay, 0))

    @invariant()
    def budget_is_kept(self) -> None:
        counts = [self.learner.connections.count(name) for name in MATRICES]
        if self.policy.policy != "soft-deep-r":
            assert sum(counts) == sum(self.counts)
        if self.policy.budget == "per-matrix":
            assert counts == self.counts


# steps of any length are drawn here: of soft-DEEP R, also those that are warned of
TestRewired = pytest.mark.filterwarnings("ignore:soft-deep-r")(Rewired.TestCase)
TestRewired.settings = settings(stateful_step_count=20)
