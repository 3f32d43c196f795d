"""Twin of `lsnn_core.kernels.jit`: a kernel stays the Python function it is."""

from __future__ import annotations


def kernel(function):
    return function


inner = kernel
