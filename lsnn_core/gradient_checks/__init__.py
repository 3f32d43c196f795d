"""How the gradient is known to be right, in four ways, and proof that the ways would notice.

Finite differences mean nothing on a hard threshold. What does:

1. dot product: a forward tangent with the same pseudo-derivative against the adjoint, on the hard
   network; catches transposed indices, lost paths, wrong signs.
2. complex step and central difference: the step replaced by the primitive of psi; independent of
   the tangent.
3. twins: the kernels against the readable reference, on everything they compute.
   E-prop's reference against an adjoint without the path that it leaves out.
4. mutants: known mistakes, each of which must fail a check.

Rate networks are smooth: for them a complex step and a central difference say it all.
"""

from .cases import Case, CaseOptions, cases, random_case
from .checks import (
    central_difference,
    complex_step,
    dot_product,
    kernel_difference,
    neuron_difference,
)
from .eprop import eprop_difference, eprop_kernel_difference
from .mutants import MUTANTS, Mutant
from .own import GradientReport, gradcheck
from .rate import RateCase, random_rate_case, rate_cases, rate_central_difference, rate_complex_step

__all__ = [
    "MUTANTS",
    "Case",
    "CaseOptions",
    "GradientReport",
    "Mutant",
    "RateCase",
    "cases",
    "central_difference",
    "complex_step",
    "dot_product",
    "eprop_difference",
    "eprop_kernel_difference",
    "gradcheck",
    "kernel_difference",
    "neuron_difference",
    "random_case",
    "random_rate_case",
    "rate_cases",
    "rate_central_difference",
    "rate_complex_step",
]
