"""Store-recall: remember the digit shown at STORE until RECALL asks for it.

A sequence of symbols, each shown for 200 ms: digits 0 and 1, STORE, RECALL. Every symbol has a
group of Poisson inputs. From the tutorial published with the paper's code (no experiment of the
paper itself): small, quick to train, impossible without a memory of seconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, real, whole
from lsnn_core.errors import UsageError
from lsnn_core.random.counter import bits53
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from ..encoding.checks import check_array
from . import kernels as encoders

Symbols = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Keys = npt.NDArray[np.uint64]

STORE, RECALL = 2, 3
"""The symbols above the digits 0 and 1; a symbol is also the number of its input group."""

N_GROUPS = 4
N_DIGITS = 2

LEAST_ACCEPTANCE = 0.001
"""Settings under which fewer random sequences than this are valid are refused."""


@dataclass(frozen=True, kw_only=True)
class StoreRecallSettings(Settings):
    """Settings of the task; the defaults are the published ones.

    Parameters
    ----------
    n_symbols
        Symbols in a sequence.
    symbol_ms
        How long each is shown, ms.
    expected_delay
        Mean wait for a STORE, and after it for a RECALL, in symbols: each comes with probability
        ``1 / (1 + expected_delay)`` at every symbol.
    group_size
        Inputs in each of the four groups.
    rate_hz
        Firing rate of an active group's inputs; the others are silent.
    inversion_probability
        How often the symbol after STORE is shown inverted: it is not the one to remember.

    Raises
    ------
    UsageError
        A setting is out of range, or valid sequences would be too rare to be found.
    """

    section: ClassVar[str] = "task"

    n_symbols: int = whole(12, low=3, high=10_000)
    symbol_ms: int = whole(200, low=1, high=10_000)
    expected_delay: float = real(6.0, above=0.0)
    group_size: int = whole(25, low=1, high=10_000)
    rate_hz: float = real(50.0, low=0.0, high=1000.0)
    inversion_probability: float = real(0.5, low=0.0, high=1.0)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.acceptance < LEAST_ACCEPTANCE:
            raise UsageError(
                f"task.expected_delay: found {self.expected_delay:g} for {self.n_symbols} symbols, "
                f"of which a fraction {self.acceptance:.1e} of random sequences is valid, expected "
                f"at least {LEAST_ACCEPTANCE}; a delay near {self.n_symbols / 4:g} is sure to do"
            )

    @property
    def n_in(self) -> int:
        """Number of inputs, 100."""
        return N_GROUPS * self.group_size

    @property
    def n_steps(self) -> int:
        """T, the steps of 1 ms of a sequence, 2400."""
        return self.n_symbols * self.symbol_ms

    @property
    def special_probability(self) -> float:
        """Probability that the STORE, or else RECALL, that is due comes now."""
        return 1.0 / (1.0 + self.expected_delay)

    @property
    def acceptance(self) -> float:
        """Probability that a random sequence is valid.

        A Markov chain over: no STORE yet, just stored, holding, recalled. A RECALL right after
        STORE leaves it (no digit to store); the sequence must end in the last.
        """
        p = self.special_probability
        q = 1.0 - p
        step = np.array([[q, p, 0, 0], [0, 0, q, 0], [0, 0, q, p], [0, p, 0, q]])
        return float(np.linalg.matrix_power(step, self.n_symbols)[0, 3])


class StoreRecall(NamedTuple):
    """A batch of B sequences of S symbols.

    symbols: int64 (B, S), 0, 1, STORE or RECALL; targets: int64 (B, S), the stored digit at RECALL,
    else the symbol; recall: bool (B, S), where the target counts; gates: bool (B, S, 4), which
    input groups are active; keys: uint64 (B), the random stream of each sequence's spikes.
    """

    symbols: Symbols
    targets: Symbols
    recall: Flags
    gates: Flags
    keys: Keys


def draw_batch(settings: StoreRecallSettings, size: int, rng: np.random.Generator) -> StoreRecall:
    """Draw `size` sequences; everything random in them is fixed here, spikes included.

    Encode the batch in blocks of any size: ``input_spikes`` and ``spike_events`` of a sequence
    depend on its own gates and key only.
    """
    symbols = draw_symbols(settings, size, rng)
    inverted = rng.random(symbols.shape) < settings.inversion_probability
    keys = rng.integers(0, 2**64, size, np.uint64)
    return StoreRecall(
        symbols=symbols,
        targets=recall_targets(symbols),
        recall=symbols == RECALL,
        gates=input_gates(symbols, inverted),
        keys=keys,
    )


def draw_symbols(settings: StoreRecallSettings, size: int, rng: np.random.Generator) -> Symbols:
    """Draw `size` valid sequences, int64 (size, S), by rejection.

    A round draws as many candidates as are needed on average, and a few more; that valid ones are
    not too rare was checked with the settings.
    """
    found = np.empty((0, settings.n_symbols), np.int64)
    while len(found) < size:
        candidates = _draw_candidates(settings, math.ceil(size / settings.acceptance) + 16, rng)
        found = np.concatenate((found, candidates[is_valid(candidates)]))
    return found[:size]


def is_valid(symbols: Symbols) -> Flags:
    """Tell of each sequence (n, S) whether STORE and RECALL make sense in it.

    They must alternate, beginning with a STORE and ending with a RECALL, and a digit must follow
    every STORE.
    """
    store, recall = symbols == STORE, symbols == RECALL
    pending = np.cumsum(store, axis=1) - np.cumsum(recall, axis=1)
    alternate = ((pending == 0) | (pending == 1)).all(axis=1) & (pending[:, -1] == 0)
    digit_follows = ~(store[:, :-1] & (symbols[:, 1:] >= N_DIGITS)).any(axis=1)
    return np.asarray(alternate & digit_follows & store.any(axis=1))


def recall_targets(symbols: Symbols) -> Symbols:
    """Return the symbols (B, S) with the digit that followed the last STORE at each RECALL."""
    position = np.arange(symbols.shape[1])
    stored_at = np.maximum.accumulate(np.where(symbols == STORE, position, -1), axis=1) + 1
    stored = np.take_along_axis(symbols, np.minimum(stored_at, position[-1]), axis=1)
    return np.where(symbols == RECALL, stored, symbols)


def input_gates(symbols: Symbols, inverted: Flags) -> Flags:
    """Return which input groups are active, bool (B, S, 4).

    Each symbol opens its own group. STORE also opens the group of the digit to store, which is the
    next symbol; that next symbol itself is then shown inverted where ``inverted`` (B, S) says so
    at the STORE.
    """
    gates = symbols[:, :, None] == np.arange(N_GROUPS)
    row, at = np.nonzero(symbols == STORE)
    digit = gates[row, at + 1, :N_DIGITS]
    gates[row, at, :N_DIGITS] = digit
    gates[row, at + 1, :N_DIGITS] = digit ^ inverted[row, at, None]
    return np.asarray(gates)


def input_spikes(gates: Flags, keys: Keys, settings: StoreRecallSettings) -> Flags:
    """Return the input spikes of some sequences of a batch, bool (T, B, n_in).

    Notes
    -----
    In each step an input of an active group fires with probability ``rate_hz / 1000``: the draw of
    input i at step t is a function of (key, t, i) alone.
    """
    counter = np.arange(settings.n_steps * settings.n_in).reshape(
        settings.n_steps, 1, settings.n_in
    )
    open_ = np.repeat(gates.swapaxes(0, 1), settings.symbol_ms, axis=0)
    draws = bits53(keys[:, None], counter) < _chance(settings)
    return np.asarray(np.repeat(open_, settings.group_size, axis=2) & draws)


def spike_events(
    gates: Flags, keys: Keys, settings: StoreRecallSettings, buffers: EventBuffers | None = None
) -> SpikeEvents:
    """Return the same spikes of up to 16 sequences as events.

    Parameters
    ----------
    gates, keys
        Rows of a batch's arrays: bool (L, S, 4) and uint64 (L).
    settings
        The settings the batch was drawn with.
    buffers
        ``EventBuffers.allocate(settings.n_steps, settings.n_in)``; the events are views into it,
        good until its next use. Allocated if not given.
    """
    n_lanes = len(keys)
    check_array("gates", gates, np.bool_, (n_lanes, settings.n_symbols, N_GROUPS))
    check_array("keys", keys, np.uint64, (n_lanes,))
    out = buffers or EventBuffers.allocate(settings.n_steps, settings.n_in)
    out.check(n_lanes, settings.n_steps, settings.n_in)
    encoders.input_spikes(
        gates.copy(), keys.copy(), _chance(settings), settings.group_size, settings.symbol_ms, *out
    )
    return out.events(n_lanes)


def _draw_candidates(settings: StoreRecallSettings, n: int, rng: np.random.Generator) -> Symbols:
    """Draw random digits with STORE and RECALL by turns among them, valid or not."""
    symbols = rng.integers(0, N_DIGITS, (n, settings.n_symbols))
    special = rng.random(symbols.shape) < settings.special_probability
    by_turns = np.where(np.cumsum(special, axis=1) % 2 == 1, STORE, RECALL)
    return np.where(special, by_turns, symbols)


def _chance(settings: StoreRecallSettings) -> int:
    """Probability of an active input's spike in a step of 1 ms, out of 2**53."""
    return int(settings.rate_hz / 1000.0 * 2**53)
