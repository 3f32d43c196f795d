"""Plain arrays as lanes: partial loads, stores and gathers, for neighbours in an array.

Here the lanes of a vector are neighbouring neurons, or neighbouring connections of one row. `kind`
is any lane array, or one of plain numbers: it says how wide the vectors are. A mask from
`first_lanes` stands for the end of a row that does not fill its last vector.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from .lanes import LaneMask, _lanes_of

_I1, _I8, _I32, _I64 = (ir.IntType(bits) for bits in (1, 8, 32, 64))


def _item_pointer(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _call(builder, name, result, arguments):
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


@intrinsic
def first_lanes(typingctx, kind, count):
    """Mask of the lanes below `count`, which is not negative."""
    mask = LaneMask(_lanes_of(kind).width)

    def codegen(context, builder, signature, args):
        room = ir.Constant(args[1].type, mask.width)
        clipped = builder.select(builder.icmp_signed("<", args[1], room), args[1], room)
        ones = builder.sub(builder.shl(_I64(1), clipped), _I64(1))
        return builder.bitcast(builder.trunc(ones, ir.IntType(mask.width)), mask.vector)

    return mask(kind, types.intp), codegen


@intrinsic
def load_some(typingctx, kind, array, index, mask):
    """array[index], array[index + 1] ... in the lanes of the mask, else 0."""
    lanes = _lanes_of(kind)

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, args[1], args[2])
        typed = builder.bitcast(pointer, lanes.vector.as_pointer())
        align, zeros = _I32(lanes.scalar.bitwidth // 8), ir.Constant(lanes.vector, None)
        name = f"llvm.masked.load.v{lanes.width}f{lanes.scalar.bitwidth}.p0"
        return _call(builder, name, lanes.vector, [typed, align, args[3], zeros])

    return lanes(kind, array, types.intp, mask), codegen


@intrinsic
def store_some(typingctx, array, index, mask, value):
    """array[index + l] = lane l of `value`, in the lanes of the mask."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, args[0], args[1])
        typed = builder.bitcast(pointer, value.vector.as_pointer())
        align = _I32(value.scalar.bitwidth // 8)
        name = f"llvm.masked.store.v{value.width}f{value.scalar.bitwidth}.p0"
        _call(builder, name, ir.VoidType(), [args[3], typed, align, args[2]])
        return context.get_dummy_value()

    return types.void(array, types.intp, mask, value), codegen


def _collect(context, builder, lanes, origin, stride, offset, items, index):
    """origin[stride * offset[index + l]] in lane l; offsets are int32 or uint16, and not negative.

    One load a lane: a gather instruction takes up to twice as long (measured on Zen 5).
    """
    data = context.make_array(offset)(context, builder, items).data
    gathered = ir.Constant(lanes.vector, ir.Undefined)
    for lane in range(lanes.width):
        at = builder.gep(data, [builder.add(index, ir.Constant(index.type, lane))])
        place = builder.zext(builder.load(at), index.type)
        place = builder.mul(place, ir.Constant(place.type, stride))
        number = builder.load(builder.gep(origin, [place]))
        gathered = builder.insert_element(gathered, number, _I32(lane))
    return gathered


@intrinsic
def gather_lanes(typingctx, kind, table, base, offset, index):
    """table[base + offset[index + l]] in lane l."""
    lanes = _lanes_of(kind)

    def codegen(context, builder, signature, args):
        _, items, start, steps, first = args
        origin = _item_pointer(context, builder, table, items, start)
        return _collect(context, builder, lanes, origin, 1, offset, steps, first)

    return lanes(kind, table, types.intp, offset, types.intp), codegen


@intrinsic
def gather_lane(typingctx, kind, table, base, lane, offset, index):
    """Lane `lane` of table[base + offset[index + l]] in lane l; `table` is a lane array."""
    lanes, width = _lanes_of(kind), _lanes_of(table).width

    def codegen(context, builder, signature, args):
        _, items, start, number, steps, first = args
        origin = _item_pointer(context, builder, table, items, start)
        origin = builder.bitcast(origin, lanes.vector.element.as_pointer())
        origin = builder.gep(origin, [number])
        return _collect(context, builder, lanes, origin, width, offset, steps, first)

    return lanes(kind, table, types.intp, types.intp, offset, types.intp), codegen


@intrinsic
def put_item(typingctx, array, index, number):
    """array[index] = number, for an index that is known not to be negative."""

    def codegen(context, builder, signature, args):
        value = context.cast(builder, args[2], number, array.dtype)
        builder.store(value, _item_pointer(context, builder, array, *args[:2]))
        return context.get_dummy_value()

    return types.void(array, types.intp, number), codegen


@intrinsic
def add_item(typingctx, array, index, number):
    """array[index] += number, for an index that is known not to be negative."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, args[0], args[1])
        builder.store(builder.fadd(builder.load(pointer), args[2]), pointer)
        return context.get_dummy_value()

    return types.void(array, types.intp, array.dtype), codegen


@intrinsic
def fetch(typingctx, array, index):
    """Ask for the cache line of array[index], which need not exist, without waiting for it."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, args[0], args[1])
        pointer = builder.bitcast(pointer, _I8.as_pointer())
        to_read, keep, data = _I32(0), _I32(3), _I32(1)
        _call(builder, "llvm.prefetch.p0", ir.VoidType(), [pointer, to_read, keep, data])
        return context.get_dummy_value()

    return types.void(array, types.intp), codegen


@intrinsic
def lowest_bit(typingctx, number):
    """Position of the lowest set bit; `number` must not be 0."""

    def codegen(context, builder, signature, args):
        wide = context.cast(builder, args[0], number, types.int64)
        return _call(builder, "llvm.cttz.i64", _I64, [wide, _I1(1)])

    return types.intp(number), codegen


@intrinsic
def bit_count(typingctx, number):
    """How many bits are set."""

    def codegen(context, builder, signature, args):
        wide = context.cast(builder, args[0], number, types.int64)
        return _call(builder, "llvm.ctpop.i64", _I64, [wide])

    return types.int64(number), codegen
