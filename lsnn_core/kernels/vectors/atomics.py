"""Reads and writes that another thread sees at once and in order."""

from __future__ import annotations

from numba import types
from numba.extending import intrinsic

from .gathers import _item_pointer


@intrinsic
def atomic_read(typingctx, array, index):
    """array[index] of an int64 array, as last written by any thread."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, *args)
        return builder.load_atomic(pointer, "acquire", 8)

    return types.int64(array, types.intp), codegen


@intrinsic
def atomic_write(typingctx, array, index, value):
    """array[index] = value, after everything this thread wrote before."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, *args[:2])
        builder.store_atomic(args[2], pointer, "release", 8)
        return context.get_dummy_value()

    return types.void(array, types.intp, types.int64), codegen


@intrinsic
def atomic_add(typingctx, array, index, value):
    """Add to array[index]; returns what it was before."""

    def codegen(context, builder, signature, args):
        pointer = _item_pointer(context, builder, array, *args[:2])
        return builder.atomic_rmw("add", pointer, args[2], "seq_cst")

    return types.int64(array, types.intp, types.int64), codegen
