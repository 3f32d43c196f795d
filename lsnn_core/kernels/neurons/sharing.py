"""A step of many neurons, shared by threads that wait for nobody's scheduler.

Most of the time of a large network goes into reading connections: of who spiked on the way forward,
of whose psi is not zero on the way back. The neurons are cut into pieces. The thread that owns the
run takes them from the front and helpers from the back, until they meet: so each finds in its cache
some of what it read a step before. A neuron's sum has one order whoever takes it, so the result
does not depend on the threads. Steps are too short to wake a thread for: the helpers spin. All
steps have the same pieces, so a helper that slept through many of them finds a piece of the one at
work, or none.
"""

from __future__ import annotations

from ..jit import inner, kernel
from ..vectors.atomics import atomic_add, atomic_read, atomic_write
from .state import Share

NEXT, DONE, HELPERS = 0, 1, 2  # places in Share.sync: pieces to take, pieces done, helpers
ORIGIN = 3  # what steps are counted from
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
def begin_step(share: Share, step: int):
    """Let the pieces of a step be taken."""
    atomic_write(share.sync, DONE, 0)
    atomic_write(share.sync, NEXT, (step + 1) << STEP_BITS)


@inner
def take_front(share: Share, count: int) -> int:
    """The owner's next piece of the step at work, or -1."""
    sync = share.sync
    if sync[HELPERS] > 0:
        found = atomic_add(sync, NEXT, FRONT)
    else:
        found = sync[NEXT]
        sync[NEXT] += FRONT
    return found & FRONT_BITS if some_left(found, count) else -1


@inner
def take_back(share: Share, count: int):
    """The step at work, and a helper's next piece of it, or -1. Step -2: go home."""
    sync = share.sync
    found = atomic_read(sync, NEXT)
    if some_left(found, count):
        found = atomic_add(sync, NEXT, BACK)  # it may be another step's by now
    step = (found >> STEP_BITS) - 1
    if some_left(found, count):
        return step, count - 1 - (found & TAKEN_BITS) // BACK
    return step, -1


@inner
def piece_done(share: Share):
    """Count a piece that was taken."""
    if share.sync[HELPERS] > 0:
        atomic_add(share.sync, DONE, 1)


@inner
def end_step(share: Share, count: int):
    """Wait for the pieces that helpers have taken."""
    if share.sync[HELPERS] > 0:
        while atomic_read(share.sync, DONE) < count:
            pass
    atomic_write(share.sync, NEXT, 0)


@kernel
def send_home(share: Share):
    """Let every helper return."""
    atomic_write(share.sync, NEXT, (0 - 1) << STEP_BITS)
