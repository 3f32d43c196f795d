"""Agents in the arena and the networks that move them, up to 16 episodes side by side.

Twins of `arena.move`, `place_code.input_spikes` and `ppo.act`, one lane at a time: next to a
network's step they cost little.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from lsnn_core.kernels.events import append_events
from lsnn_core.kernels.examples.forward import begin_segment, end_segment, forward_steps
from lsnn_core.kernels.examples.state import Pass
from lsnn_core.kernels.jit import inner, kernel
from lsnn_core.kernels.network import Events
from lsnn_core.kernels.random import normal, uniform


class Arenas(NamedTuple):
    """What the episodes of a block are like, and where their record goes; L lanes."""

    arena: tuple[float, ...]  # tasks.navigation.arena.Arena
    tuning: tuple[float, ...]  # peak, sharpness and reach of the place cells
    centres: np.ndarray  # (G,) of the place cells
    hold: int  # steps for which an action is held
    min_variance: float
    variance_span: float
    streams: np.ndarray  # (L, 3) uint64: for places, spikes, actions
    goal: np.ndarray  # (L, 2): where it is now
    position: np.ndarray  # (T + 1, L, 2); row 0 is given
    reward: np.ndarray  # (T, L)
    action: np.ndarray  # (ceil(T / hold), L, 2)
    fired: np.ndarray  # (4 G,) uint16 scratch, zero


@kernel
def rollout(p: Pass, readout, arenas: Arenas):
    """Run all steps from the state of `p`, each on the input that the steps before brought about.

    `p.x` is written: the input spikes, as the network got them. `readout` (T, K, lanes) is the
    memory of the lane array `p.y`, seen as numbers.
    """
    n_steps, segment = p.sizes.n_steps, p.sizes.segment
    p.x.ptr[0] = p.spikes.ptr[0] = 0
    for t0 in range(0, n_steps, segment):
        t1 = min(t0 + segment, n_steps)
        begin_segment(t0, t0, p)
        for t in range(t0, t1):
            _perceive(t, arenas, p.x)
            forward_steps(t, t + 1, t0, p)
            if t % arenas.hold == 0:
                _act(t, readout, arenas)
            _move(t, arenas)
        end_segment(t1, t0, p)


@inner
def _perceive(t: int, arenas: Arenas, x: Events):
    """Append the input spikes of step t to `x`."""
    position, reward, fired, streams = arenas.position, arenas.reward, arenas.fired, arenas.streams
    group = arenas.centres.size
    for lane in range(streams.shape[0]):
        bit = np.uint16(1 << lane)
        _place_cells(t, position[t, lane, 0], 0, bit, streams[lane, 1], arenas)
        _place_cells(t, position[t, lane, 1], group, bit, streams[lane, 1], arenas)
        if t > 0 and reward[t - 1, lane] != 0.0:
            first = 2 * group if reward[t - 1, lane] > 0.0 else 3 * group
            for i in range(first, first + group):
                fired[i] |= bit
    x.ptr[t + 1] = append_events(fired, x.ptr[t], x.source, x.lanes)


@inner
def _place_cells(t: int, place: float, first: int, bit: int, key: int, arenas: Arenas):
    """Set `bit` for the cells first.. of one coordinate that fire in step t."""
    centres, fired = arenas.centres, arenas.fired
    peak, sharpness, reach = arenas.tuning
    cells = centres.size
    per_length = 0.5 * (cells - 1)
    low = max(int((place - reach + 1.0) * per_length), 0)
    high = min(int((place + reach + 1.0) * per_length) + 2, cells)
    for i in range(low, high):
        distance = abs(place - centres[i])
        if distance <= reach:
            rate = peak * math.exp(-sharpness * distance * distance)
            if uniform(key, t * 2 * cells + first + i) < rate:
                fired[first + i] |= bit


@inner
def _act(t: int, readout, arenas: Arenas):
    """Draw the action of each lane from the Gaussian that its readout describes."""
    action, streams, row = arenas.action, arenas.streams, t // arenas.hold
    for lane in range(streams.shape[0]):
        for d in range(2):
            mean = math.tanh(np.float64(readout[t, d, lane]))
            sigmoid = 1.0 / (1.0 + math.exp(-np.float64(readout[t, 2 + d, lane])))
            variance = arenas.min_variance + arenas.variance_span * sigmoid
            draw = normal(streams[lane, 2], 2 * row + d)
            action[row, lane, d] = mean + math.sqrt(variance) * draw


@inner
def _move(t: int, arenas: Arenas):
    """Take the step of each lane."""
    position, goal, action, row = arenas.position, arenas.goal, arenas.action, t // arenas.hold
    goal_distance, goal_radius, goal_reward, wall_reward, scale, max_step, moves = arenas.arena
    for lane in range(arenas.streams.shape[0]):
        dx, dy = scale * action[row, lane, 0], scale * action[row, lane, 1]
        length = math.hypot(dx, dy)
        shorten = max_step / length if length > max_step else 1.0
        px = position[t, lane, 0] + dx * shorten
        py = position[t, lane, 1] + dy * shorten
        distance = math.hypot(px, py)
        outside = distance > 1.0
        if outside:
            px /= distance
            py /= distance
        reward = wall_reward if outside else 0.0
        if math.hypot(px - goal[lane, 0], py - goal[lane, 1]) < goal_radius:
            reward = goal_reward
            key, first = arenas.streams[lane, 0], 4 * (t + 1)
            radius = math.sqrt(uniform(key, first))
            angle = 2.0 * math.pi * uniform(key, first + 1)
            px, py = radius * math.cos(angle), radius * math.sin(angle)
            if moves:
                angle = 2.0 * math.pi * uniform(key, first + 2)
                goal[lane, 0] = goal_distance * math.cos(angle)
                goal[lane, 1] = goal_distance * math.sin(angle)
        position[t + 1, lane, 0] = px
        position[t + 1, lane, 1] = py
        arenas.reward[t, lane] = reward
