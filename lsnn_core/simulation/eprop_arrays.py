"""A network as the kernels of e-prop take it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..given import Float, cast
from ..kernels.eprop.state import Feedback, Incoming
from ..model.connections import Connections
from ..model.network import Network
from .example_arrays import ExampleArrays, example_arrays

Array = npt.NDArray[Any]


class EpropArrays(NamedTuple):
    """A network and what tells its neurons of errors; made once, used by all blocks and threads."""

    examples: ExampleArrays
    incoming: Incoming
    feedback: Feedback

    @property
    def net(self) -> Network:
        """What was prepared."""
        return self.examples.net


def eprop_arrays(
    net: Network, dtype: Float, feedback: Array | None, before: EpropArrays | None = None
) -> EpropArrays:
    """Arrays of `net` for e-prop with `feedback` (N, K), or that of its readouts.

    What has not changed since `before`, of the same dtype and feedback, is taken from there.
    """
    if before is not None and before.net is net:
        return before
    examples = example_arrays(net, dtype, before=before.examples if before else None)
    listed = net.connections
    if before is not None and before.net.connections.has_structure_of(listed):
        incoming = before.incoming
    else:
        incoming = incoming_of(listed)
    if feedback is None:
        return EpropArrays(examples, incoming, readouts_feedback(net, dtype))
    told = before.feedback if before else full_feedback(feedback, dtype)
    return EpropArrays(examples, incoming, told)


def incoming_of(listed: Connections) -> Incoming:
    """The list by target; within one, still by source."""
    place = np.argsort(listed.target, kind="stable")
    count = np.bincount(listed.target, minlength=listed.layout.n_target)
    return Incoming(
        ptr=np.concatenate([[0], np.cumsum(count)]),
        source=listed.source[place].astype(np.int32),
        delay=listed.delay[place].astype(np.int32),
        place=place,
    )


def readouts_feedback(net: Network, dtype: Float) -> Feedback:
    """Symmetric e-prop: each neuron hears the readouts that it reaches, with the same weight."""
    matrix = net.connections.matrix("W_out")
    weight = cast("weight", matrix.data, dtype)
    return Feedback(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int32), weight)


def full_feedback(feedback: Array, dtype: Float) -> Feedback:
    """Random e-prop: each neuron hears all readouts."""
    n, n_out = feedback.shape
    ptr, output = np.arange(n + 1) * n_out, np.tile(np.arange(n_out, dtype=np.int32), n)
    return Feedback(ptr, output, cast("feedback", feedback.ravel(), dtype))
