"""Hypothesis strategies: random but consistent layouts, connection lists and networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from hypothesis import strategies as st

from lsnn_core.choices import SURROGATES
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.sites import matrix_sites, site_delay, site_sign

seeds = st.integers(0, 2**32 - 1)
dtypes = st.sampled_from([np.float32, np.float64])


def layouts(
    n_in: st.SearchStrategy[int] = st.integers(0, 4),  # noqa: B008
    n: st.SearchStrategy[int] = st.integers(0, 6),  # noqa: B008
    n_out: st.SearchStrategy[int] = st.integers(0, 3),  # noqa: B008
    halves: st.SearchStrategy[int] = st.just(1),  # noqa: B008
) -> st.SearchStrategy[Layout]:
    """Small networks; by default each size may be zero. Sizes are those of each half."""
    return st.builds(
        lambda halves, *sizes: Layout(*(halves * size for size in sizes), halves),
        halves, n_in, n, n_out,
    )  # fmt: skip


one_or_two_halves = layouts(halves=st.sampled_from([1, 2]))


@st.composite
def connections(
    draw: st.DrawFn,
    layouts: st.SearchStrategy[Layout] = layouts(),  # noqa: B008
    *,
    signed: bool = False,
    source_sign: npt.NDArray[np.int8] | None = None,
    seed: int = 0,
    n_delays: int = 3,
    dtypes: st.SearchStrategy[type[Any]] = dtypes,
) -> Connections:
    """Any set of sites, also none or all, with non-zero weights.

    Delays, and signs if `signed`, are those that (seed, site) or `source_sign` dictate, so that a
    list can be handed to DEEP R with the same seed.
    """
    layout = draw(layouts)
    parts = [draw_sites(draw, block) for block in layout.matrices.values()]
    source, target = (np.concatenate(part) for part in zip(*parts, strict=True))
    rng = np.random.default_rng(draw(seeds))
    weight = rng.uniform(0.01, 1.0, len(source))
    if signed:
        by_site = site_sign(seed, source, target)
        sign = by_site if source_sign is None else source_sign[source]
        weight, fixed = weight * sign, sign
    else:
        weight, fixed = weight * rng.choice([-1.0, 1.0], len(source)), 0
    delay = np.where(target < layout.n, site_delay(seed, source, target, n_delays), 0)
    return Connections.from_sites(layout, source, target, weight.astype(draw(dtypes)), delay, fixed)


def draw_sites(draw: st.DrawFn, block: Any) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """A random set of one matrix' sites."""
    chosen = draw(st.sets(st.integers(0, block.sites - 1))) if block.sites else set()
    return matrix_sites(block, np.array(sorted(chosen), dtype=np.int64))


@st.composite
def gradient_cases(draw: st.DrawFn, max_batch: int = 17) -> Case:
    """Networks as the gradient checks take them, with everything that a network can have."""
    n = draw(st.integers(1, 10))
    return random_case(
        "drawn",
        np.random.default_rng(draw(seeds)),
        CaseOptions(
            n_in=draw(st.integers(0, 5)),
            n=n,
            n_out=draw(st.integers(1, 3)),
            n_regular=draw(st.integers(0, n)),
            n_steps=draw(st.integers(1, 30)),
            batch=draw(st.integers(1, max_batch)),
            n_delays=draw(st.integers(1, 12) | st.just(40)),  # longer than any run
            connectivity=draw(st.sampled_from([0.05, 0.3, 1.0])),
            dale=draw(st.booleans()),
            convention=draw(st.sampled_from(["paper", "lsnn-official"])),
            noise_std=draw(st.sampled_from([0.0, 0.05])),
            longest_refractory=draw(st.integers(0, 6)),
            surrogate=draw(st.sampled_from(SURROGATES)),
        ),
    )
