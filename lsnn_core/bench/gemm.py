"""The machine's peak, as a large matrix product of NumPy's reaches it: run as a measured process.

``python -m lsnn_core.bench.gemm DTYPE``; how many threads it uses is set from outside.
"""

from __future__ import annotations

import sys

import numpy as np

from .serve import serve

SIZE = 1536


def main(dtype: str) -> None:
    """Serve products of two square matrices."""
    rng = np.random.default_rng(0)
    a, b = (rng.standard_normal((SIZE, SIZE)).astype(dtype) for _ in range(2))
    out = np.empty_like(a)

    def product() -> dict[str, float]:
        np.matmul(a, b, out=out)
        return {"flops": 2 * SIZE**3}

    serve({"product": product})


if __name__ == "__main__":
    main(*sys.argv[1:])
