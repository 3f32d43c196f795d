"""Tiles: a few `Lanes` values worked on together, so that no sum has to wait for itself.

A matrix times a vector is bound by the latency of the sum unless several sums run side by side;
eight fill two multiply-add units of latency four. A tile has a row for each of up to eight
examples, as many as the tuple it is made from has items, and stays in registers in the inner loop.
"""

from __future__ import annotations

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, models, register_model

from .lanes import Lanes, _align, _lanes_of, _pointer, _splat


class Tile(types.Type):
    """`size` vectors of one `Lanes` type."""

    def __init__(self, lanes, size):
        self.lanes, self.size = lanes, size
        super().__init__(name=f"Tile({lanes}, {size})")

    @property
    def vectors(self):
        """The LLVM type that holds them."""
        return ir.ArrayType(self.lanes.vector, self.size)


@register_model(Tile)
class _TileModel(models.PrimitiveModel):
    def __init__(self, dmm, fe_type):
        super().__init__(dmm, fe_type, fe_type.vectors)


@intrinsic
def tile_rows(typingctx, places, count, step):
    """Where the rows of a tile begin: a tuple of place * step; places from `count` on repeat."""

    def codegen(context, builder, signature, args):
        last = builder.sub(args[1], ir.Constant(args[1].type, 1))
        rows = []
        for i in range(len(places)):
            place = ir.Constant(last.type, i)
            place = builder.select(builder.icmp_signed("<", place, last), place, last)
            rows.append(builder.mul(place, args[2]))
        return context.make_tuple(builder, signature.return_type, rows)

    return types.UniTuple(types.intp, len(places))(places, types.intp, types.intp), codegen


@intrinsic
def tile_zero(typingctx, array, rows):
    """A tile of zeros, of the kind that `array` holds, one for each of `rows`."""
    tile = Tile(_lanes_of(array), len(rows))

    def codegen(context, builder, signature, args):
        return ir.Constant(tile.vectors, None)

    return tile(array, rows), codegen


@intrinsic
def tile_fma(typingctx, tile, numbers, rows, index, x):
    """tile[i] += numbers[rows[i] + index] * x: one item of `x` serves every row."""

    def codegen(context, builder, signature, args):
        value, array, starts, at, lanes = args
        vector = tile.lanes.vector
        name = f"llvm.fma.v{tile.lanes.width}f{tile.lanes.scalar.bitwidth}"
        fma = cgutils.get_or_insert_function(
            builder.module, ir.FunctionType(vector, [vector] * 3), name
        )
        data = context.make_array(numbers)(context, builder, array).data
        for i in range(tile.size):
            place = builder.add(builder.extract_value(starts, i), at)
            number = builder.load(builder.gep(data, [place]))
            total = builder.extract_value(value, i)
            total = builder.call(fma, [_splat(builder, tile.lanes, number), lanes, total])
            value = builder.insert_value(value, total, i)
        return value

    return tile(tile, numbers, rows, types.intp, x), codegen


@intrinsic
def tile_scatter(typingctx, array, index, step, count, tile):
    """array[index + i * step] = tile[i] for i < count."""

    def codegen(context, builder, signature, args):
        items, start, stride, number, value = args
        for i in range(tile.size):
            place = ir.Constant(number.type, i)
            with builder.if_then(builder.icmp_signed("<", place, number)):
                at = builder.add(start, builder.mul(place, stride))
                pointer = _pointer(context, builder, array, items, at, tile.lanes)
                builder.store(builder.extract_value(value, i), pointer, align=_align(tile.lanes))
        return context.get_dummy_value()

    integers = (types.intp,) * 3
    return types.void(array, *integers, tile), codegen


__all__ = [
    "Lanes",
    "Tile",
    "tile_fma",
    "tile_rows",
    "tile_scatter",
    "tile_zero",
]
