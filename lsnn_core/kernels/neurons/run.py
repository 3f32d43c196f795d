"""Segments of some examples: forward, where one can be run again, and backward."""

from __future__ import annotations

from ..jit import inner, kernel
from ..network import ZERO, Events
from ..vectors.lanes import load, store
from .backward import backward_examples
from .connection_matrix import gradient_matrix
from .forward import forward_example
from .state import Adjoint, Pass, Sizes, State, Trains


@inner
def copy_state(source: State, a: int, target: State, b: int, sizes: Sizes, delayed: int):
    """Copy the state in slot `a` of `source` to slot `b` of `target`."""
    vectors, outs = sizes.vectors, sizes.outs
    for i in range(vectors):
        store(target.V, b * vectors + i, load(source.V, a * vectors + i))
        store(target.b, b * vectors + i, load(source.b, a * vectors + i))
        store(target.wait, b * vectors + i, load(source.wait, a * vectors + i))
        target.z[b * vectors + i] = source.z[a * vectors + i]
    for i in range(outs):
        store(target.u, b * outs + i, load(source.u, a * outs + i))
    for i in range(delayed):
        store(target.pending, b * delayed + i, load(source.pending, a * delayed + i))


@kernel
def run_segments(p: Pass, first: int, stop: int, again: bool):
    """Segments first:stop of one example after the other; the tape keeps the last one.

    `saved` keeps the state before each segment; it is where to start from to run one `again`.
    """
    sizes, ptr = p.sizes, p.spikes.ptr
    steps, segment, examples = sizes.n_steps, sizes.segment, sizes.examples
    delayed = p.constants.max_delay * (sizes.vectors + sizes.outs)
    for e in range(examples):
        ptr[e * (steps + 1)] = ptr[e * (steps + 1) - 1] if e > 0 else 0
        for k in range(first, stop):
            if again:
                copy_state(p.saved, k * examples + e, p.state, e, sizes, delayed)
            else:
                copy_state(p.state, e, p.saved, k * examples + e, sizes, delayed)
            forward_example(e, k * segment, min((k + 1) * segment, steps), p)


@kernel
def run_segment_back(p: Pass, adjoint: Adjoint, k: int):
    """Segment k of all examples, which is on the tape, backwards.

    `after` holds dL/dI of the rows that a spike of the segment can reach beyond it, and then of
    those that one of the segment before can reach.
    """
    sizes, lanes, after = p.sizes, p.tape.lanes, adjoint.after
    t0, t1 = k * sizes.segment, min((k + 1) * sizes.segment, sizes.n_steps)
    length = sizes.vectors + sizes.outs
    delayed = p.constants.max_delay * length
    for e in range(sizes.examples):
        end = e * sizes.tape + (t1 - t0) * length
        for i in range(delayed):
            store(lanes, end + i, load(after, e * delayed + i))
    backward_examples(t0, t1, p, adjoint)
    for e in range(sizes.examples):
        if p.connections.delay > 0:
            gradient_matrix(e, t0, t1, ZERO, p.x, p, adjoint.matrix)
            gradient_matrix(e, t0, t1, p.constants.n_in, p.spikes, p, adjoint.matrix)
        for i in range(delayed):
            store(after, e * delayed + i, load(lanes, e * sizes.tape + i))


@kernel
def part(x: Events, n_lanes: int, trains: Trains):
    """Part the events of a block into the trains of its examples, one behind the other."""
    x_ptr, x_source, x_lanes = x
    ptr, source = trains
    n_steps = x_ptr.size - 1
    end = 0
    for e in range(n_lanes):
        first = e * (n_steps + 1)
        ptr[first] = end
        for t in range(n_steps):
            for s in range(x_ptr[t], x_ptr[t + 1]):
                if (x_lanes[s] >> e) & 1:
                    source[end] = x_source[s]
                    end += 1
            ptr[first + t + 1] = end
