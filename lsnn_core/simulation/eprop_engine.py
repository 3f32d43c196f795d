"""Loss and e-prop's gradient of a batch: an `Engine` whose blocks learn as their steps pass."""

from __future__ import annotations

from typing import Any

import numpy.typing as npt

from ..errors import UsageError
from ..given import Float, reals
from ..task.losses import Regulariser
from ..task.protocol import Batch, Task, is_analog
from ..threads import processor_count
from .engine import NO_REGULARISER, Engine
from .eprop_arrays import EpropArrays, eprop_arrays
from .eprop_block import EpropBlock, EpropScratch
from .lsnn import LSNN
from .plan import Plan, plan_online
from .result import SpikingResult

Array = npt.NDArray[Any]


class EpropEngine(Engine):
    """Runs batches of one size, and finds their gradient by e-prop.

    After Bellec et al. 2020, see section 8 of ``lsnn_core/reference/DERIVATION.md`` and its twin
    `lsnn_core.reference.eprop`: all that happens within a neuron is kept (of the reset, what
    ``net.through_reset`` says), that a spike changes other neurons is not.

    Parameters
    ----------
    net, task, batch, dtype, threads, regulariser, plan
        See `Engine`.
    feedback
        What tells neurons of the readouts' errors: fixed numbers (N, K), as in random e-prop, or
        the weights to the readouts (symmetric e-prop) if not given.

    Raises
    ------
    UsageError
        The network tests the potential of the step before, or inputs are real numbers.
    """

    blocks: list[EpropBlock]  # type: ignore[assignment]

    def __init__(
        self,
        net: LSNN,
        task: Task,
        batch: int,
        dtype: Float,
        threads: int = 0,
        regulariser: Regulariser = NO_REGULARISER,
        feedback: Array | None = None,
        plan: Plan | None = None,
    ) -> None:
        if net.convention != "paper":
            raise UsageError(
                f"convention: expected 'paper' for e-prop, found {net.convention!r}, where a spike "
                "is decided by an earlier potential; learn it by BPTT"
            )
        if is_analog(task):
            raise UsageError(
                f"task {type(task).__name__}: e-prop needs spikes as inputs, found real numbers; "
                "learn it by BPTT"
            )
        sizes = net.layout.n, net.layout.n_out
        if feedback is not None:
            feedback = reals("feedback", feedback, sizes, "neurons, outputs")
        self.feedback = feedback
        plan = plan or plan_online(net, task.n_steps, batch, dtype, threads or processor_count())
        super().__init__(net, task, batch, dtype, threads, regulariser, plan)

    def _of_examples(self, net: LSNN) -> list[EpropBlock]:  # type: ignore[override]
        shapes = self.plan.shapes(self.task.n_steps, self.task.readout_start)
        for _ in shapes[: self.plan.workers]:
            self._scratch.put(EpropScratch(net, shapes[0], self.dtype))
        looks = self.regulariser.weight != 0.0
        return [EpropBlock(net, shape, self.dtype, looks) for shape in shapes]

    def arrays(self, net: LSNN) -> EpropArrays:  # type: ignore[override]
        """The network as the blocks take it."""
        self._shape.require(net)
        arrays = eprop_arrays(net, self.dtype, self.feedback, self._arrays)
        self._arrays = arrays
        return arrays

    def evaluate(self, net: LSNN, batch: Batch, noise_key: int = 0) -> SpikingResult:
        """Run a batch of any size forward."""
        self._learn(False)
        return super().evaluate(net, batch, noise_key)

    def gradient(self, net: LSNN, batch: Batch, noise_key: int = 0) -> SpikingResult:
        """Run a batch, and give e-prop's gradient; see `Engine.gradient`."""
        self._learn(True)
        return super().gradient(net, batch, noise_key)

    def _learn(self, learns: bool) -> None:
        for block in self.blocks:
            block.learns = learns

    def compile_backward(self, net: LSNN) -> None:
        """Meet errors that there are none of: the kernels are compiled, nothing is found."""
        self.blocks[0].begin(self.arrays(net))
        super().compile_backward(net)
