"""Mistakes that a gradient can have, written as changes of the reference adjoint's text.

A check that does not notice them is no check. Each names the line it spoils; should that line
change, `build` says so instead of passing.
"""

from __future__ import annotations

import inspect
from typing import Any, NamedTuple

from ..errors import LsnnError
from ..reference import adjoint as _module_function
from ..reference.forward import Network
from .checks import Adjoint


class Mutant(NamedTuple):
    """A name, a piece of the source, and what is put in its place."""

    name: str
    old: str
    new: str


MUTANTS = (
    Mutant("no gradient through the reset", "- keep * (B_next if official else B) * d_V_next", ""),
    Mutant("no gradient through adaptation", "gz = gz + (1 - net.rho) * d_b_next", "pass"),
    Mutant("no gradient through the threshold", "d_B = -d_fire * V / B", "d_B = 0.0 * V"),
    Mutant("a delay off by one", "net.W_rec[d] @ d_I[t + d]", "net.W_rec[d] @ d_I[t + d - 1]"),
    Mutant("a transposed index", "net.W_rec[d] @ d_I[t + d]", "d_I[t + d] @ net.W_rec[d]"),
    Mutant("no dampening", "gz * trace.slope[t]", "gz * trace.slope[t] / net.gamma"),
    Mutant("the regulariser's sign", "gz = d_z_direct[t] +", "gz = -d_z_direct[t] +"),
    Mutant("the readout's gain", "(1 - net.kappa) * (net.W_out @ d_u)", "(net.W_out @ d_u)"),
    Mutant("the membrane's decay", "d_V = net.alpha * d_V_next +", "d_V = d_V_next +"),
    Mutant("the adaptation's decay", "d_b = net.rho * d_b_next +", "d_b = d_b_next +"),
)


def build(mutant: Mutant) -> Adjoint:
    """The reference adjoint with the mistake in it."""
    module = inspect.getmodule(_module_function)
    assert module is not None
    source = inspect.getsource(module)
    if source.count(mutant.old) != 1:
        raise LsnnError(
            f"mutant {mutant.name!r}: its line {mutant.old!r} is not in the adjoint exactly once;"
            " bring lsnn_core/gradient_checks/mutants.py up to date"
        )
    home = {"__name__": module.__name__, "__package__": module.__package__}
    namespace: dict[str, Any] = {**home, "Network": Network}
    exec(compile(source.replace(mutant.old, mutant.new), "<mutant>", "exec"), namespace)
    mutated: Adjoint = namespace["adjoint"]
    return mutated
