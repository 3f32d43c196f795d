"""Lets a network act in the arena: episodes in lanes, network and arena in one kernel.

A network's input in a step depends on its output in the step before, so arena, place cells and
policy advance with the network. What the network got is recorded as spike events: run on them
again, it does the same, to the bit.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from lsnn_core.errors import UsageError
from lsnn_core.kernels.network import Events
from lsnn_core.model.network import Network
from lsnn_core.random.streams import example_keys
from lsnn_core.ranks.exchange import current
from lsnn_core.simulation.blocks import block_sizes, slices
from lsnn_core.simulation.example_arrays import ExampleArrays, example_arrays
from lsnn_core.simulation.example_block import ExampleBlock, Scratch
from lsnn_core.simulation.net_shape import NetShape
from lsnn_core.simulation.plan import plan_blocks
from lsnn_core.task.spikes import EventBuffers, SpikeEvents
from lsnn_core.threads import Pool, processor_count

from ..encoding.checks import check_array
from .arena import first_places, streams
from .kernels import Arenas, rollout
from .place_code import N_IN, PEAK, REACH, SHARPNESS, centres
from .ppo import N_OUT, Objective
from .settings import NavigationSettings

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Episodes:
    """What happened in B episodes of T steps; D decisions.

    Parameters
    ----------
    goal
        (B, 2), where it was at first.
    position
        (T + 1, B, 2): before each step, and at the end.
    reward
        (T, B): of each step.
    action
        (D, B, 2)
    y
        (T, 5, B): the readout.
    events
        Input spikes, of the examples between `cuts`.
    cuts
        First and one past the last example of each block.
    objective
        What the policy was by then.
    hold
        Steps for which an action was held.
    """

    goal: Array
    position: Array
    reward: Array
    action: Array
    y: Array
    events: list[SpikeEvents]
    cuts: list[tuple[int, int]]
    objective: Objective
    hold: int

    def input_events(self, start: int, stop: int) -> SpikeEvents:
        """Input spikes of examples start:stop, which may lie across the blocks."""
        if (start, stop) in self.cuts:
            return self.events[self.cuts.index((start, stop))]
        first = self.cuts[0][0]
        dense = np.concatenate([e.to_dense(N_IN) for e in self.events], axis=1)
        return SpikeEvents.from_dense(dense[:, start - first : stop - first])


class Acted(NamedTuple):
    """What happened in the episodes of one block, as in `Episodes`."""

    position: Array
    reward: Array
    action: Array
    y: Array
    events: SpikeEvents


class Rollout:
    """Buffers in which batches of one size act, again and again.

    Parameters
    ----------
    net
        Gives the shape; its weights may change from call to call.
    settings
        Of the task.
    size
        Episodes in a batch.
    dtype
        float32 or float64.
    """

    def __init__(
        self, net: Network, settings: NavigationSettings, size: int, dtype: type[np.floating[Any]]
    ) -> None:
        sizes_of = (net.layout.n_in, net.layout.n_out)
        if sizes_of != (N_IN, N_OUT):
            raise UsageError(f"net: expected {N_IN} inputs and {N_OUT} outputs, found {sizes_of}")
        self.settings, self.dtype, n_steps = settings, dtype, settings.episode_ms
        self.size, self.shape = size, NetShape.of(net)
        shapes = plan_blocks(net, n_steps, block_sizes(size), dtype).shapes(n_steps)
        self.cuts = list(slices([shape.lanes for shape in shapes]))
        self.ranks = current()
        self.own = self.ranks.share(len(shapes))  # the blocks that act in this process
        shapes = [shapes[index] for index in self.own]
        self.blocks = [ExampleBlock(net, shape, dtype) for shape in shapes]
        for block in self.blocks:
            block.scratch = Scratch(net, block.shape, dtype)
        self.buffers = [EventBuffers.allocate(n_steps, N_IN) for _ in shapes]

    def run(
        self,
        net: Network,
        keys: Array,
        noise_key: int = 0,
        threads: int = 1,
        progress: float = 0.0,
    ) -> Episodes:
        """Let `net` act.

        Parameters
        ----------
        net
            Of the shape given before.
        keys
            uint64 (B,): everything random in an episode, but the noise in the network.
        noise_key
            Keys that noise, as in `Engine.gradient`.
        threads
            The numbers do not depend on it.
        progress
            Part of the run that is behind, 0 to 1: see `PpoSettings.at`.
        """
        self.shape.require(net)
        check_array("keys", keys, np.uint64, (self.size,))
        arrays = example_arrays(net, self.dtype)
        n_steps, size = self.settings.episode_ms, len(keys)
        hold = self.settings.hold_at(progress)
        goal, start = first_places(self.settings, keys)
        episodes = Episodes(
            goal,
            np.empty((n_steps + 1, size, 2)),
            np.empty((n_steps, size)),
            np.empty((-(-n_steps // hold), size, 2)),
            np.empty((n_steps, net.layout.n_out, size), self.dtype),
            [],
            self.cuts,
            self.settings.at(progress),
            hold,
        )
        episodes.position[0] = start
        noise = example_keys(noise_key, (), np.arange(size))

        def run_block(index: int) -> Acted:
            a, b = self.cuts[self.own[index]]
            self.blocks[index].use(b - a, noise[a:b])
            return self._run(index, arrays, streams(keys[a:b]), episodes)

        def run_own() -> list[Acted]:
            workers = min(threads or processor_count(), max(len(self.own), 1))
            with closing(Pool(workers)) as pool:
                return list(pool.map(run_block, range(len(self.own))))

        for (a, b), acted in zip(self.cuts, self.ranks.everyone(run_own), strict=True):
            episodes.position[:, a:b] = acted.position
            episodes.reward[:, a:b] = acted.reward
            episodes.action[:, a:b] = acted.action
            episodes.y[:, :, a:b] = acted.y
            episodes.events.append(acted.events)
        return episodes

    def _run(self, index: int, arrays: ExampleArrays, keys: Array, episodes: Episodes) -> Acted:
        (a, b), block, buffers = self.cuts[self.own[index]], self.blocks[index], self.buffers[index]
        n_steps, lanes = self.settings.episode_ms, b - a
        arenas = Arenas(
            arena=tuple(self.settings.arena),
            tuning=(PEAK, SHARPNESS, REACH),
            centres=centres(),
            hold=episodes.hold,
            min_variance=episodes.objective.min_variance,
            variance_span=episodes.objective.variance_span,
            streams=keys,
            goal=episodes.goal[a:b].copy(),
            position=np.empty((n_steps + 1, lanes, 2)),
            reward=np.empty((n_steps, lanes)),
            action=np.empty((len(episodes.action), lanes, 2)),
            fired=np.zeros(N_IN, np.uint16),
        )
        arenas.position[0] = episodes.position[0, a:b]
        readout = block.y["lane"].reshape(n_steps, -1, block.shape.width)
        p = block.forward_pass(arrays)._replace(x=Events(*buffers))
        rollout(p, readout, arenas)
        block.refuse_overflow(a)
        ptr, source, spiked, _ = vars(buffers.events(lanes)).values()
        events = SpikeEvents(ptr.copy(), source.copy(), spiked.copy(), lanes)
        y = readout[:, :, :lanes].copy()
        return Acted(arenas.position, arenas.reward, arenas.action, y, events)
