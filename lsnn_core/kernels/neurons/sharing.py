"""A step of many neurons, shared by threads that wait for nobody's scheduler.

Most of the time of a large network goes into reading connections: of who spiked on the way forward,
of whose psi is not zero on the way back. The neurons are cut into chunks. The thread that owns the
run takes them from the front and workers from the back, until they meet: so each finds in its cache
some of what it read a step before. A neuron's sum has one order whoever takes it, so the result
does not depend on the threads. Steps are too short to wake a thread for: the workers spin. All
steps have the same chunks, so a worker that slept through many of them finds a chunk of the one at
work, or none.
"""

from __future__ import annotations

from ..jit import inner, kernel
from ..vectors.atomics import atomic_add, atomic_read, atomic_write
from .state import Threads

NEXT, DONE, WORKERS = 0, 1, 2  # places in Threads.sync: chunks to take, chunks done, workers
ORIGIN = 3  # what steps are counted from
STEP_BITS = 32  # NEXT holds (step + 1) << 32 | taken from the back << 16 | taken from the front
TAKEN_BITS = (1 << STEP_BITS) - 1  # step + 1 = 0: no work; < 0: stop
FRONT, BACK = 1, 1 << 16  # 65,535 chunks are sixteen million neurons
FRONT_BITS = BACK - 1


@inner
def some_left(word: int, count: int) -> bool:
    """Whether there is a step at work with a chunk that nobody has taken."""
    front, back = word & FRONT_BITS, (word & TAKEN_BITS) // BACK
    return word > TAKEN_BITS and front + back < count


@inner
def begin_step(threads: Threads, step: int):
    """Let the chunks of a step be taken."""
    atomic_write(threads.sync, DONE, 0)
    atomic_write(threads.sync, NEXT, (step + 1) << STEP_BITS)


@inner
def take_front(threads: Threads, count: int) -> int:
    """The owner's next chunk of the step at work, or -1."""
    sync = threads.sync
    if sync[WORKERS] > 0:
        word = atomic_add(sync, NEXT, FRONT)
    else:
        word = sync[NEXT]
        sync[NEXT] += FRONT
    return word & FRONT_BITS if some_left(word, count) else -1


@inner
def take_back(threads: Threads, count: int):
    """The step at work, and a worker's next chunk of it, or -1. Step -2: stop."""
    sync = threads.sync
    word = atomic_read(sync, NEXT)
    if some_left(word, count):
        word = atomic_add(sync, NEXT, BACK)  # it may be another step's by now
    step = (word >> STEP_BITS) - 1
    if some_left(word, count):
        return step, count - 1 - (word & TAKEN_BITS) // BACK
    return step, -1


@inner
def chunk_done(threads: Threads):
    """Count a chunk that was taken."""
    if threads.sync[WORKERS] > 0:
        atomic_add(threads.sync, DONE, 1)


@inner
def end_step(threads: Threads, count: int):
    """Wait for the chunks that workers have taken."""
    if threads.sync[WORKERS] > 0:
        while atomic_read(threads.sync, DONE) < count:
            pass
    atomic_write(threads.sync, NEXT, 0)


@kernel
def stop_workers(threads: Threads):
    """Let every worker return."""
    atomic_write(threads.sync, NEXT, (0 - 1) << STEP_BITS)
