"""The checks of e-prop: its reference against an adjoint, and its kernels against the reference."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..reference import EpropGradient, eprop, forward, local_adjoint
from ..simulation.blocks import lane_width
from ..simulation.eprop_arrays import eprop_arrays
from ..simulation.eprop_block import EpropBlock, EpropScratch
from ..simulation.plan import BlockShape
from ..task.spikes import SpikeEvents
from .cases import Case
from .checks import distance, listed, noise
from .to_reference import reference_network, reference_state

Array = npt.NDArray[Any]
MATRICES = ("W_in", "W_rec", "W_out")


def eprop_difference(case: Case) -> dict[str, float]:
    """Relative error of e-prop, forwards, against the adjoint in which no neuron tells another."""
    net, initial = reference_network(case.net), reference_state(case.initial, 0)
    trace = forward(net, case.x[:, 0].astype(float), case.current[:, 0], initial)
    given = net, trace, case.d_y[:, 0], case.d_z
    found, expected = eprop(*given), local_adjoint(*given)
    return {k: distance(getattr(found, k), getattr(expected, k)) for k in MATRICES}


def eprop_kernel_difference(
    case: Case,
    readout_start: int | None = None,
    segment: int = 16,
    feedback: Array | None = None,
) -> dict[str, float]:
    """Kernels of e-prop against its reference, from rest, with the paper's convention.

    The loss reads the readout from `readout_start` on, by default the last two thirds.
    """
    case = replace(case, net=replace(case.net, convention="paper"))
    start = len(case.x) // 3 if readout_start is None else readout_start
    d_y = np.where(np.arange(len(case.x))[:, None, None] >= start, case.d_y, 0.0)
    block, arrays, y = _ran(case, start, segment, feedback)
    block.set_d_y(d_y[start:].transpose(0, 2, 1))
    found = replace(case.net.connections, weight=block.backward(arrays, case.d_z))

    twin, parts, traces = reference_network(case.net), [], []
    for example in range(case.x.shape[1]):
        x, injected = case.x[:, example].astype(float), noise(case, example, first_step=0)
        traces.append(forward(twin, x, injected))
        parts.append(eprop(twin, traces[-1], d_y[:, example], case.d_z, feedback))
    expected = EpropGradient(*(sum(part) for part in zip(*parts, strict=True)))
    counts = np.sum([trace.z.sum(0) for trace in traces], 0)
    return {
        "y": distance(y, np.stack([trace.y[start:] for trace in traces], 2)),
        "z": distance(block.spike_counts(len(counts)), counts),
        **{
            k: distance(found.dense(k), listed(case.net, k, getattr(expected, k))) for k in MATRICES
        },
    }


def _ran(
    case: Case, start: int, segment: int, feedback: Array | None
) -> tuple[EpropBlock, Any, Array]:
    """A block that has run forward, and what it ran."""
    net, (steps, examples) = case.net, case.x.shape[:2]
    shape = BlockShape(steps, examples, lane_width(examples), start, min(segment, steps))
    block, arrays = EpropBlock(net, shape, np.float64), eprop_arrays(net, np.float64, feedback)
    block.scratch = EpropScratch(net, shape, np.float64)
    block.use(examples, np.arange(examples, dtype=np.uint64))
    return block, arrays, block.forward(arrays, SpikeEvents.from_dense(case.x))[..., :examples]
