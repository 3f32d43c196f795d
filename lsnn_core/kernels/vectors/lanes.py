"""Lanes: several examples advancing side by side as one Numba value.

A `Lanes` value is one LLVM vector, e.g. ``<16 x float>``; lane l belongs to example l of a block.
Numba does not vectorise ``for l in range(16)``, but LLVM maps these values to whatever the CPU
has (AVX-512, two AVX2 registers, four NEON ones), for float32 and float64 and any width, from one
kernel source. Width and precision come from the array: an array of dtype `lanes_dtype(float, 16)`
holds one `Lanes` value per item.

In kernels: ``load(buf, i)``, ``store(buf, i, v)``, ``splat(buf, x)``; ``+ - * /``,
``fma(a, b, c)``, ``fabs(v)``, ``lane_sum(v)``, ``insert(v, l, x)``, ``lane_count(buf)``;
comparisons (giving a `LaneMask`, false where a lane is NaN), ``& | ~`` on masks,
``select(mask, a, b)``, ``bits(mask)`` and ``mask_of(buf, bits)`` between masks and integers; and
``item(a, i)``, which reads a plain array without Numba's test for negative indices.
"""

from __future__ import annotations

import operator

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, lower_builtin, models, register_model, type_callable

_I32 = ir.IntType(32)
VECTOR_BITS = 512  # of plain numbers that are taken together


def lanes_dtype(scalar: type[np.floating], width: int) -> np.dtype:
    """Dtype of an array whose items are `width` lanes of `scalar`; view items with ``["lane"]``."""
    return np.dtype([("lane", scalar, (width,))])


def lane_array(count: int, dtype: np.dtype) -> np.ndarray:
    """`count` zeroed items that start on a cache line, so that no vector straddles two."""
    raw = np.zeros(count * dtype.itemsize + 64, np.uint8)
    start = -raw.ctypes.data % 64
    return raw[start : start + count * dtype.itemsize].view(dtype)


class Lanes(types.Type):
    """`width` floating-point numbers in one vector register."""

    def __init__(self, scalar, width):
        self.scalar, self.width = scalar, width
        super().__init__(name=f"Lanes({scalar}, {width})")

    @property
    def vector(self):
        """The LLVM type that holds them."""
        element = ir.FloatType() if self.scalar is types.float32 else ir.DoubleType()
        return ir.VectorType(element, self.width)


class LaneMask(types.Type):
    """One truth value per lane."""

    def __init__(self, width):
        self.width = width
        super().__init__(name=f"LaneMask({width})")

    @property
    def vector(self):
        """The LLVM type that holds them."""
        return ir.VectorType(ir.IntType(1), self.width)


class _VectorModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, fe_type.vector)


register_model(Lanes)(_VectorModel)
register_model(LaneMask)(_VectorModel)


def _lanes_of(array):
    """The `Lanes` type an array of dtype `lanes_dtype(...)` holds; of plain numbers, 64 bytes."""
    if isinstance(array.dtype, types.Float):
        return Lanes(array.dtype, VECTOR_BITS // array.dtype.bitwidth)
    field = array.dtype.fields["lane"].type
    return Lanes(field.dtype, field.shape[0])


def _pointer(context, builder, array, value, index, lanes):
    data = context.make_array(array)(context, builder, value).data
    return builder.bitcast(builder.gep(data, [index]), lanes.vector.as_pointer())


def _align(lanes):
    return lanes.scalar.bitwidth // 8


def _splat(builder, lanes, scalar):
    undefined = ir.Constant(lanes.vector, ir.Undefined)
    first = builder.insert_element(undefined, scalar, ir.Constant(_I32, 0))
    zeros = ir.Constant(ir.VectorType(_I32, lanes.width), [0] * lanes.width)
    return builder.shuffle_vector(first, undefined, zeros)


def _as_vector(context, builder, lanes, kind, value):
    """`value` as a vector of `lanes`: itself, or a number cast and repeated."""
    if kind == lanes:
        return value
    return _splat(builder, lanes, context.cast(builder, value, kind, lanes.scalar))


@intrinsic
def load(typingctx, array, index):
    """Lanes number `index` of a flat lane array."""
    lanes = _lanes_of(array)

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, array, args[0], args[1], lanes)
        return builder.load(pointer, align=_align(lanes))

    return lanes(array, types.intp), codegen


@intrinsic
def store(typingctx, array, index, value):
    """Write `value` as lanes number `index` of a flat lane array."""
    lanes = _lanes_of(array)

    def codegen(context, builder, signature, args):
        vector = _as_vector(context, builder, lanes, value, args[2])
        pointer = _pointer(context, builder, array, args[0], args[1], lanes)
        builder.store(vector, pointer, align=_align(lanes))
        return context.get_dummy_value()

    return types.void(array, types.intp, value), codegen


@intrinsic
def item(typingctx, array, index):
    """array[index] for an index that is known not to be negative."""

    def codegen(context, builder, signature, args):
        data = context.make_array(array)(context, builder, args[0]).data
        return builder.load(builder.gep(data, [args[1]]))

    return array.dtype(array, types.intp), codegen


@intrinsic
def splat(typingctx, array, number):
    """`number` in every lane, of the kind that `array` holds."""
    lanes = _lanes_of(array)

    def codegen(context, builder, signature, args):
        return _as_vector(context, builder, lanes, number, args[1])

    return lanes(array, number), codegen


@intrinsic
def fma(typingctx, a, b, c):
    """A * b + c, rounded once; `a` may be a number."""
    lanes = c

    def codegen(context, builder, signature, args):
        name = f"llvm.fma.v{lanes.width}f{lanes.scalar.bitwidth}"
        kind = ir.FunctionType(lanes.vector, [lanes.vector] * 3)
        function = cgutils.get_or_insert_function(builder.module, kind, name)
        first = _as_vector(context, builder, lanes, a, args[0])
        return builder.call(function, [first, args[1], args[2]])

    return lanes(a, b, c), codegen


@intrinsic
def fabs(typingctx, a):
    """Absolute value, lane by lane."""

    def codegen(context, builder, signature, args):
        name = f"llvm.fabs.v{a.width}f{a.scalar.bitwidth}"
        kind = ir.FunctionType(a.vector, [a.vector])
        return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)

    return a(a), codegen


@intrinsic
def select(typingctx, mask, a, b):
    """Lane by lane `a` where the mask is set, else `b`; one of the two may be a number."""
    lanes = a if isinstance(a, Lanes) else b

    def codegen(context, builder, signature, args):
        yes = _as_vector(context, builder, lanes, a, args[1])
        no = _as_vector(context, builder, lanes, b, args[2])
        return builder.select(args[0], yes, no)

    return lanes(mask, a, b), codegen


@intrinsic
def bits(typingctx, mask):
    """The mask as an integer: bit l is lane l. How a step's spikes become one event."""

    def codegen(context, builder, signature, args):
        return builder.zext(builder.bitcast(args[0], ir.IntType(mask.width)), _I32)

    return types.uint32(mask), codegen


@intrinsic
def mask_of(typingctx, array, number):
    """The mask with the bits of `number`, as wide as `array` is. How an event becomes lanes."""
    mask = LaneMask(_lanes_of(array).width)

    def codegen(context, builder, signature, args):
        as_u32 = context.cast(builder, args[1], number, types.uint32)
        if mask.width < 32:
            as_u32 = builder.trunc(as_u32, ir.IntType(mask.width))
        return builder.bitcast(as_u32, mask.vector)

    return mask(array, number), codegen


@intrinsic
def lane_sum(typingctx, a):
    """Sum over lanes, always in the same pairwise order."""

    def codegen(context, builder, signature, args):
        vector, width = args[0], a.width
        while width > 1:
            width //= 2
            low = ir.Constant(ir.VectorType(_I32, width), list(range(width)))
            high = ir.Constant(ir.VectorType(_I32, width), list(range(width, 2 * width)))
            parts = [builder.shuffle_vector(vector, vector, half) for half in (low, high)]
            vector = builder.fadd(*parts)
        return builder.extract_element(vector, ir.Constant(_I32, 0))

    return a.scalar(a), codegen


@intrinsic
def insert(typingctx, a, lane, number):
    """`a` with lane number `lane` replaced."""

    def codegen(context, builder, signature, args):
        scalar = context.cast(builder, args[2], number, a.scalar)
        return builder.insert_element(args[0], scalar, args[1])

    return a(a, types.intp, number), codegen


@intrinsic
def lane_count(typingctx, array):
    """How many lanes an item of `array` has."""
    width = _lanes_of(array).width

    def codegen(context, builder, signature, args):
        return context.get_constant(types.intp, width)

    return types.intp(array), codegen


def _type_lanes_operator(context):
    def typer(a, b):
        if isinstance(a, Lanes) and (a == b or isinstance(b, types.Number)):
            return a
        if isinstance(b, Lanes) and isinstance(a, types.Number):
            return b
        return None

    return typer


def _type_comparison(context):
    def typer(a, b):
        if isinstance(a, Lanes) and (a == b or isinstance(b, types.Number)):
            return LaneMask(a.width)
        return None

    return typer


def _type_mask_operator(context):
    def typer(a, b):
        return a if isinstance(a, LaneMask) and a == b else None

    return typer


def _lower_binary(function, emit):
    """Lower `function` on (Lanes, Lanes), (Lanes, number) and (number, Lanes)."""

    def lower(context, builder, signature, args):
        lanes = next(kind for kind in signature.args if isinstance(kind, Lanes))
        left, right = (
            _as_vector(context, builder, lanes, kind, value)
            for kind, value in zip(signature.args, args, strict=True)
        )
        return emit(builder, left, right)

    for kinds in ((Lanes, Lanes), (Lanes, types.Number), (types.Number, Lanes)):
        lower_builtin(function, *kinds)(lower)


for _function, _name in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):
    type_callable(_function)(_type_lanes_operator)
    _lower_binary(_function, lambda builder, a, b, name=_name: getattr(builder, name)(a, b))

for _function, _sign in ((operator.gt, ">"), (operator.lt, "<"), (operator.le, "<=")):
    type_callable(_function)(_type_comparison)
    _lower_binary(_function, lambda builder, a, b, sign=_sign: builder.fcmp_ordered(sign, a, b))

for _function, _name in ((operator.and_, "and_"), (operator.or_, "or_")):
    type_callable(_function)(_type_mask_operator)
    lower_builtin(_function, LaneMask, LaneMask)(
        lambda context, builder, signature, args, name=_name: getattr(builder, name)(*args)
    )


@type_callable(operator.invert)
def _type_invert(context):
    return lambda a: a if isinstance(a, LaneMask) else None


@lower_builtin(operator.invert, LaneMask)
def _lower_invert(context, builder, signature, args):
    return builder.not_(args[0])
