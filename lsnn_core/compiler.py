"""Whether there is a compiler; without one nothing here can run a network."""

from __future__ import annotations

from .errors import UsageError
from .kernels.jit import compiler_is_off


def require_compiler() -> None:
    """Refuse early what no kernel could do later.

    Raises
    ------
    UsageError
        Numba was told not to compile. The kernels use LLVM's vector registers, which the Python
        interpreter does not have; `lsnn_core.reference` runs without a compiler.
    """
    if compiler_is_off():
        raise UsageError(
            "NUMBA_DISABLE_JIT: is set, but the kernels run compiled only; unset it (to read and"
            " step through the equations there is lsnn_core.reference)"
        )
