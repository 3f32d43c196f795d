"""exp of lanes that are not above 0: 2^n, put together bit by bit, times a power series.

e^x = 2^n e^r with n the integer next to x / ln 2, and |r| at most ln(2) / 2: there the series ends
after eight terms in float32, fourteen in float64. The error is at most one unit in the last place
(measured over every 256th float).
"""

from __future__ import annotations

import math
from typing import NamedTuple

from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from .builders import call, number, polynomial


class Format(NamedTuple):
    """What the series needs to know of a kind of floating-point number."""

    terms: int  # of the series; the next one is below half a unit in the last place
    least: float  # e^least is a normal number: below it the result is 0
    ln2: float  # rounded to this format
    ln2_rest: float  # what that leaves of ln 2
    mantissa: int  # bits
    bias: int  # of the exponent


SINGLE = Format(8, -87.0, 0.693147182464599609375, -1.9046542999577680e-9, 23, 127)
DOUBLE = Format(14, -708.0, 0.6931471805599453094, 2.3190468138462996e-17, 52, 1023)


@intrinsic
def exp(typingctx, a):
    """e^a of lanes not above 0, where that is a normal number, else 0; NaN stays NaN."""

    def codegen(context, builder, signature, args):
        return _exp(builder, a, args[0], SINGLE if a.scalar is types.float32 else DOUBLE)

    return a(a), codegen


def _exp(builder, lanes, x, form):
    least = number(builder, lanes, form.least)
    in_range = builder.fcmp_ordered(">=", x, least)
    near = builder.select(in_range, x, least)  # no NaN, which is no integer
    n = call(builder, lanes, "rint", builder.fmul(near, number(builder, lanes, 1 / math.log(2))))
    r = near
    for part in (form.ln2, form.ln2_rest):
        r = call(builder, lanes, "fma", n, number(builder, lanes, -part), r)
    series = [1 / math.factorial(k) for k in range(form.terms)]
    value = builder.fmul(
        polynomial(builder, lanes, series, r), _power_of_two(builder, lanes, n, form)
    )
    below = builder.fcmp_ordered("<", x, least)
    return builder.select(in_range, value, builder.select(below, number(builder, lanes, 0.0), x))


def _power_of_two(builder, lanes, n, form):
    """2^n: the bits of a floating-point number are its exponent's and its mantissa's, here 0."""
    kind = ir.VectorType(ir.IntType(lanes.scalar.bitwidth), lanes.width)

    def integer(value):
        return ir.Constant(kind, [value] * lanes.width)

    short = ir.VectorType(ir.IntType(32), lanes.width)
    exponent = builder.fptosi(n, short)
    if kind != short:
        exponent = builder.sext(exponent, kind)
    bits = builder.shl(builder.add(exponent, integer(form.bias)), integer(form.mantissa))
    return builder.bitcast(bits, lanes.vector)
