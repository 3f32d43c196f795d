"""One neuron over a segment, backwards: what a spike that reaches it does until the end."""

from __future__ import annotations

from typing import NamedTuple

from ..examples.state import Pass
from ..jit import inner
from ..neuron import (
    left_behind,
    psi_nonzero,
    threshold,
    through_adaptation,
    through_spike,
    through_time,
)
from ..vectors.lanes import fma, load, mask_of, splat, store
from .state import ITEMS, OF_LOSS, OF_SPIKES, OF_V, Learning, OF_b, Segment


class Step(NamedTuple):
    """One step back of one neuron, linear: what each of three is worth to its V and b, vectors."""

    V_of_V: object  # of a unit of dL/dV of the next step
    b_of_V: object
    V_of_b: object  # of dL/db of the next step
    b_of_b: object
    V_of_z: object  # of what the spike itself is worth
    b_of_z: object


class Carried(NamedTuple):
    """What a unit of trace before a segment is after it, or adds to sums: vectors."""

    V_to_V: object
    b_to_V: object
    V_to_b: object
    b_to_b: object
    V_to_loss: object
    b_to_loss: object
    V_to_spikes: object
    b_to_spikes: object


class Place(NamedTuple):
    """Where V and b of a neuron at a step are, who is refractory, and who fired."""

    V: object  # lanes
    at: int
    b: object  # lanes, of adaptive neurons
    at_b: int
    refractory: int
    spiked: int


@inner
def walk_back(j: int, segment: Segment, p: Pass, e: Learning, adaptive: bool):
    """Fill the column of neuron j, whose items `OF_LOSS` hold what its spikes are worth.

    The tape holds the segment. Returns `Carried`.
    """
    column, trains, gain = e.column, e.trains, p.neurons.gain[j]
    n, first, n_out = p.constants.n, p.constants.first_adaptive, p.constants.n_out
    own, last_step = p.constants.n_in + j, segment.n_steps - 1
    none, one = splat(column, 0.0), splat(column, 1.0)
    V, b = (one, none), (none, one)  # the traces at the end, before what the last spike leaves
    loss, spikes = (none, none), (none, none)
    spike = trains.first[own + 1] - 1
    for t in range(last_step, -1, -1):
        spiked = 0
        if spike >= trains.first[own] and trains.step[spike] == t:
            spiked = int(trains.lanes[spike])
            spike -= 1
        at, at_b, still = t * (n + n_out) + j, t * (n - first) + j - first, p.tape.ref[t * n + j]
        here = step_at(j, p, Place(p.tape.V, at, p.tape.b, at_b, still, spiked), adaptive)
        at = t * ITEMS
        if t < last_step:
            V = before(here, V, adaptive)
            if adaptive:
                b = before(here, b, True)
        if segment.with_loss:
            V_next, b_next = before(here, loss, adaptive)
            worth = load(column, at + OF_LOSS)
            loss = fma(here.V_of_z, worth, V_next), fma(here.b_of_z, worth, b_next)
            store(column, at + OF_LOSS, gain * loss[0])
        if segment.with_spikes:
            V_next, b_next = before(here, spikes, adaptive)
            spikes = V_next + here.V_of_z, b_next + here.b_of_z
            store(column, at + OF_SPIKES, gain * spikes[0])
        store(column, at + OF_V, gain * V[0])
        store(column, at + OF_b, gain * b[0])
    last = e.traces
    place = Place(last.last_V, j, last.last_b, j - first, last.last_ref[j], last.last_z[j])
    here = step_at(j, p, place, adaptive)
    V, b = before(here, V, adaptive), before(here, b, adaptive)
    loss, spikes = before(here, loss, adaptive), before(here, spikes, adaptive)
    return Carried(*V, *b, *loss, *spikes)


@inner
def before(here: Step, later, adaptive: bool):
    """dL/dV and dL/db of a step from those of the next, but for what the spike itself is worth."""
    d_V, d_b = later
    if adaptive:
        return (
            fma(here.V_of_V, d_V, here.V_of_b * d_b),
            fma(here.b_of_V, d_V, here.b_of_b * d_b),
        )
    return here.V_of_V * d_V, d_b


@inner
def step_at(j: int, p: Pass, place: Place, adaptive: bool):
    """The step of neuron j that is at a place: (12) to (16) without (11), of units."""
    neurons, constants, lanes = p.neurons, p.constants, place.V
    alpha, rho, rise, beta = neurons.alpha[j], neurons.rho[j], neurons.rise[j], neurons.beta[j]
    none, one, keep = splat(lanes, 0.0), splat(lanes, 1.0), 1.0 if constants.through_reset else 0.0
    V, B = load(lanes, place.at), splat(lanes, neurons.b0[j])
    per_B = splat(lanes, 1.0 / neurons.b0[j])
    if adaptive:
        B = threshold(load(place.b, place.at_b), beta, B)
        per_B = 1.0 / B
    nonzero = psi_nonzero(V, B, mask_of(lanes, place.refractory), constants.surrogate)
    fire, tested = through_spike(one, V, per_B, nonzero, constants.gamma, constants.surrogate)
    of_V = left_behind(none, rise, none, B, one, keep)
    of_b = left_behind(none, rise, one, B, none, keep)
    V_of_V, B_of_V = through_time(
        of_V * fire,
        of_V * tested,
        mask_of(lanes, place.spiked),
        one,
        of_V * fire,
        alpha,
        keep,
        False,
    )
    return Step(
        V_of_V=V_of_V,
        b_of_V=through_adaptation(none, B_of_V, rho, beta),
        V_of_b=of_b * fire,
        b_of_b=through_adaptation(one, of_b * tested, rho, beta),
        V_of_z=fire,
        b_of_z=through_adaptation(none, tested, rho, beta),
    )
