"""What the elementary functions of lanes are put together from, in LLVM's own terms."""

from __future__ import annotations

from llvmlite import ir
from numba.core import cgutils

from .lanes import _splat


def number(builder, lanes, value):
    """`value` in every lane."""
    return _splat(builder, lanes, ir.Constant(lanes.vector.element, value))


def call(builder, lanes, name, *arguments):
    """LLVM's own function `name` of vectors, such as fma."""
    kind = ir.FunctionType(lanes.vector, [lanes.vector] * len(arguments))
    full = f"llvm.{name}.v{lanes.width}f{lanes.scalar.bitwidth}"
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, full), arguments)


def polynomial(builder, lanes, coefficients, x):
    """Sum over n of coefficients[n] x^n, by Horner's rule."""
    total = number(builder, lanes, coefficients[-1])
    for coefficient in coefficients[-2::-1]:
        total = call(builder, lanes, "fma", total, x, number(builder, lanes, coefficient))
    return total
