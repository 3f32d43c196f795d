"""tanh of lanes: a quotient of two polynomials in float32, the C library's in float64.

A vector has no tanh of its own, and sixteen calls of the library's take ten times as long as the
quotient, whose error is at most 4.3 units in the last place (measured over every 256th float).
float64 is what gradients are checked in: there the last digit counts.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .builders import call, number, polynomial

# tanh(x) = x P(x^2) / Q(x^2): the minimax quotient of Eigen (its
# MathFunctionsImpl.h, generic_fast_tanh_float)
P = (
    4.89352455891786e-03,
    6.37261928875436e-04,
    1.48572235717979e-05,
    5.12229709037114e-08,
    -8.60467152213735e-11,
    2.00018790482477e-13,
    -2.76076847742355e-16,
)
Q = (4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06)
LARGEST = 7.90531110763549805  # beyond, it stays at 1 - 2.4e-7
SMALLEST = 0.0004  # below, tanh(x) rounds to x


@intrinsic
def tanh(typingctx, a):
    """Hyperbolic tangent, lane by lane; NaN stays NaN."""

    def codegen(context, builder, signature, args):
        quotient = a.scalar is types.float32
        return (_quotient if quotient else _library)(builder, a, args[0])

    return a(a), codegen


def _quotient(builder, lanes, x):
    def within(sign, limit, value):  # NaN is neither above nor below
        outside = builder.fcmp_ordered(sign, value, number(builder, lanes, limit))
        return builder.select(outside, number(builder, lanes, limit), value)

    near = within("<", -LARGEST, within(">", LARGEST, x))
    x2 = builder.fmul(near, near)
    above = builder.fmul(near, polynomial(builder, lanes, P, x2))
    ratio = builder.fdiv(above, polynomial(builder, lanes, Q, x2))
    size = call(builder, lanes, "fabs", x)
    tiny = builder.fcmp_ordered("<", size, number(builder, lanes, SMALLEST))
    return builder.select(tiny, x, ratio)


def _library(builder, lanes, x):
    scalar = lanes.vector.element
    kind = ir.FunctionType(scalar, [scalar])
    function = cgutils.get_or_insert_function(builder.module, kind, "tanh")
    for lane in range(lanes.width):
        at = ir.Constant(ir.IntType(32), lane)
        value = builder.call(function, [builder.extract_element(x, at)])
        x = builder.insert_element(x, value, at)
    return x
