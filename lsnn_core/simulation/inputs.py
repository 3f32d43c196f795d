"""What comes into a network, in each form that users have it, parted into blocks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import Float, cast, reals, refuse
from ..kernels.vectors.lanes import lane_array
from ..model.network import Network
from ..task.spikes import SpikeEvents
from ..task.trains import SpikeTrains

Array = npt.NDArray[Any]
TIME_BATCH = "time, batch, and one entry for each"


@dataclass(frozen=True, eq=False)
class Analog:
    """Real-valued inputs of a batch: x_i(t) reaches neuron j as the current W_ij x_i(t - d_ij).

    Parameters
    ----------
    values
        (T, B, n_in), finite.
    """

    values: npt.ArrayLike


class Inputs:
    """Inputs of a batch, checked against the network that is to run on them.

    Parameters
    ----------
    net
        What they are for.
    x
        Spikes, as an array (T, B, n_in) of zeros and ones or as `SpikeTrains`; or `Analog`.
    current
        Injected, (T, B, N), or None.
    dtype
        Of the run.
    """

    def __init__(self, net: Network, x: Any, current: Array | None, dtype: Float) -> None:
        self.trains = x if isinstance(x, SpikeTrains) else None
        self.spikes: Array | None = None
        self.values: Array | None = None
        if self.trains is not None:
            _check_trains(net, self.trains)
            sizes = self.trains.n_steps, len(self.trains)
        else:
            analog = isinstance(x, Analog)
            shape = None, None, net.layout.n_in
            x = reals("x", x.values if analog else x, shape, TIME_BATCH)
            sizes = x.shape[:2]
            if analog:
                self.values = cast("x", x, dtype)
            else:
                remedy = "Analog(x) gives real numbers, and `current` adds to that of neurons"
                refuse("x", x, (x != 0) & (x != 1), "expected spikes, 0 or 1", remedy)
                self.spikes = x
        if 0 in sizes:
            raise UsageError(f"x: expected at least one step and one example, found {sizes}")
        self.n_steps, self.n_examples = sizes
        self.current = None
        if current is not None:
            current = reals("current", current, (*sizes, net.layout.n), TIME_BATCH)
            self.current = cast("current", current, dtype)

    def steps(self, first: int, last: int) -> Inputs:
        """Those of the steps first ... last - 1 alone, of a run that goes on."""
        part = object.__new__(Inputs)
        part.trains = self.trains.steps(first, last) if self.trains is not None else None
        for name in ("spikes", "values", "current"):
            array = getattr(self, name)
            setattr(part, name, None if array is None else array[first:last])
        part.n_steps, part.n_examples = last - first, self.n_examples
        return part

    def events(self, start: int, stop: int) -> SpikeEvents:
        """Spikes of examples start:stop; none where inputs are real numbers."""
        if self.trains is not None:
            return self.trains.events(start, stop)
        if self.spikes is None:
            return SpikeEvents.none(self.n_steps, stop - start)
        return SpikeEvents.from_dense(self.spikes[:, start:stop] != 0)

    def injected(self, start: int, stop: int, kind: np.dtype[Any]) -> Array | None:
        """The current given for examples start:stop as a flat lane array, if there is any."""
        if self.current is None:
            return None
        return to_lanes(self.current[:, start:stop], kind)

    def of_block(self, start: int, stop: int) -> Array:
        """Real numbers of examples start:stop, (T, n_in, L)."""
        assert self.values is not None
        return self.values[:, start:stop].transpose(0, 2, 1)

    @property
    def needs_current_back(self) -> bool:
        """Whether the gradient takes dL/dI: of numbers, and of a current that was given."""
        return self.values is not None or self.current is not None


def to_lanes(values: Array, kind: np.dtype[Any]) -> Array:
    """(T, L, n) as a flat lane array, zero in the lanes from L on."""
    n_steps, count, n = values.shape
    lanes = lane_array(n_steps * n, kind)
    view = lanes["lane"].reshape(n_steps, n, lanes["lane"].shape[1])
    view[:, :, :count] = values.transpose(0, 2, 1)
    view[:, :, count:] = 0
    return lanes


def _check_trains(net: Network, trains: SpikeTrains) -> None:
    if trains.n != net.layout.n_in:
        raise UsageError(f"x: expected spikes of {net.layout.n_in} inputs, found {trains}")
    if trains.dt_ms != net.dt_ms:
        raise UsageError(
            f"x: expected steps of {net.dt_ms:g} ms as in neurons.dt_ms, found {trains}"
        )
