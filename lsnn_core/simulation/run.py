"""What a forward pass over a batch leaves: readout, spikes, final state, and losses of these."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from ..given import as_array, integers, number, whole
from ..model.network import Network
from ..model.state import NetworkState
from ..task.losses import mean_squared_error, rate_regulariser, window_cross_entropy
from ..task.trains import SpikeTrains
from ..units import HZ_PER_SPIKE_PER_MS
from .analog import AnalogInput
from .blocks import slices
from .example_arrays import ExampleArrays
from .example_block import ExampleBlock
from .record import Record

Array = npt.NDArray[Any]


@dataclass(eq=False, repr=False)
class Run:
    """One forward pass over a batch, kept for the backward pass.

    Attributes
    ----------
    net
        The network that ran.
    final
        Its state after the last step, from which another run can go on.
    recorded
        What was asked for by `record`, by name, each (steps, B, neurons).
    record
        Whose neurons and which steps these are, all as numbers.
    """

    net: Network
    arrays: ExampleArrays
    blocks: list[ExampleBlock]
    analog: list[AnalogInput] = field(default_factory=list)
    gradient_of: tuple[str, ...] = ()
    recorded: Mapping[str, Array] = field(default_factory=dict)
    record: Record = field(default_factory=Record)
    final: NetworkState = field(init=False)

    def __post_init__(self) -> None:
        """Read the final state before a backward pass reuses its place."""
        self.final = NetworkState.joined([block.final_state(self.net) for block in self.blocks])

    @property
    def dtype(self) -> type[np.floating[Any]]:
        """Precision of the run."""
        return self.blocks[0].dtype

    @property
    def n_steps(self) -> int:
        """T."""
        return self.blocks[0].shape.n_steps

    @property
    def n_examples(self) -> int:
        """B."""
        return sum(block.shape.lanes for block in self.blocks)

    def parts(self) -> Iterator[tuple[ExampleBlock, int, int]]:
        """Each block with the range of examples it holds."""
        sizes = [block.shape.lanes for block in self.blocks]
        for block, (start, stop) in zip(self.blocks, slices(sizes), strict=True):
            yield block, start, stop

    @property
    def y(self) -> Array:
        """Readout, (T, B, K)."""
        views = []
        for block, start, stop in self.parts():
            n_out = self.net.layout.n_out
            lanes = block.y["lane"].reshape(self.n_steps, n_out, block.shape.width)
            views.append(lanes[:, :, : stop - start].transpose(0, 2, 1))
        return np.concatenate(views, axis=1)

    @property
    def z(self) -> Array:
        """Spikes, (T, B, N) bool."""
        parts = []
        for block, _, _ in self.parts():
            parts.append(block.recorded().to_dense(self.net.layout.n))
        return np.concatenate(parts, axis=1)

    def spikes(self) -> SpikeTrains:
        """Spikes as times and ids: ``times_ms, ids = run.spikes()[example]``."""
        parts = [block.recorded() for block, _, _ in self.parts()]
        return SpikeTrains.from_events(parts, self.net.layout.n, self.net.dt_ms)

    @property
    def rate_hz(self) -> Array:
        """Firing rate of each neuron, over all steps and examples, (N,)."""
        n = self.net.layout.n
        counts = np.sum([block.spike_counts(n) for block, _, _ in self.parts()], axis=0)
        steps = self.n_steps * self.n_examples * self.net.dt_ms
        rates: Array = counts / steps * HZ_PER_SPIKE_PER_MS
        return rates

    def cross_entropy(self, label: npt.ArrayLike, first_step: int = 0) -> tuple[float, Array]:
        """Softmax cross-entropy of the readout, averaged over steps, then over examples.

        Parameters
        ----------
        label
            (B,): the right output of each example, 0 to K - 1.
        first_step
            The readout is averaged from here to the last step.

        Returns
        -------
        loss
            A number.
        d_y
            (T, B, K): its derivative, as `LSNN.backward` takes it; 0 before `first_step`.
        """
        first_step = whole("first_step", first_step, 0, self.n_steps - 1)
        window = self.y[first_step:].transpose(0, 2, 1)
        label = integers("label", label, (self.n_examples,), "one for each example")
        loss, d_window, _ = window_cross_entropy(window, label)
        d_y = np.zeros((self.n_steps, self.n_examples, self.net.layout.n_out))
        d_y[first_step:] = d_window.transpose(0, 2, 1) / self.n_examples
        return float(loss.mean()), d_y

    def mean_squared_error(self, target: npt.ArrayLike) -> tuple[float, Array]:
        """Mean of (y - target)^2 over steps, examples and outputs.

        Parameters
        ----------
        target
            (T, B, K), or 1 along an axis for the same numbers all along it; or one number.

        Returns
        -------
        loss
            A number.
        d_y
            (T, B, K), as `LSNN.backward` takes it.
        """
        y = self.y
        return mean_squared_error(y, as_array(target), weight=1.0 / max(y.size, 1))

    def rate_penalty(self, target_hz: float, weight: float) -> tuple[float, Array]:
        """Pull every neuron's rate towards a target: ``weight * sum_j (rate_j - target)^2``.

        Parameters
        ----------
        target_hz
            The aim.
        weight
            Its strength; rates count in spikes per ms, as in a recipe's ``loss.rate_weight``.

        Returns
        -------
        loss
            A number.
        d_z
            (N,), as `LSNN.backward` takes it.
        """
        target = number("target_hz", target_hz) / HZ_PER_SPIKE_PER_MS
        rate = self.rate_hz / HZ_PER_SPIKE_PER_MS
        loss, d_rate = rate_regulariser(rate, target, weight)
        return loss, d_rate / (self.n_steps * self.n_examples * self.net.dt_ms)

    def __repr__(self) -> str:
        """Return one line: sizes and the mean rate."""
        sizes = f"{self.n_steps} steps, {self.n_examples} examples"
        rate = float(self.rate_hz.mean()) if self.net.layout.n else 0.0
        return f"Run({sizes}, {self.net.layout.n} neurons at {rate:.3g} Hz, {self.dtype.__name__})"
