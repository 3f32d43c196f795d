"""First weights, as in the published code, written straight into a connection list."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import float_type, instance, number, shown, truth, whole
from ..random.streams import stream
from ..threads import one_blas_thread
from .connections import Connections
from .layout import Layout, MatrixLayout
from .sites import matrix_sites, site_delay, site_sign


def initial_connections(
    layout: Layout,
    connectivity: float,
    n_delays: int,
    source_sign: npt.NDArray[np.int8] | None,
    seed: int,
    dtype: npt.DTypeLike = np.float32,
    *,
    signed: bool = False,
    readout_scale: float = 1.0,
) -> Connections:
    """Draw a network's first connections.

    Parameters
    ----------
    layout
        Sizes of the network.
    connectivity
        Fraction of each matrix' sites that hold a connection, in (0, 1].
    n_delays
        Delays to neurons are uniform over 1..n_delays steps, fixed by seed and site.
    source_sign
        int8 (n_source), +1 or -1: Dale's law (see `source_signs`); None: weights of both signs.
        Inputs may all be 0: they are no neurons, and their weights have both signs.
    seed
        The run's seed.
    dtype
        float32 or float64, of the weights.
    signed
        Without Dale's law: True fixes each site's sign at random (what DEEP R needs), False
        leaves the weights free. With Dale's law all signs are fixed anyway.
    readout_scale
        Factor on the weights of W_out, > 0 (D-readout-scale).

    Notes
    -----
    Free weights: N(0, 1) / sqrt(number of sources), but the readout's are Glorot-uniform, as the
    published readout's are by default. Signs fixed at random: ``|N(0, 1)|`` / sqrt(number of
    sources) in all three. Dale's law: see `dale_weights`.

    The published code draws the mask with replacement, starts with 11.3 % instead of 12 % and fills
    the gap in its first step; here it is drawn without replacement (D-mask: the count
    is then right from the start). Its budget also counts the diagonal of W_rec, ours does not.
    """
    _check(layout, connectivity, n_delays, source_sign, readout_scale)
    dtype, signed = float_type("dtype", dtype), truth("signed", signed)
    parts = []
    for index, matrix in enumerate(layout.matrices.values()):
        number = _mask(matrix, connectivity, stream(seed, "mask", index))
        source, target = matrix_sites(matrix, number)
        rng = stream(seed, "weights", index)
        weight: npt.NDArray[np.float64]
        if source_sign is not None and source_sign[matrix.source_start : matrix.source_stop].any():
            dense = dale_weights(source_sign[matrix.source_start : matrix.source_stop], matrix, rng)
            weight = dense[source - matrix.source_start, target - matrix.target_start]
            sign = source_sign[source]
        elif signed:
            sign = site_sign(seed, source, target)
            weight = np.abs(_gaussian(matrix, len(number), rng)) * sign
        else:
            sign = np.zeros(len(number), dtype=np.int8)
            draw = _glorot if matrix.name == "W_out" else _gaussian
            weight = draw(matrix, len(number), rng)
        if matrix.name == "W_out":
            weight = readout_scale * weight
        to_neuron = target < layout.n
        delay = np.where(to_neuron, site_delay(seed, source, target, n_delays), 0)
        parts.append((source, target, weight.astype(dtype), delay, sign))
    return Connections.from_sites(layout, *map(np.concatenate, zip(*parts, strict=True)))


def source_signs(
    layout: Layout,
    n_regular: int,
    inhibitory_fraction_in: float,
    inhibitory_fraction_rec: float,
    seed: int,
) -> npt.NDArray[np.int8]:
    """Sign of every source under Dale's law, int8 (n_source).

    Notes
    -----
    As published, int((1 - fraction) n) + 1 sources are excitatory (61 of 80 inputs, 166 of 220
    neurons at a fraction of 0.25); a fraction of 0 or 1 means none or all inhibitory. Input signs
    are shuffled. The inhibitory neurons are the first of the regular ones; adaptive neurons are
    all excitatory.
    """
    instance("layout", layout, Layout, "give the sizes as Layout(n_in, n, n_out)")
    n_regular = whole("n_regular", n_regular, 0, layout.n)
    inputs = np.ones(layout.n_in, dtype=np.int8)
    inputs[: _inhibitory(layout.n_in, inhibitory_fraction_in, "in")] = -1
    stream(seed, "input signs").shuffle(inputs)
    neurons = np.ones(layout.n, dtype=np.int8)
    count = _inhibitory(layout.n, inhibitory_fraction_rec, "rec")
    if count > n_regular:
        raise UsageError(
            f"inhibitory_fraction_rec: {count} inhibitory neurons do not fit into {n_regular} "
            "regular ones (adaptive neurons are excitatory); lower it or raise n_regular"
        )
    neurons[:count] = -1
    return np.concatenate([inputs, neurons])


def dale_weights(
    sign: npt.NDArray[np.int8], matrix: MatrixLayout, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    """Draw a dense matrix whose rows obey the signs of their sources.

    Notes
    -----
    The published recipe: magnitudes |N(0, 1)| of a square matrix over the sources; inhibitory rows
    scaled until they total the excitatory ones; in each column the weaker side raised by a constant
    until the column sums to zero; spectral radius 1. Then the first columns are taken, or, if there
    are more targets than sources, columns drawn with replacement. The mask comes after all this, so
    the sparse matrix is no longer balanced and its radius is about half (as published).
    With sources of one sign only, nothing can balance and these two steps fall away.
    """
    rows, columns = matrix.shape
    if rows == 0 or columns == 0:
        return np.zeros(matrix.shape)
    square = _balanced(np.abs(rng.standard_normal((rows, rows))), sign) * sign[:, None]
    with one_blas_thread():  # more of them mostly wait for one another
        eigenvalues = np.linalg.eigvals(square)
    # Rounded: the last bits of LAPACK differ between machines and thread counts.
    radius = float(f"{np.abs(eigenvalues).max():.6g}")
    if radius > 0.0:
        square /= radius
    if columns <= rows:
        return square[:, :columns]
    return square[:, rng.integers(rows, size=columns)]


def _balanced(
    magnitude: npt.NDArray[np.float64], sign: npt.NDArray[np.int8]
) -> npt.NDArray[np.float64]:
    excites, inhibits = sign > 0, sign < 0
    if not (excites.any() and inhibits.any()):
        return magnitude
    result = magnitude.copy()
    result[inhibits] *= result[excites].sum() / result[inhibits].sum()
    surplus = result[excites].sum(axis=0) - result[inhibits].sum(axis=0)
    result[inhibits] += np.maximum(surplus, 0.0) / inhibits.sum()
    result[excites] += np.maximum(-surplus, 0.0) / excites.sum()
    return result


def _gaussian(
    matrix: MatrixLayout, count: int, rng: np.random.Generator
) -> npt.NDArray[np.float64]:
    return rng.standard_normal(count) / math.sqrt(max(matrix.shape[0] // matrix.halves, 1))


def _glorot(matrix: MatrixLayout, count: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    limit = math.sqrt(6.0 / max(sum(matrix.shape) // matrix.halves, 1))
    return rng.uniform(-limit, limit, count)


def _mask(
    matrix: MatrixLayout, connectivity: float, rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    count = round(connectivity * matrix.sites)
    if count == matrix.sites:
        return np.arange(count)
    return np.sort(rng.choice(matrix.sites, count, replace=False, shuffle=False))


def _inhibitory(count: int, fraction: float, name: str) -> int:
    number(f"inhibitory_fraction_{name}", fraction, "0..1", most=1.0)
    if fraction in (0.0, 1.0):
        return int(fraction * count)
    return max(count - int((1.0 - fraction) * count) - 1, 0)


def _check(
    layout: Layout,
    connectivity: float,
    n_delays: int,
    source_sign: npt.NDArray[np.int8] | None,
    readout_scale: float,
) -> None:
    instance("layout", layout, Layout, "give the sizes as Layout(n_in, n, n_out)")
    number("connectivity", connectivity, "a fraction in (0, 1]", math.ulp(0.0), 1.0)
    whole("n_delays", n_delays, 1, 2**31 - 1)
    number("readout_scale", readout_scale, "a number > 0", math.ulp(0.0))
    if source_sign is None:
        return
    check_source_sign(layout, source_sign)


def check_source_sign(layout: Layout, source_sign: npt.NDArray[np.int8]) -> None:
    """Refuse signs of sources other than +1 or -1 for each, or 0 for all inputs."""
    proper = isinstance(source_sign, np.ndarray) and source_sign.dtype.kind == "i"
    if not proper or source_sign.shape != (layout.n_source,):
        raise UsageError(
            f"source_sign: expected an integer +1 or -1 for each of {layout.n_source} sources, "
            f"found {shown(source_sign)}; `source_signs` draws them"
        )
    signed = source_sign[layout.n_in :] if not source_sign[: layout.n_in].any() else source_sign
    if not np.isin(signed, (-1, 1)).all():
        raise UsageError(f"source_sign: expected +1 or -1 for each of {layout.n_source} sources")
