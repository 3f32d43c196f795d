"""A segment of a block backward, step by step (twin: reference/adjoint.py)."""

from __future__ import annotations

from ..jit import inner
from .backward import readout_back, reset_spikes, step_back
from .connections import weight_gradient
from .forward import copy_lanes
from .state import ZERO, Adjoint, Events, Neurons, Setting, State, Tape, Wiring


@inner
def backward_segment(
    t0: int,
    t1: int,
    start: int,
    setting: Setting,
    wiring: Wiring,
    neurons: Neurons,
    x: Events,
    spikes: Events,
    first_state: State,
    d_y,
    y_start: int,
    d_z,
    tape: Tape,
    adjoint: Adjoint,
    z,
):
    """Walk the segment t1 .. t0 backwards; leaves dL/dI on the tape.

    The tape begins with step `start`; its rows t1 .. t1 + D must hold dL/dI of the steps after the
    segment (zeros after the last step). `d_z` (N,) is what the loss adds to dL/dz at every step,
    `first_state` the state before t = 0 of the whole run, `z` (N,) scratch.
    """
    n, n_in, indptr, offset = setting.n, setting.n_in, wiring.indptr, wiring.offset
    tape_V = tape.V
    for t in range(t1 - 1, t0 - 1, -1):
        row = (t - start) * (n + setting.n_out)
        readout_back(row + n, setting, d_y, t - y_start, tape_V, adjoint.u)
        reset_spikes(t, setting, spikes, first_state, z)
        weight_gradient(t, ZERO, x, indptr, offset, tape_V, row, adjoint.weight)
        weight_gradient(t, n_in, spikes, indptr, offset, tape_V, row, adjoint.weight)
        step_back(t - start, setting, wiring, neurons, d_z, tape, adjoint, z)
    if adjoint.current.size > 0:
        for t in range(t0, t1):
            copy_lanes(tape_V, (t - start) * (n + setting.n_out), adjoint.current, t * n, n)
