"""The names that settings choose among, each listed once."""

from __future__ import annotations

from typing import Final

MODELS: Final = ("lsnn", "rnn", "lstm")
CONVENTIONS: Final = ("paper", "lsnn-official")
SURROGATES: Final = ("triangle", "fast-sigmoid", "multi-gaussian")
RECURRENT_INITS: Final = ("glorot", "orthogonal")
READOUT_INITS: Final = ("normal", "glorot")
DTYPES: Final = ("float32", "float64")
OPTIMISERS: Final = ("adam", "muon")
ON_NAN: Final = ("stop", "skip")
RULES: Final = ("bptt", "e-prop")
FEEDBACKS: Final = ("symmetric", "random")
SCHEDULES: Final = ("constant", "step", "cosine")
POLICIES: Final = ("none", "deep-r", "soft-deep-r")
BUDGETS: Final = ("pooled", "per-matrix")
CONSTANTS: Final = ("tau_m", "tau_a", "beta", "b0")
