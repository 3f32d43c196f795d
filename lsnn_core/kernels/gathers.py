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
_POINTER = ir.PointerType()


class _Pointers(ir.instructions.Instruction):
    """``getelementptr`` with a vector of indices, which llvmlite's builder does not offer."""

    def __init__(self, block, kind, element, origin, index):
        super().__init__(block, kind, "getelementptr", [origin, index])
        self.element = element

    def descr(self, buf):
        origin, index = (f"{op.type} {op.get_reference()}" for op in self.operands)
        buf.append(f"getelementptr {self.element}, {origin}, {index}\n")


def _item_pointer(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.gep(data, [index])


def _call(builder, name, result, arguments):
    kind = ir.FunctionType(result, [argument.type for argument in arguments])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), arguments)


def _masked_load(builder, vector, name, pointer, mask, align):
    typed = builder.bitcast(pointer, vector.as_pointer())
    zeros = ir.Constant(vector, None)
    name = f"llvm.masked.load.{name}.p0"
    return _call(builder, name, vector, [typed, _I32(align), mask, zeros])


@intrinsic
def first_lanes(typingctx, kind, count):
    """Mask of the lanes below `count`."""
    mask = LaneMask(_lanes_of(kind).width)

    def codegen(context, builder, signature, args):
        numbers = ir.VectorType(_I64, mask.width)
        limit = builder.insert_element(ir.Constant(numbers, ir.Undefined), args[1], _I32(0))
        zeros = ir.Constant(ir.VectorType(_I32, mask.width), [0] * mask.width)
        limit = builder.shuffle_vector(limit, limit, zeros)
        return builder.icmp_signed("<", ir.Constant(numbers, list(range(mask.width))), limit)

    return mask(kind, types.intp), codegen


@intrinsic
def load_some(typingctx, kind, array, index, mask):
    """array[index], array[index + 1] ... in the lanes of the mask, else 0."""
    lanes = _lanes_of(kind)

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, args[1], args[2])
        size = lanes.scalar.bitwidth
        name = f"v{lanes.width}f{size}"
        return _masked_load(builder, lanes.vector, name, pointer, args[3], size // 8)

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


def _places(context, builder, width, element, origin, offset, index, mask):
    """Pointers to origin + offset[index + l], counted in elements of type `element`.

    Offsets are int32 or uint16.
    """
    kind, items = offset
    bits, at = kind.dtype.bitwidth, _item_pointer(context, builder, kind, items, index)
    steps = ir.VectorType(ir.IntType(bits), width)
    steps = _masked_load(builder, steps, f"v{width}i{bits}", at, mask, bits // 8)
    if bits < 32:
        steps = builder.zext(steps, ir.VectorType(_I32, width))
    where = _Pointers(builder.block, ir.VectorType(_POINTER, width), element, origin, steps)
    builder._insert(where)
    return where


def _gather(context, builder, lanes, element, origin, offset, index, mask):
    """The numbers at `_places`."""
    width, size = lanes.width, lanes.scalar.bitwidth
    where = _places(context, builder, width, element, origin, offset, index, mask)
    zeros = ir.Constant(lanes.vector, None)
    name = f"llvm.masked.gather.v{width}f{size}.v{width}p0"
    return _call(builder, name, lanes.vector, [where, _I32(size // 8), mask, zeros])


@intrinsic
def gather_some(typingctx, kind, table, base, offset, index, mask):
    """table[base + offset[index + l]] in lane l, for the lanes of the mask, else 0."""
    lanes = _lanes_of(kind)

    def codegen(context, builder, signature, args):
        _, items, start, steps, first, some = args
        origin = _item_pointer(context, builder, table, items, start)
        element = lanes.vector.element
        return _gather(context, builder, lanes, element, origin, (offset, steps), first, some)

    return lanes(kind, table, types.intp, offset, types.intp, mask), codegen


@intrinsic
def scatter_some(typingctx, kind, table, base, offset, index, mask, value):
    """table[base + offset[index + l]] = lane l of `value`, in the lanes of the mask."""
    lanes = _lanes_of(kind)

    def codegen(context, builder, signature, args):
        _, items, start, steps, first, some, numbers = args
        width, size = lanes.width, lanes.scalar.bitwidth
        origin, element = _item_pointer(context, builder, table, items, start), lanes.vector.element
        steps = (offset, steps)
        where = _places(context, builder, width, element, origin, steps, first, some)
        name = f"llvm.masked.scatter.v{width}f{size}.v{width}p0"
        _call(builder, name, ir.VoidType(), [numbers, where, _I32(size // 8), some])
        return context.get_dummy_value()

    return types.void(kind, table, types.intp, offset, types.intp, mask, lanes), codegen


@intrinsic
def gather_lane(typingctx, kind, table, base, lane, offset, index, mask):
    """Lane `lane` of table[base + offset[index + l]] in lane l, for the lanes of the mask, else 0.

    `table` is a lane array.
    """
    lanes, item = _lanes_of(kind), _lanes_of(table)

    def codegen(context, builder, signature, args):
        _, items, start, number, steps, first, some = args
        element = lanes.vector.element
        origin = _item_pointer(context, builder, table, items, start)
        origin = builder.gep(builder.bitcast(origin, element.as_pointer()), [number])
        element = ir.ArrayType(element, item.width)
        return _gather(context, builder, lanes, element, origin, (offset, steps), first, some)

    return lanes(kind, table, types.intp, types.intp, offset, types.intp, mask), codegen


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
