"""A step back of many neurons, shared by threads that wait for nobody's scheduler.

Most of the backward pass of a large network goes into reading the connections of the neurons whose
psi is not zero. The neurons are cut into pieces. The thread that owns the run takes them from the
front and helpers from the back, until they meet: so each finds in its cache some of what it read a
step before. A neuron's sum has one order whoever takes it, so the result does not depend on the
threads. Steps are too short to wake a thread for: the helpers spin. All steps have the same pieces,
so a helper that slept through many of them finds a piece of the one at work, or none.
"""

from __future__ import annotations

from .atomics import atomic_add, atomic_read, atomic_write
from .block import Setting
from .jit import inner, kernel
from .neurons_adjoint import pieces, step_back
from .neurons_state import Cells, Extent, Rows, Strip, Sums

NEXT, DONE, HELPERS = 0, 1, 2  # places in Sums.sync
STEP_BITS = 32  # NEXT holds (step + 1) << 32 | taken from the back << 16 | taken from the front
TAKEN_BITS = (1 << STEP_BITS) - 1  # step + 1 = 0: no work; < 0: go home
FRONT, BACK = 1, 1 << 16  # 65,535 pieces are sixteen million neurons
FRONT_BITS = BACK - 1


@inner
def some_left(found: int, count: int) -> bool:
    """Whether there is a step at work with a piece that nobody has taken."""
    front, back = found & FRONT_BITS, (found & TAKEN_BITS) // BACK
    return found > TAKEN_BITS and front + back < count


@inner
def step_together(
    t: int, extent: Extent, setting: Setting, rows: Rows, cells: Cells, strip: Strip, sums: Sums
):
    """Step t of all neurons, with whoever else is at `help_stepping`."""
    sync, count = sums.sync, pieces(extent)
    if sync[HELPERS] == 0:
        for piece in range(count):
            step_back(t, piece, extent, setting, rows, cells, strip, sums)
        return
    atomic_write(sync, DONE, 0)
    atomic_write(sync, NEXT, (t + 1) << STEP_BITS)
    found = atomic_add(sync, NEXT, FRONT)
    while some_left(found, count):
        step_back(t, found & FRONT_BITS, extent, setting, rows, cells, strip, sums)
        atomic_add(sync, DONE, 1)
        found = atomic_add(sync, NEXT, FRONT)
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
        if some_left(found, count):
            found = atomic_add(sync, NEXT, BACK)  # it may be another step's by now
            if some_left(found, count):
                t, piece = (found >> STEP_BITS) - 1, count - 1 - (found & TAKEN_BITS) // BACK
                step_back(t, piece, extent, setting, rows, cells, strip, sums)
                atomic_add(sync, DONE, 1)
        found = atomic_read(sync, NEXT)


@kernel
def send_home(sums: Sums):
    """Let every thread at `help_stepping` return."""
    atomic_write(sums.sync, NEXT, (0 - 1) << STEP_BITS)
