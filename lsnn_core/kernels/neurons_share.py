"""A step back of many neurons, shared by threads that wait for nobody's scheduler.

Most of the backward pass of a large network goes into reading the connections of the neurons whose
psi is not zero. The neurons are cut into pieces; whoever is free takes the next one. Each neuron's
sum has one order whoever takes it, so the result does not depend on the threads. Steps are too
short to wake a thread for: the helpers spin. All steps have the same pieces, so a helper that slept
through many of them finds a piece of the one at work, or none.
"""

from __future__ import annotations

from .atomics import atomic_add, atomic_read, atomic_write
from .block import Setting
from .jit import inner, kernel
from .neurons_adjoint import pieces, step_back
from .neurons_state import Cells, Extent, Rows, Strip, Sums

NEXT, DONE, HELPERS = 0, 1, 2  # places in Sums.sync
STEP_BITS = 32  # NEXT holds (step + 1) << 32 | piece; step + 1 = 0: no work; < 0: go home
PIECE_BITS = (1 << STEP_BITS) - 1


@inner
def step_together(
    t: int, extent: Extent, setting: Setting, rows: Rows, cells: Cells, strip: Strip, sums: Sums
):
    """Step t of all neurons, with whoever else is at `help_stepping`."""
    sync, count = sums.sync, pieces(extent)
    alone = sync[HELPERS] == 0
    if not alone:
        atomic_write(sync, DONE, 0)
        atomic_write(sync, NEXT, (t + 1) << STEP_BITS)
    piece = 0 if alone else atomic_add(sync, NEXT, 1) & PIECE_BITS
    while piece < count:
        step_back(t, piece, extent, setting, rows, cells, strip, sums)
        if alone:
            piece += 1
        else:
            atomic_add(sync, DONE, 1)
            piece = atomic_add(sync, NEXT, 1) & PIECE_BITS
    if not alone:
        while atomic_read(sync, DONE) < count:
            pass
        atomic_write(sync, NEXT, 0)


@kernel
def help_stepping(
    extent: Extent, setting: Setting, rows: Rows, cells: Cells, strip: Strip, sums: Sums
):
    """Take pieces of whatever step is at work, until told to go home."""
    sync, count = sums.sync, pieces(extent)
    found = atomic_read(sync, NEXT)
    while found >= 0:
        if found > PIECE_BITS and (found & PIECE_BITS) < count:
            found = atomic_add(sync, NEXT, 1)  # it may be another step's by now
            if found > PIECE_BITS and (found & PIECE_BITS) < count:
                t = (found >> STEP_BITS) - 1
                step_back(t, found & PIECE_BITS, extent, setting, rows, cells, strip, sums)
                atomic_add(sync, DONE, 1)
        found = atomic_read(sync, NEXT)


@kernel
def send_home(sums: Sums):
    """Let every thread at `help_stepping` return."""
    atomic_write(sums.sync, NEXT, (0 - 1) << STEP_BITS)
