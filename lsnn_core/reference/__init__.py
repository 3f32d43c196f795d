"""The model written for reading: one example at a time, dense weights, NumPy only.

`forward` runs the network, `adjoint` walks its trace backwards, `tangent` pushes a direction
forwards, `eprop` learns without walking back. The kernels must give the same numbers; the tests
hold them to it.
"""

from .adjoint import Gradient, adjoint
from .eprop import EpropGradient, eprop, local_adjoint
from .forward import Network, State, Trace, forward
from .surrogate import psi, smooth_step
from .tangent import tangent

__all__ = [
    "EpropGradient",
    "Gradient",
    "Network",
    "State",
    "Trace",
    "adjoint",
    "eprop",
    "forward",
    "local_adjoint",
    "psi",
    "smooth_step",
    "tangent",
]
