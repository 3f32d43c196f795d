"""Random rate networks with a batch, small, with every size down to one or none."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lsnn_core.gradcheck import RateCase, random_rate_case
from tests.helpers.networks import seeds

models = st.sampled_from(["rnn", "lstm"])


@st.composite
def rate_cases(draw: st.DrawFn) -> RateCase:
    n_steps, halves = draw(st.integers(1, 12)), draw(st.integers(1, 2))
    return random_rate_case(
        "",
        np.random.default_rng(draw(seeds)),
        draw(models),
        n_in=halves * draw(st.integers(0, 3)),
        n=halves * draw(st.integers(1, 4)),
        n_out=halves * draw(st.integers(1, 3)),
        n_steps=n_steps,
        batch=draw(st.integers(1, 4)),
        readout_start=draw(st.integers(0, n_steps - 1)),
        halves=halves,
    )
