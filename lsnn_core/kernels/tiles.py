"""Tiles: eight `Lanes` values worked on together, so that no sum has to wait for itself.

A dense matrix times lanes is bound by the latency of the sum unless several sums run side by
side; eight fill two multiply-add units of latency four. A tile is eight neighbouring items of a
lane array (eight targets), or eight rows of the matrix, and stays in registers in the inner loop.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .lanes import Lanes, _align, _lanes_of, _pointer, _splat

TILE = 8


class Tile(types.Type):
    """`TILE` vectors of one `Lanes` type."""

    def __init__(self, lanes):
        self.lanes = lanes
        super().__init__(name=f"Tile({lanes})")


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, ir.ArrayType(fe_type.lanes.vector, TILE))


def _scalar_at(context, builder, array_type, array, index):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.load(builder.gep(data, [index]))


def _plus(builder, index, step):
    return (
        builder.add(index, step)
        if isinstance(step, ir.Value)
        else builder.add(index, ir.Constant(index.type, step))
    )


def _each(builder, tile, change):
    """The tile with vector i replaced by change(i, vector i)."""
    for i in range(TILE):
        vector = change(i, builder.extract_value(tile, i))
        tile = builder.insert_value(tile, vector, i)
    return tile


@intrinsic
def tile_zero(typingctx, array):
    """A tile of zeros, of the kind that `array` holds."""
    tile = Tile(_lanes_of(array))

    def codegen(context, builder, signature, args):
        return ir.Constant(ir.ArrayType(tile.lanes.vector, TILE), None)

    return tile(array), codegen


@intrinsic
def tile_load(typingctx, array, index):
    """Items index .. index + 7 of a lane array."""
    tile = Tile(_lanes_of(array))

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, array, args[0], args[1], tile.lanes)
        empty = ir.Constant(ir.ArrayType(tile.lanes.vector, TILE), ir.Undefined)

        def read(i, _):
            at = builder.gep(pointer, [ir.Constant(ir.IntType(64), i)])
            return builder.load(at, align=_align(tile.lanes))

        return _each(builder, empty, read)

    return tile(array, types.intp), codegen


@intrinsic
def tile_store(typingctx, array, index, tile):
    """Write a tile to items index .. index + 7."""

    def codegen(context, builder, signature, args):
        pointer = _pointer(context, builder, array, args[0], args[1], tile.lanes)
        for i in range(TILE):
            at = builder.gep(pointer, [ir.Constant(ir.IntType(64), i)])
            builder.store(builder.extract_value(args[2], i), at, align=_align(tile.lanes))
        return context.get_dummy_value()

    return types.void(array, types.intp, tile), codegen


@intrinsic
def tile_add_weights(typingctx, tile, mask, weights, index):
    """tile[i] += weights[index + i] in the lanes of the mask: a spike reaches eight targets."""

    def codegen(context, builder, signature, args):
        value, spiked, array, start = args

        def change(i, vector):
            weight = _scalar_at(context, builder, weights, array, _plus(builder, start, i))
            added = builder.fadd(vector, _splat(builder, tile.lanes, weight))
            return builder.select(spiked, added, vector)

        return _each(builder, value, change)

    return tile(tile, mask, weights, types.intp), codegen


@intrinsic
def tile_add_lanes(typingctx, tile, mask, array, index):
    """tile[i] += array[index + i] in the lanes of the mask, for a lane array."""

    def codegen(context, builder, signature, args):
        value, spiked, items, start = args
        pointer = _pointer(context, builder, array, items, start, tile.lanes)

        def change(i, vector):
            at = builder.gep(pointer, [ir.Constant(ir.IntType(64), i)])
            added = builder.fadd(vector, builder.load(at, align=_align(tile.lanes)))
            return builder.select(spiked, added, vector)

        return _each(builder, value, change)

    return tile(tile, mask, array, types.intp), codegen


@intrinsic
def tile_rows(typingctx, active, first, count, base, width):
    """Where the rows of active[first], active[first + 1] ... begin in a matrix of `width` columns.

    Past the end of the list, the last one again.
    """
    rows = types.UniTuple(types.intp, TILE)

    def codegen(context, builder, signature, args):
        array, start, stop, shift, columns = args
        last = builder.sub(stop, ir.Constant(stop.type, 1))
        found = []
        for i in range(TILE):
            at = builder.add(start, ir.Constant(start.type, i))
            at = builder.select(builder.icmp_signed("<", at, last), at, last)
            row = _scalar_at(context, builder, active, array, at)
            found.append(builder.mul(builder.add(row, shift), columns))
        return context.make_tuple(builder, rows, found)

    integers = (types.intp,) * 4
    return rows(active, *integers), codegen


@intrinsic
def tile_fma_rows(typingctx, tile, weights, rows, column, x):
    """tile[i] += weights[rows[i] + column] * x: eight rows of a matrix times one item."""

    def codegen(context, builder, signature, args):
        value, array, starts, k, lanes = args
        vector_type = tile.lanes.vector
        name = f"llvm.fma.v{tile.lanes.width}f{tile.lanes.scalar.bitwidth}"
        kind = ir.FunctionType(vector_type, [vector_type] * 3)
        fma = cgutils.get_or_insert_function(builder.module, kind, name)

        def change(i, vector):
            at = builder.add(builder.extract_value(starts, i), k)
            weight = _scalar_at(context, builder, weights, array, at)
            return builder.call(fma, [_splat(builder, tile.lanes, weight), lanes, vector])

        return _each(builder, value, change)

    return tile(tile, weights, rows, types.intp, x), codegen


@intrinsic
def tile_scatter(typingctx, array, active, first, count, tile):
    """array[active[first + i]] = tile[i]; past the end of the list, the last one again."""

    def codegen(context, builder, signature, args):
        items, indices, start, stop, value = args
        last = builder.sub(stop, ir.Constant(stop.type, 1))
        for i in range(TILE):
            at = builder.add(start, ir.Constant(start.type, i))
            at = builder.select(builder.icmp_signed("<", at, last), at, last)
            row = _scalar_at(context, builder, active, indices, at)
            pointer = _pointer(context, builder, array, items, row, tile.lanes)
            builder.store(builder.extract_value(value, i), pointer, align=_align(tile.lanes))
        return context.get_dummy_value()

    return types.void(array, active, types.intp, types.intp, tile), codegen


@intrinsic
def tile_item(typingctx, tile, index):
    """Vector `index`, a literal number, of a tile."""
    if not isinstance(index, types.IntegerLiteral):
        return None
    number = index.literal_value

    def codegen(context, builder, signature, args):
        return builder.extract_value(args[0], number)

    return tile.lanes(tile, index), codegen


__all__ = [
    "TILE",
    "Lanes",
    "Tile",
    "tile_add_lanes",
    "tile_add_weights",
    "tile_fma_rows",
    "tile_item",
    "tile_load",
    "tile_rows",
    "tile_scatter",
    "tile_store",
    "tile_zero",
]
