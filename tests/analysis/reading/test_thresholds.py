"""Thresholds along recorded spikes are those of the network that fired them."""

from __future__ import annotations

import numpy as np

from analysis import open_run
from analysis.reading.thresholds import adaptation, relative_thresholds
from lsnn_core import reference
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run

N_IN, N = 5, 8


def a_network(rng, tau_a_ms):
    """Return a network for reading that fires a good deal, all neurons adaptive."""
    return reference.Network(
        W_in=rng.uniform(0.2, 0.8, (2, N_IN, N)),
        W_rec=rng.normal(0.0, 0.05, (2, N, N)),
        W_out=rng.normal(size=(N, 2)),
        b_out=np.zeros(2),
        alpha=np.full(N, np.exp(-1 / 20)),
        rho=np.exp(-1 / tau_a_ms),
        beta=np.full(N, 1.8),
        b0=np.full(N, 0.01),
        n_ref=np.full(N, 2),
        kappa=0.9,
        gamma=0.3,
    )


def test_adaptation_along_spikes_is_that_of_the_reference():
    rng = np.random.default_rng(1)
    tau_a_ms = rng.uniform(20.0, 700.0, N)

    trace = reference.forward(a_network(rng, tau_a_ms), rng.random((300, N_IN)) < 0.2)

    assert trace.z.sum(axis=0).min() > 10
    np.testing.assert_allclose(adaptation(trace.z, tau_a_ms), trace.b, rtol=1e-12)


def test_thresholds_follow_the_recorded_spikes(tmp_path):
    tree = whole_run()
    example = tree["recordings"]["example"]

    with open_run(write_run(tmp_path / "run.h5", tree)) as run:
        found = relative_thresholds(run)

    shown = found.relative[:, example["threshold_nodes"] - found.first]
    np.testing.assert_allclose(0.01 * shown, example["threshold"], rtol=1e-6)
