"""The LSNN: what it consists of, one call to run it, one to get the gradient.

Nothing is stored on the network between calls: `LSNN.forward` returns a `Run`, and
`LSNN.backward` takes it back together with dL/dy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiler import require_compiler
from ..errors import UsageError
from ..given import Float, cast, float_type, instance, reals
from ..model.network import Network
from ..model.state import NetworkState
from ..task.trains import SpikeTrains
from . import storage
from .analog import AnalogInput
from .beginning import Beginning, checked_keys
from .blocks import slices
from .example_arrays import example_arrays
from .example_block import ExampleBlock, Scratch
from .gradient import Collector, NetworkGradient, chosen
from .inputs import TIME_BATCH, Analog, Inputs, to_lanes
from .plan import Plan, check_run_plan, plan_run
from .record import Record, replay
from .run import Run

Array = npt.NDArray[Any]


class LSNN(Network):
    """A `Network` that can be run, and a run walked back: see there for its parts."""

    def forward(
        self,
        x: Array | SpikeTrains | Analog,
        *,
        current: Array | None = None,
        initial: NetworkState | None = None,
        noise_keys: Array | None = None,
        dtype: type[np.floating[Any]] = np.float32,
        record: str | Sequence[str] | Record = (),
        gradient_of: str | Sequence[str] = (),
        plan: Plan | None = None,
    ) -> Run:
        """Run a batch.

        Parameters
        ----------
        x
            Input spikes, (T, B, n_in), zero or one, or as `SpikeTrains`; or real numbers, `Analog`.
        current
            Injected current, (T, B, N).
        initial
            State before the first step; at rest if not given. The final state of a run goes on as
            if there had been one run, to the bit, if `noise_keys` are the same.
        noise_keys
            One key (0 to 2**64 - 1) per example for the injected noise; its index if not given.
        dtype
            float32 for speed, float64 for checks.
        record
            Some of "V", "b", "B" and "psi", to be found in ``run.recorded``; or a `Record`, which
            says of whom and when. It takes a second run, and memory as `Record` says.
        gradient_of
            What `backward` shall give beside the weights: some of "constants" (tau_m, tau_a, beta,
            b0), "initial" (the state before the first step) and "inputs".
        plan
            Which examples advance side by side, and how many steps a recomputed segment has, see
            `plan_run`; what is quick if not given.

        Returns
        -------
        Run
            Readout `y` (T, B, K), spikes `z` (T, B, N), the final state.

        Raises
        ------
        NumericalError
            A potential or a readout left the range of `dtype`.
        """
        require_compiler()
        dtype, wanted = float_type("dtype", dtype), chosen(gradient_of)
        inputs = Inputs(self, x, current, dtype)
        T, B = inputs.n_steps, inputs.n_examples
        begin = Beginning(initial, checked_keys(noise_keys, B)).checked(self, B, dtype)
        asked = Record.of(record).checked(self, T, B, dtype)
        plan = plan_run(self, T, B, dtype) if plan is None else check_run_plan(plan, B)
        recorded = replay(self, inputs, begin, asked, dtype)
        run = _run(self, inputs, begin, wanted, plan, dtype)
        return replace(run, recorded=recorded, record=asked) if recorded else run

    def backward(self, run: Run, d_y: Array, d_z: Array | float = 0.0) -> NetworkGradient:
        """Gradient of a loss with respect to every weight and what else `forward` was asked for.

        Parameters
        ----------
        run
            What `forward` of this network returned.
        d_y
            dL/dy, (T, B, K).
        d_z
            What the loss adds to dL/dz: (T, B, N), or the same at every step and example, (N,) or
            a number.
        """
        instance("run", run, Run, "give what `forward` returned")
        if run.net is not self:
            raise UsageError(
                "run: expected one of this network, found another network's; "
                "walk it back with `run.net`, or run `forward` of this one"
            )
        T, B, dtype = run.n_steps, run.n_examples, run.dtype
        d_y = reals("d_y", d_y, (T, B, self.layout.n_out), TIME_BATCH)
        d_lanes = cast("d_y", d_y, dtype)
        for_all, of_each = self._spread(d_z, (T, B, self.layout.n), dtype)
        total = Collector(run)
        for index, (block, start, stop) in enumerate(run.parts()):
            block.set_d_y(d_lanes[:, start:stop].transpose(0, 2, 1))
            each = None if of_each is None else to_lanes(of_each[:, start:stop], block.kind)
            block.backward(run.arrays, for_all, each)
            total.add(block, index, start, stop)
        return total.gradient(d_y.sum((0, 1)).astype(dtype))

    def save(self, path: str | os.PathLike[str], overwrite: bool = False) -> None:
        """Write the network to a file of its own; `load` gives an equal one, to the bit.

        Raises `UsageError` if there is a file at `path`, unless it may be overwritten.
        """
        storage.save(self, path, overwrite)

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> LSNN:
        """Return the network that `save` wrote; `BadFileError` where that is not in the file."""
        return storage.load(path, cls)

    @classmethod
    def from_run(cls, path: str | os.PathLike[str]) -> LSNN:
        """Return the network of a run file, with its last weights (and constants, if learned)."""
        return storage.load_run(path, cls)

    def _spread(
        self, d_z: Array | float, sizes: tuple[int, int, int], dtype: Float
    ) -> tuple[Array, Array | None]:
        """A number for each neuron, and those of each step and example if there are such."""
        axes = np.ndim(d_z)
        shape = {0: (), 3: sizes}.get(axes, sizes[2:])
        expected = "one number, one for each neuron, or (time, batch, neurons)"
        values = cast("d_z", reals("d_z", d_z, shape, expected), dtype)
        if axes == 3:
            return np.zeros(sizes[2], dtype), values
        return np.broadcast_to(values, sizes[2:]).copy(), None


def _run(
    net: LSNN,
    inputs: Inputs,
    begin: Beginning,
    gradient_of: tuple[str, ...],
    plan: Plan,
    dtype: Float,
) -> Run:
    """Run all blocks, one after the other: they share their scratch."""
    constants = bool({"constants", "initial"} & set(gradient_of))
    arrays = example_arrays(net, dtype, track_all=constants)
    current = inputs.needs_current_back or "inputs" in gradient_of
    wanted = {"parameters": constants, "track_all": constants, "current": current}
    shapes = plan.shapes(inputs.n_steps, **wanted)
    scratch = Scratch(net, shapes[0], dtype)
    blocks, analog = [], []
    for shape, (start, stop) in zip(shapes, slices(plan.sizes), strict=True):
        block = ExampleBlock(net, shape, dtype)
        block.scratch = scratch
        begin.set(block, net, start, stop)
        given = inputs.injected(start, stop, block.kind)
        if inputs.values is not None:
            analog.append(AnalogInput(inputs.n_steps, net.layout.n_in, net.layout.n, block.kind))
            given = analog[-1].added(net.connections, inputs.of_block(start, stop), given)
        block.forward(arrays, inputs.events(start, stop), given)
        block.refuse_overflow(start)
        block.complete_state(arrays)
        blocks.append(block)
    return Run(net, arrays, blocks, analog, gradient_of)
