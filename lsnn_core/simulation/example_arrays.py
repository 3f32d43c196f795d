"""A network as the kernels of an `ExampleBlock` take it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ..choices import SURROGATES
from ..given import Float, cast
from ..kernels import network as kn
from ..kernels.examples import state as ke
from ..model.frozen import for_kernel
from ..model.network import Network
from .precision import check_numbers, kernel_neurons, same_numbers

FLUSHED = 1e10  # times the smallest normal float: products with weights stay normal (our choice)


class ExampleArrays(NamedTuple):
    """A network as the kernels take it; made once, used by all blocks and threads."""

    constants: kn.Constants
    connections: ke.Connections
    neurons: ke.Neurons
    net: Network  # what was prepared


def example_arrays(
    net: Network,
    dtype: Float,
    track_all: bool = False,
    before: ExampleArrays | None = None,
) -> ExampleArrays:
    """Arrays of `net` in the order and precision of the kernels.

    `track_all` keeps an adaptation variable for neurons with beta = 0 too, as the gradient with
    respect to beta needs it. What has not changed since `before`, of the same dtype, is taken from
    there.
    """
    layout, p, connections = net.layout, net.neurons, net.connections
    scalar = np.dtype(dtype).type
    if before is not None and before.net is net:
        return before  # nothing in a network changes
    if before is None or not same_numbers(net, before.net):
        check_numbers(net, scalar)
    constants = kn.Constants(
        n_in=layout.n_in,
        n=layout.n,
        n_out=layout.n_out,
        max_delay=net.max_delay,
        first_adaptive=0 if track_all else p.n_regular,
        official=net.convention == "lsnn-official",
        through_reset=net.through_reset,
        kappa=float(net.kappa),
        gamma=float(net.gamma),
        surrogate=SURROGATES.index(net.surrogate),
        noise=float(net.noise_std),
        used_lanes=0,
        first_step=0,
        tiny=FLUSHED * float(np.finfo(dtype).tiny),
    )
    if before is not None and before.net.connections.has_structure_of(connections):
        offset = before.connections.offset
    else:
        offset = connections.delay * np.int32(layout.n_target) + connections.target
        offset = np.append(offset, np.zeros(ke.SPARE, np.int32))
    weight = for_kernel(cast("weight", connections.weight, scalar))
    listed = ke.Connections(for_kernel(connections.indptr), offset, weight)
    if before is not None and before.net.neurons is p:
        b_out = for_kernel(cast("b_out", net.b_out, scalar))
        return ExampleArrays(constants, listed, before.neurons._replace(b_out=b_out), net)
    return ExampleArrays(constants, listed, kernel_neurons(p, net.b_out, scalar), net)
