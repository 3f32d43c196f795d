"""The LSNN: what it consists of, one call to run it, one to get the gradient.

Nothing is stored on the network between calls: `LSNN.forward` returns a `Run`, and
`LSNN.backward` takes it back together with dL/dy.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..compiler import require_compiler
from ..errors import UsageError
from ..given import Float, cast, float_type, instance, reals, refuse, truth
from ..kernels.vectors.lanes import lane_array
from ..model.network import Network
from ..model.state import NetworkState
from ..task.spikes import SpikeEvents
from .blocks import slices
from .example_arrays import example_arrays
from .example_block import ExampleBlock, Scratch
from .plan import Plan, check_run_plan, plan_run
from .run import NetworkGradient, Run, checked_keys

Array = npt.NDArray[Any]
TIME_BATCH = "time, batch, and one entry for each"


class LSNN(Network):
    """A `Network` that can be run, and a run walked back: see there for its parts."""

    def forward(
        self,
        x: Array,
        *,
        current: Array | None = None,
        initial: NetworkState | None = None,
        noise_keys: Array | None = None,
        dtype: type[np.floating[Any]] = np.float32,
        plan: Plan | None = None,
        parameters: bool = False,
    ) -> Run:
        """Run a batch.

        Parameters
        ----------
        x
            Input spikes, (T, B, n_in), zero or one.
        current
            Injected current, (T, B, N).
        initial
            State before the first step; at rest if not given. The final state of a run goes on as
            if there had been one run, to the bit, if `noise_keys` are the same.
        noise_keys
            One key (0 to 2**64 - 1) per example for the injected noise; its index if not given.
        dtype
            float32 for speed, float64 for checks.
        plan
            Which examples advance side by side, and how many steps a recomputed segment has, see
            `plan_run`; what is quick if not given.
        parameters
            Also make the gradients of tau_m, tau_a, beta, b0 available.

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
        dtype, parameters = float_type("dtype", dtype), truth("parameters", parameters)
        x, current = self._inputs(x, current, dtype)
        T, B = x.shape[:2]
        keys = checked_keys(noise_keys, B)
        if initial is not None:
            instance("initial", initial, NetworkState, "give `final` of a run")
            initial = initial.checked(self, B, dtype)
        plan = plan_run(self, T, B, dtype) if plan is None else check_run_plan(plan, B)
        arrays = example_arrays(self, dtype, track_all=parameters)
        wanted = {"parameters": parameters, "track_all": parameters, "current": current is not None}
        shapes = plan.shapes(T, **wanted)
        scratch = Scratch(self, shapes[0], dtype)
        blocks = []
        for shape, (start, stop) in zip(shapes, slices(plan.sizes), strict=True):
            block = ExampleBlock(self, shape, dtype)
            block.scratch = scratch
            block.use(stop - start, keys[start:stop])
            if initial is not None:
                block.begin_from(initial, self, start, stop)
            events = SpikeEvents.from_dense(x[:, start:stop] != 0)
            block.forward(arrays, events, _to_lanes(block, current, start, stop))
            block.refuse_overflow(start)
            block.complete_state(arrays)
            blocks.append(block)
        return Run(self, arrays, blocks)

    def backward(self, run: Run, d_y: Array, d_z: Array | float = 0.0) -> NetworkGradient:
        """Gradient of a loss with respect to every weight and, if asked for, every constant.

        Parameters
        ----------
        run
            What `forward` of this network returned.
        d_y
            dL/dy, (T, B, K).
        d_z
            What the loss adds to dL/dz of a neuron at every step and example, (N,) or a number.
        """
        instance("run", run, Run, "give what `forward` returned")
        if run.net is not self:
            raise UsageError(
                "run: expected one of this network, found another network's; "
                "walk it back with `run.net`, or run `forward` of this one"
            )
        d_y = reals("d_y", d_y, (run.n_steps, run.n_examples, self.layout.n_out), TIME_BATCH)
        d_lanes = cast("d_y", d_y, run.dtype)
        seed = self._spread(d_z, run.dtype)
        total = NetworkGradient.zeros(self, run)
        for block, start, stop in run.parts():
            block.set_d_y(d_lanes[:, start:stop].transpose(0, 2, 1))
            block.backward(run.arrays, seed)
            total.gather(run, block, start, stop)
        total.b_out[:] = d_y.sum((0, 1))
        return total

    def _inputs(self, x: Array, current: Array | None, dtype: Float) -> tuple[Array, Array | None]:
        """Spikes and current as arrays, refused if they are not a batch for this network."""
        x = reals("x", x, (None, None, self.layout.n_in), TIME_BATCH)
        refuse("x", x, (x != 0) & (x != 1), "expected spikes, 0 or 1", "or give `current`")
        if 0 in x.shape[:2]:
            raise UsageError(f"x: expected at least one step and one example, found {x.shape}")
        if current is None:
            return x, None
        current = reals("current", current, (*x.shape[:2], self.layout.n), TIME_BATCH)
        return x, cast("current", current, dtype)

    def _spread(self, d_z: Array | float, dtype: Float) -> Array:
        """A number for each neuron."""
        single = np.isscalar(d_z) or getattr(d_z, "ndim", None) == 0
        shape = () if single else (self.layout.n,)
        values = cast("d_z", reals("d_z", d_z, shape, "one number or one for each neuron"), dtype)
        return np.broadcast_to(values, (self.layout.n,)).copy()


def _to_lanes(block: ExampleBlock, values: Array | None, start: int, stop: int) -> Array | None:
    """(T, B, n) as a flat lane array of the block's examples."""
    if values is None:
        return None
    lanes = lane_array(values.shape[0] * values.shape[2], block.kind)
    view = lanes["lane"].reshape(values.shape[0], values.shape[2], block.shape.width)
    view[:, :, : stop - start] = values[:, start:stop].transpose(0, 2, 1)
    return lanes
