"""A network's numbers in the precision of the kernels, refused where they lose their meaning.

A number can be finite in float64 and infinite in float32, or so near to 0 or 1 that it becomes it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import Float, cast, refuse
from ..kernels.examples.state import Neurons
from ..model.frozen import for_kernel
from ..model.network import Network
from ..model.neurons import NeuronParameters

Array = npt.NDArray[Any]
NUMBERS = ("gamma", "noise_std", "tau_out_ms")
LEAST_B0 = 1e12  # times the smallest normal float: potentials are cleared well below (our choice)


def kernel_neurons(p: NeuronParameters, b_out: Array, dtype: Float) -> Neurons:
    """The constants as kernels take them; decays and their complements are both rounded once."""
    alpha, rho = p.alpha, p.rho
    constants = Neurons(
        alpha=alpha.astype(dtype),
        gain=(1 - alpha).astype(dtype),
        rho=rho.astype(dtype),
        rise=(1 - rho).astype(dtype),
        beta=for_kernel(cast("beta", p.beta, dtype)),
        b0=for_kernel(cast("b0", p.b0, dtype)),
        n_ref=for_kernel(p.n_ref.astype(dtype)),
        b_out=for_kernel(cast("b_out", b_out, dtype)),
    )
    kind = np.dtype(dtype)
    least = LEAST_B0 * float(np.finfo(dtype).tiny)
    small = f"expected at least {least:.2g}, far enough from 0 in {kind}"
    refuse(
        "b0", p.b0, ~(constants.b0 >= least), small, "use float64, or rescale it with the weights"
    )
    with np.errstate(over="ignore"):  # what overflows is refused
        highest = constants.b0 + constants.beta
    sizes = f"expected a threshold b0 + beta b that {kind} can hold"
    refuse("beta", p.beta, ~np.isfinite(highest), sizes, "use float64 or rescale")
    decays = f"expected a decay per step below 1 in {kind}"
    refuse("tau_m_ms", p.tau_m_ms, ~(constants.alpha < 1), decays, "give a shorter one")
    endless = ~(constants.rho < 1) & (p.beta > 0)
    refuse("tau_a_ms", p.tau_a_ms, endless, decays, "give a shorter one")
    return constants


def check_precision(net: Network, dtype: Float) -> None:
    """Refuse what would mean something else in the kernels' precision, before anything is run."""
    check_numbers(net, np.dtype(dtype).type)
    kernel_neurons(net.neurons, net.b_out, dtype)


def same_numbers(net: Network, other: Network) -> bool:
    """Whether `check_numbers` would say of one what it says of the other."""
    return all(getattr(net, name) == getattr(other, name) for name in (*NUMBERS, "dt_ms"))


def check_numbers(net: Network, dtype: Float) -> None:
    """Refuse single numbers that mean something else in the kernels' precision."""
    kind = np.dtype(dtype)
    for name in NUMBERS[:2]:
        cast(name, np.array(getattr(net, name)), dtype)
    if not dtype(net.kappa) < 1:
        raise UsageError(
            f"tau_out_ms: expected a decay per step of {net.dt_ms:g} ms below 1 in {kind}, "
            f"found {net.tau_out_ms}; give a shorter one"
        )
