"""The heaviest work of a step, shared by threads that wait for nobody's scheduler.

Most of the backward pass of a large network goes into reading the connections of the neurons whose
psi is not zero. Their list is cut into pieces; whoever is free takes the next one. Each neuron's
sum has one order whoever takes it, so the result does not depend on the threads. Steps are too
short to wake a thread for: the helpers spin. Count and row of a step are never written again, so a
helper that slept through many steps finds that nothing is left of the one it knew.
"""

from __future__ import annotations

from .atomics import atomic_add, atomic_read, atomic_write
from .block import ZERO
from .gathers import first_lanes, gather_some, load_some, store_some
from .jit import inner, kernel
from .lanes import fma, item, lane_count, lane_sum, splat
from .neurons_state import Rows, Team

PIECE = 64  # neurons a piece: some microseconds
NEXT, DONE, HELPERS = 0, 1, 2  # places in Team.sync
STEP_BITS = 32  # NEXT holds (step + 1) << 32 | piece; step + 1 = 0: no work; < 0: go home
PIECES = (1 << STEP_BITS) - 1


@inner
def gather_row(rows: Rows, source: int, kind, number, row: int, spiked: bool, gradient):
    """Sum over the connections of `source` of weight times dL/dI where and when they arrive.

    Where it spiked, dL/dI is what its weights' gradient grows by.
    """
    indptr, offset, weight = rows.indptr, rows.offset, rows.weight
    total = splat(kind, 0.0)
    stop = item(indptr, source + 1)
    for c in range(item(indptr, source), stop, lane_count(kind)):
        some = first_lanes(kind, stop - c)
        arrived = gather_some(kind, number, row, offset, c, some)
        total = fma(load_some(kind, weight, c, some), arrived, total)
        if spiked:
            store_some(gradient, c, some, load_some(kind, gradient, c, some) + arrived)
    return lane_sum(total)


@inner
def gather_piece(step: int, first: int, stop: int, n_in: int, rows: Rows, kind, number, team: Team):
    """Gather for the active neurons first:stop of a step."""
    active, fired, gathered, gradient = team.active, team.fired, team.gathered, team.weight
    row, width = team.row[step], lane_count(kind)
    for i in range(first, stop):
        j = item(active, i)
        spiked = (item(fired, j // width) >> (j % width)) & 1 == 1
        gathered[j] = gather_row(rows, n_in + j, kind, number, row, spiked, gradient)


@inner
def take_piece(n_in: int, rows: Rows, kind, number, team: Team) -> bool:
    """Take the next piece of the step at work and do it; False if there was none."""
    counts, sync = team.counts, team.sync
    found = atomic_add(sync, NEXT, 1)
    step, first = (found >> STEP_BITS) - 1, (found & PIECES) * PIECE
    if step < 0 or first >= counts[step]:
        return False
    gather_piece(step, first, min(first + PIECE, counts[step]), n_in, rows, kind, number, team)
    atomic_add(sync, DONE, 1)
    return True


@inner
def gather_together(step: int, n_in: int, rows: Rows, kind, number, team: Team):
    """Gather for the active neurons of a step, with whoever else is at `help_gathering`."""
    if team.sync[HELPERS] == 0:  # a small network's step is over before two had agreed
        gather_piece(step, ZERO, team.counts[step], n_in, rows, kind, number, team)
        return
    sync, pieces = team.sync, (team.counts[step] + PIECE - 1) // PIECE
    atomic_write(sync, DONE, 0)
    atomic_write(sync, NEXT, (step + 1) << STEP_BITS)
    while take_piece(n_in, rows, kind, number, team):
        pass
    while atomic_read(sync, DONE) < pieces:
        pass
    atomic_write(sync, NEXT, 0)


@kernel
def help_gathering(n_in: int, rows: Rows, kind, number, team: Team):
    """Take pieces of whatever step is at work, until told to go home."""
    while True:
        found = atomic_read(team.sync, NEXT)
        step, first = (found >> STEP_BITS) - 1, (found & PIECES) * PIECE
        if step < -1:
            return
        if step >= 0 and first < team.counts[step]:
            take_piece(n_in, rows, kind, number, team)


@kernel
def send_home(team: Team):
    """Let every thread at `help_gathering` return."""
    atomic_write(team.sync, NEXT, (0 - 1) << STEP_BITS)
