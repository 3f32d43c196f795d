"""What goes on inside: potentials, thresholds and psi of some neurons at some steps.

A run keeps spikes and readouts alone. To record, it is run once more in pieces, each going on from
the state of the one before, to the same bits: memory is that of what is kept and of one piece.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import Float, as_array, integers, refuse, shown
from ..memory import physical_bytes
from ..model.network import Network
from ..model.state import NetworkState
from ..reference import psi
from .analog import AnalogInput
from .beginning import Beginning
from .blocks import slices
from .example_arrays import example_arrays
from .example_block import ExampleBlock, Scratch, lane_bits
from .inputs import Inputs
from .plan import plan_run

Array = npt.NDArray[Any]
NAMES = ("V", "b", "B", "psi")
PIECE = 256  # steps of a piece, or the longest delay if that is longer (our choice)


@dataclass(frozen=True, eq=False)
class Record:
    """What to record, of which neurons, at which steps.

    Takes 4 or 8 bytes (`dtype`) times steps x examples x neurons x names; what this machine has not
    is refused before anything is run.

    Parameters
    ----------
    names
        Some of "V" (potential), "b" (adaptation), "B" (threshold) and "psi" (pseudo-derivative
        times B: as `lsnn_core.reference.psi`, 0 while refractory).
    neurons
        Which, (n,) numbers from 0 to N - 1; all if not given.
    steps
        Which, (t,) ascending numbers from 0 to T - 1; all if not given.
    """

    names: Sequence[str] = ()
    neurons: npt.ArrayLike | None = None
    steps: npt.ArrayLike | None = None

    @classmethod
    def of(cls, given: Any) -> Record:
        """A `Record`, from one or from names."""
        if isinstance(given, cls):
            return given
        if not isinstance(given, str | Sequence):
            raise UsageError(f"record: expected some of {NAMES}, or a Record, found {shown(given)}")
        return cls((given,) if isinstance(given, str) else tuple(given))

    def checked(self, net: Network, n_steps: int, batch: int, dtype: Float) -> Record:
        """The same with numbers for all; refuse what is not there, or does not fit."""
        for name in self.names:
            if name not in NAMES:
                raise UsageError(f"record: expected some of {NAMES}, found {shown(name)}")
        n = net.layout.n
        neurons = _chosen("record.neurons", self.neurons, n)
        steps = _chosen("record.steps", self.steps, n_steps)
        refuse("record.steps", steps[1:], np.diff(steps) <= 0, "expected ascending steps")
        size = np.dtype(dtype).itemsize
        need = len(steps) * batch * len(neurons) * len(self.names) * size
        have = physical_bytes()
        if have is not None and need > have:
            raise UsageError(
                f"record: takes {need / 1e9:.3g} GB for {len(steps)} steps, {batch} examples and "
                f"{len(neurons)} neurons, this machine has {have / 1e9:.3g}; "
                "give a Record of some neurons or steps"
            )
        return Record(tuple(self.names), neurons, steps)


def replay(
    net: Network, inputs: Inputs, begin: Beginning, record: Record, dtype: Float
) -> dict[str, Array]:
    """Run `inputs` and return what a checked `record` names, (steps, B, neurons) each."""
    if not record.names:
        return {}
    neurons, steps = np.asarray(record.neurons), np.asarray(record.steps)
    sizes = len(steps), inputs.n_examples, len(neurons)
    found = {name: np.empty(sizes, dtype) for name in record.names}
    length = max(PIECE, net.max_delay)
    last = int(steps[-1]) + 1 if len(steps) else 0
    for first in range(0, last, length):
        stop = min(first + length, inputs.n_steps)
        values, state = _piece(net, inputs.steps(first, stop), begin, dtype)
        begin = begin._replace(state=state)
        inside = (steps >= first) & (steps < stop)
        for name in record.names:
            found[name][inside] = values[name][steps[inside] - first][:, :, neurons]
    return found


def _piece(
    net: Network, inputs: Inputs, begin: Beginning, dtype: Float
) -> tuple[dict[str, Array], NetworkState]:
    """All values of all neurons in a few steps, and the state after them."""
    T, B = inputs.n_steps, inputs.n_examples
    arrays = example_arrays(net, dtype, track_all=True)
    plan = replace(plan_run(net, T, B, dtype), segment=T)
    shapes = plan.shapes(T, track_all=True)
    scratch = Scratch(net, shapes[0], dtype)
    parts: list[dict[str, Array]] = []
    states = []
    for shape, (start, stop) in zip(shapes, slices(plan.sizes), strict=True):
        block = ExampleBlock(net, shape, dtype)
        block.scratch = scratch
        begin.set(block, net, start, stop)
        current = inputs.injected(start, stop, block.kind)
        if inputs.values is not None:
            real = AnalogInput(T, net.layout.n_in, net.layout.n, block.kind)
            current = real.added(net.connections, inputs.of_block(start, stop), current)
        block.forward(arrays, inputs.events(start, stop), current)
        parts.append(_of_tape(net, block))
        states.append(block.final_state(net))
    joined = {name: np.concatenate([part[name] for part in parts], axis=1) for name in NAMES}
    return joined, NetworkState.joined(states)


def _of_tape(net: Network, block: ExampleBlock) -> dict[str, Array]:
    """V, b, B and psi (T, L, N) of the block that has just written the tape."""
    tape, T, n, width = block.scratch.tape, block.shape.n_steps, net.layout.n, block.shape.width
    rows = tape.V["lane"][: T * net.layout.n_target].reshape(T, net.layout.n_target, width)
    tested = rows[:, :n, : block.lanes].transpose(0, 2, 1)
    b = tape.b["lane"].reshape(T, n, width)[:, :, : block.lanes].transpose(0, 2, 1)
    kind = tested.dtype.type
    B = kind(1) * net.neurons.b0.astype(kind) + net.neurons.beta.astype(kind) * b
    still = lane_bits(tape.ref[: T * n].reshape(T, n), np.arange(block.lanes)).transpose(0, 2, 1)
    bump = psi((tested - B) / B, net.gamma, net.surrogate)
    V = tested
    if net.convention == "lsnn-official":  # which tests the potential of the step before
        after = block.state.V["lane"][:, : block.lanes].T
        V = np.concatenate([tested[1:], after[None]])
    return {"V": V, "b": b, "B": B, "psi": np.where(still != 0, kind(0), bump)}


def _chosen(name: str, which: Any, count: int) -> Array:
    if which is None:
        return np.arange(count)
    given = as_array(which)
    if given.dtype == np.bool_ or given.ndim == 0:
        raise UsageError(f"{name}: expected a list of numbers, found {shown(which)}")
    numbers = integers(name, given, (None,))
    refuse(name, numbers, (numbers < 0) | (numbers >= count), f"expected 0 to {count - 1}")
    return numbers.astype(np.int64)
