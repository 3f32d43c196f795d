"""Variables of the published TensorFlow cells (IGITUGraz/LSNN-official) as a network.

Names and shapes are those of the classes `LIF` and `ALIF` in its `spiking_models.py`, of
`weight_sampler` in its `rewiring_tools.py`, and of the readout in its tutorial scripts; nothing of
TensorFlow is needed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import UsageError
from ..given import as_float, instance, integers, number, reals, refuse, shown, whole
from ..model.connections import Connections
from ..model.layout import Layout, MatrixLayout
from ..model.neurons import NeuronParameters
from ..simulation.lsnn import LSNN
from ..text import hint
from ..units import DT_MS

Array = npt.NDArray[Any]
Variables = Mapping[str, Any]

OF_CHECKPOINTS: Final = {
    "InputWeights/InputWeight": "w_in_var",
    "InputWeights/SynapticSampler/theta": "w_in_var",
    "InputWeights/SynapticSampler/sign": "w_in_sign",
    "InputWeights/InDelays": "w_in_delay",
    "RecWeights/RecurrentWeight": "w_rec_var",
    "RecWeights/SynapticSampler/theta": "w_rec_var",
    "RecWeights/SynapticSampler/sign": "w_rec_sign",
    "RecWeights/RecDelays": "w_rec_delay",
    "ClassificationLoss/SynapticSampler/theta": "w_out_var",
    "ClassificationLoss/SynapticSampler/sign": "w_out_sign",
    "out_weight": "w_out",
    "out_bias": "b_out",
    "Tau": "tau",
    "Threshold": "thr",
    "TauAdaptation": "tau_adaptation",
    "Beta": "beta",
}
"""Names in a checkpoint of the sequential-MNIST script, and the cell's own."""


class _Weights(NamedTuple):
    """A dense matrix, which of its entries are connections, and their fixed signs."""

    value: Array
    listed: npt.NDArray[np.bool_]
    sign: npt.NDArray[np.int8]


def from_tensorflow(variables: Variables, *, tau_out_ms: float = 20.0) -> LSNN:
    """Return the network of the published cell, with ``convention="lsnn-official"``.

    Parameters
    ----------
    variables
        Arrays and numbers by the names of the cell's attributes, as the published
        ``tf_cell_to_savable_dict`` gives them, or by those of a checkpoint (`OF_CHECKPOINTS`).
        Others are not looked at.

        - ``w_in_var`` (n_in, n), ``w_rec_var`` (n, n): weights; with ``w_in_sign`` and
          ``w_rec_sign`` beside them DEEP R's theta, of which those above 0 are connections.
          Or ``w_in_val`` and ``w_rec_val``: weights with V0 in them, connections where not 0.
        - ``w_in_delay``, ``w_rec_delay``: indices 0 ... n_delay - 1.
        - ``tau`` (ms), ``thr``: one number or n; ``n_refractory``: steps.
        - ``tau_adaptation`` (ms) and ``beta``: one number or n; neither for the cell `LIF`.
        - ``w_out`` (n, n_out), or ``w_out_var`` with ``w_out_sign``; ``b_out``. Without them the
          network has no outputs.
        - ``V0`` (1), ``dampening_factor`` (0.3), ``injected_noise_current`` (0), ``n_delay``, and
          ``dt``, which must be 1: in brackets what the cell has if not told otherwise.
    tau_out_ms
        Of the readout's filter, ``exp_convolve`` in the scripts; 20 in that of sequential MNIST.

    Returns
    -------
    LSNN
        A delay of index d is d + 1 steps, weights and beta have V0 in them, the diagonal of W_rec,
        which the cell masks, holds no connection. The spikes of the published cell in step t are
        those of step t + 1 here (D-delay-of-inputs).

    Raises
    ------
    UsageError
        A variable is missing, of another shape, or not what this network can have.
    """
    instance("variables", variables, Mapping, "give arrays by the names of the cell's attributes")
    v = _by_attribute(variables)
    dt = number("dt", v.get("dt", DT_MS))
    if dt != DT_MS:
        raise UsageError(f"dt: expected {DT_MS:g} ms, found {dt:g}")
    scale = number("V0", v.get("V0", 1.0), "more than 0", least=np.nextafter(0.0, 1.0))
    W_in, W_rec = (_weights(v, name, scale) for name in ("w_in", "w_rec"))
    n_in, n = W_in.value.shape
    W_out, b_out = _readout(v, n)
    layout = Layout(n_in, n, b_out.size)
    if W_rec.value.shape != (n, n):
        raise UsageError(f"w_rec: expected shape {(n, n)}, found {W_rec.value.shape}")
    np.fill_diagonal(W_rec.listed, False)
    blocks = layout.matrices
    lists = [
        _entries(blocks["W_in"], W_in, _delays(v, "w_in", W_in)),
        _entries(blocks["W_rec"], W_rec, _delays(v, "w_rec", W_rec)),
        _entries(blocks["W_out"], W_out, np.zeros(W_out.value.shape, np.int64)),
    ]
    return LSNN(
        Connections.from_sites(layout, *map(np.concatenate, zip(*lists, strict=True))),
        _neurons(v, n, scale),
        b_out,
        tau_out_ms=tau_out_ms,
        gamma=number("dampening_factor", v.get("dampening_factor", 0.3)),
        convention="lsnn-official",
        noise_std=number("injected_noise_current", v.get("injected_noise_current", 0.0)),
        max_delay=whole("n_delay", v.get("n_delay", 1), 1),
    )


def _by_attribute(variables: Variables) -> dict[str, Any]:
    """Return the variables by the cell's names; a checkpoint's may end in ":0".

    Numbers come as arrays without axes from an ``.npz`` file.
    """
    found: dict[str, Any] = {}
    for name, value in variables.items():
        plain = str(name).removesuffix(":0")
        attribute = OF_CHECKPOINTS.get(plain, plain)
        if attribute in found:
            raise UsageError(
                f"variables: {shown(attribute)} is there twice, as {shown(plain)}, too"
            )
        single = isinstance(value, np.ndarray) and value.shape == () and value.dtype.kind in "iuf"
        found[attribute] = value[()] if single else value
    return found


def _take(v: Variables, name: str) -> Any:
    if name not in v:
        raise UsageError(f"variables: {name} is missing; {hint(name, v)}")
    return v[name]


def _weights(v: Variables, name: str, scale: float) -> _Weights:
    """Return weights from theta and sign, from free weights, or from what both came to."""
    if f"{name}_var" not in v:
        if f"{name}_val" not in v:
            raise UsageError(f"variables: {name}_var is missing, and {name}_val, too")
        value = _matrix(f"{name}_val", v[f"{name}_val"])
        return _Weights(value, value != 0, np.zeros(value.shape, np.int8))
    theta = _matrix(f"{name}_var", v[f"{name}_var"])
    by = theta.dtype.type(scale)
    if f"{name}_sign" not in v:
        return _Weights(by * theta, theta != 0, np.zeros(theta.shape, np.int8))
    sign = reals(f"{name}_sign", v[f"{name}_sign"], theta.shape, "as theta")
    refuse(f"{name}_sign", sign, (theta > 0) & (np.abs(sign) != 1), "expected +1 or -1")
    return _Weights(by * (sign.astype(theta.dtype) * theta), theta > 0, sign.astype(np.int8))


def _matrix(name: str, values: Any) -> Array:
    return as_float(reals(name, values, (None, None), "sources and targets"))


def _readout(v: Variables, n: int) -> tuple[_Weights, Array]:
    """Return weights and biases of the readout, none if there is none."""
    if not {"w_out", "w_out_var", "b_out"} & v.keys():
        none = np.zeros((n, 0), np.float32)
        return _Weights(none, none != 0, none.astype(np.int8)), np.zeros(0, np.float32)
    renamed = {"w_out_val": v["w_out"], **v} if "w_out" in v else v
    weights = _weights(renamed, "w_out", 1.0)
    if len(weights.value) != n:
        raise UsageError(
            f"w_out: expected {n} rows, one for each neuron, found {weights.value.shape}"
        )
    b_out = reals("b_out", _take(v, "b_out"), (weights.value.shape[1],), "one for each output")
    return weights, as_float(b_out)


def _delays(v: Variables, name: str, weights: _Weights) -> Array:
    """Return delays in steps, (sources, targets)."""
    name = f"{name}_delay"
    index = integers(name, _take(v, name), weights.value.shape, "as the weights", np.int64)
    refuse(name, index, index < 0, "expected indices from 0")
    return index + 1


def _entries(block: MatrixLayout, weights: _Weights, delay: Array) -> tuple[Array, ...]:
    """Return source, target, weight, delay and sign of the connections of one matrix."""
    source, target = place = np.nonzero(weights.listed)
    first, start = block.source_start, block.target_start
    arrays = (weights.value, delay, weights.sign)
    return source + first, target + start, *(array[place] for array in arrays)


def _neurons(v: Variables, n: int, scale: float) -> NeuronParameters:
    """Return the constants; thr is given in units of V0, beta is not."""
    tau_m_ms = _vector("tau", _take(v, "tau"), n)
    tau_a_ms, beta = tau_m_ms, np.zeros(n)  # the cell LIF
    if "beta" in v or "tau_adaptation" in v:
        tau_a_ms = _vector("tau_adaptation", _take(v, "tau_adaptation"), n)
        beta = scale * _vector("beta", _take(v, "beta"), n)
    return NeuronParameters(
        tau_m_ms=tau_m_ms,
        tau_a_ms=tau_a_ms,
        beta=beta,
        b0=_vector("thr", _take(v, "thr"), n),
        n_ref=np.full(n, whole("n_refractory", _take(v, "n_refractory"))),
    )


def _vector(name: str, values: Any, n: int) -> Array:
    """Return one number for each neuron; the cell takes one for all, too."""
    array = reals(name, values)
    if array.shape not in ((), (n,)):
        raise UsageError(f"{name}: expected one number or {n}, found shape {array.shape}")
    return np.broadcast_to(array, (n,)).astype(np.float64)
