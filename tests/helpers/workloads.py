"""Workloads that take no time, and how to measure them quickly."""

from __future__ import annotations

import dataclasses

from lsnn_core.bench import measure, workloads
from lsnn_core.bench.rate_problem import RateWorkload

TINY = workloads.Workload("tiny", 8, 6, 5, 3, 90, (3,), connectivity=0.6, n_delays=4, p_in=0.1)
CURVE = dataclasses.replace(TINY, n_out=1, window=0)
QUICK = measure.Options(repeats=1, threads=1)
TINY_LSTM = RateWorkload("tiny-lstm", 2, 6, 3, 12, (5,))
