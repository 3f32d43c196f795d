"""Random rate networks with a batch, small, with every size down to one or none."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from lsnn_core.gradient_checks import RateCase, random_rate_case
from lsnn_core.rate.network import RateNetwork
from tests.helpers.networks import seeds

models = st.sampled_from(["rnn", "lstm"])


@st.composite
def rate_cases(draw: st.DrawFn) -> RateCase:
    n_steps, halves = draw(st.integers(1, 12)), draw(st.integers(1, 2))
    return random_rate_case(
        "",
        np.random.default_rng(draw(seeds)),
        RateNetwork(
            draw(models),
            halves * draw(st.integers(0, 3)),
            halves * draw(st.integers(1, 4)),
            halves * draw(st.integers(1, 3)),
            halves,
        ),
        n_steps=n_steps,
        batch=draw(st.integers(1, 4)),
        readout_start=draw(st.integers(0, n_steps - 1)),
    )
