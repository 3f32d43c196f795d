"""A made-up run with an example that was walked back."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.helpers.run_files import N_REGULAR
from tests.helpers.whole_runs import whole_run

N_STEPS, FIRST, READ_FROM = 300, 540, 812


def walked_run(n_adaptive: int = 100, *, reach: bool = True) -> dict[str, Any]:
    """Return its tree: 16 neurons of R, and of A if there are such, over the last 300 steps."""
    tree = whole_run("smnist-deepr", n_adaptive=n_adaptive)
    rng, n = np.random.default_rng(1), N_REGULAR + n_adaptive
    nodes = np.concatenate([np.arange(0, 120, 8)[:15], [119], np.arange(N_REGULAR, n)[:16]])
    shape = N_STEPS, nodes.size
    tree["neurons"] |= {"tau_m_ms": np.full(n, 20.0), "b0": np.linspace(0.01, 0.02, n)}
    flows = {name: rng.normal(0, 0.2, shape) for name in ("V", "d_V", "d_b")}
    flows |= {"B": rng.uniform(0.01, 0.1, shape), "psi": rng.uniform(0, 0.3, shape)}
    tree["recordings"]["walk"] = {
        "nodes": nodes,
        "first_step": np.array(FIRST),
        "read_from": np.array(READ_FROM),
        **{name: values.astype(np.float32) for name, values in flows.items()},
    }
    if reach:
        lag = np.arange(READ_FROM + 1.0)
        populations = ("R", "A") if n_adaptive else ("R",)
        tree["recordings"]["gradient"] = {"lag_ms": lag} | {
            f"{rule}_{name}": np.exp(-lag / tau).astype(np.float32)
            for name in populations
            for rule, tau in (("norm", 200.0), ("eprop", 20.0))
        }
    return tree
