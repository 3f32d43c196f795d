"""Variables of the published cells become a network that spikes as those cells do.

`published_cell` is their update, written from its equations (order of update, refractory mask,
buffer of currents): a call takes the state before it and one step of input.
"""

from __future__ import annotations

import numpy as np
import pytest

from lsnn_core import UsageError, from_tensorflow
from lsnn_core.exchange.tensorflow import OF_CHECKPOINTS
from tests.helpers.equal_networks import differences
from tests.tolerances import ROUNDING

N_IN, N, K, T, N_DELAY, N_REF = 6, 12, 2, 300, 4, 3


def weights_by_delay(v, name, n_delay):
    """Return (n_delay, sources, targets): what the cell multiplies its inputs and spikes with."""
    weight = v[f"{name}_var"]
    if f"{name}_sign" in v:
        weight = np.where(weight > 0, v[f"{name}_sign"] * weight, 0.0)
    weight = v["V0"] * weight
    if name == "w_rec":
        weight = weight * (1 - np.eye(len(weight)))
    return np.stack([np.where(v[f"{name}_delay"] == d, weight, 0.0) for d in range(n_delay)])


def published_cell(v, x):
    """Return the spikes (T, N) and the readout (T, K) of one example x (T, N_IN), float64."""
    W_in, W_rec = (weights_by_delay(v, name, N_DELAY) for name in ("w_in", "w_rec"))
    decay, tau_a = np.exp(-1 / v["tau"]), v.get("tau_adaptation", np.inf)
    decay_b, beta = np.exp(-1 / tau_a), v.get("beta", 0.0)
    potential, spikes, b = np.zeros(N), np.zeros(N), np.zeros(N)
    buffer, history = np.zeros((N_DELAY, N)), np.zeros((v["n_refractory"], N))
    filtered, z, y = np.zeros(N), [], []
    for x_t in x:
        buffer += x_t @ W_in + spikes @ W_rec
        b = decay_b * b + (1 - decay_b) * spikes
        threshold = v["thr"] + v["V0"] * beta * b
        fires = (potential - threshold) / threshold > 0  # the potential of before
        potential = decay * potential + (1 - decay) * buffer[0] - spikes * threshold
        spikes = np.where(history.any(0), 0.0, fires)
        history = np.vstack([history[1:], spikes])
        buffer = np.vstack([buffer[1:], np.zeros(N)])
        filtered = np.exp(-1 / 20) * filtered + (1 - np.exp(-1 / 20)) * spikes
        z.append(spikes)
        if "b_out" in v:
            y.append(filtered @ readout(v) + v["b_out"])
    return np.array(z), np.array(y)


def readout(v):
    if "w_out" in v:
        return v["w_out"]
    return np.where(v["w_out_var"] > 0, v["w_out_sign"] * v["w_out_var"], 0.0)


def variables(kind="rewired", V0=1.0):
    """Draw what a cell holds, as TensorFlow gives it but in float64."""
    rng = np.random.default_rng(5)
    shapes = {"w_in": (N_IN, N), "w_rec": (N, N), "w_out": (N, K)}
    v = {
        "tau": np.full(N, 20.0),
        "thr": V0 * np.full(N, 0.03),
        "tau_adaptation": np.array(60.0),
        "beta": np.concatenate([np.zeros(N // 2), np.full(N - N // 2, 1.8)]),
        "n_refractory": N_REF,
        "V0": V0,
        "dampening_factor": 0.4,
        "injected_noise_current": 0.0,
        "n_delay": N_DELAY,
        "dt": np.float32(1.0),
        "b_out": rng.standard_normal(K),
        "cell_type": "<class 'lsnn.spiking_models.ALIF'>",
    }
    for name, shape in shapes.items():
        theta = 0.6 * rng.standard_normal(shape)
        if kind == "rewired":  # theta at or below 0 is no connection
            v[f"{name}_var"] = theta
            v[f"{name}_sign"] = np.broadcast_to(rng.choice([-1.0, 1.0], (shape[0], 1)), shape)
        else:
            v["w_out" if name == "w_out" else f"{name}_var"] = theta
        if name != "w_out":
            v[f"{name}_delay"] = rng.integers(N_DELAY, size=shape)
    return v


def lif(v):
    return {name: value for name, value in v.items() if name not in ("beta", "tau_adaptation")}


CELLS = {
    "DEEP R": variables(),
    "free weights": variables("free"),
    "in millivolts": variables(V0=1000.0),
    "LIF": lif(variables()),
}


@pytest.mark.parametrize("v", CELLS.values(), ids=CELLS)
def test_the_network_spikes_as_the_published_cell_one_step_later(v):
    x = np.random.default_rng(6).random((T, N_IN)) < 0.1
    expected_z, expected_y = published_cell(v, x.astype(float))

    run = from_tensorflow(v).forward(np.vstack([x, x[:1]])[:, None], dtype=np.float64)

    assert 0.02 < expected_z.mean() < 1 / (1 + N_REF)
    assert not run.z[0].any()
    np.testing.assert_array_equal(run.z[1:, 0], expected_z)
    np.testing.assert_allclose(run.y[1:, 0], expected_y, ROUNDING, ROUNDING)


def test_the_comparison_would_notice_a_delay():
    v = variables()
    x = np.random.default_rng(6).random((T, N_IN)) < 0.1
    expected, _ = published_cell(v, x.astype(float))
    v["w_rec_delay"] = (v["w_rec_delay"] + 1) % N_DELAY

    run = from_tensorflow(v).forward(x[:, None], dtype=np.float64)

    assert (run.z[1:, 0] != expected[:-1]).any()


def test_theta_above_zero_is_a_connection_and_its_sign_is_fixed():
    v = variables()
    net = from_tensorflow(v)
    c = net.connections

    off_diagonal = (v["w_rec_var"] > 0) & ~np.eye(N, dtype=bool)
    assert (v["w_rec_var"] > 0).diagonal().any()
    np.testing.assert_array_equal(c.delays("W_rec") >= 0, off_diagonal)
    np.testing.assert_array_equal(
        c.delays("W_rec")[off_diagonal], v["w_rec_delay"][off_diagonal] + 1
    )
    assert np.all(c.sign * c.weight > 0)
    assert (net.convention, net.gamma, net.max_delay) == ("lsnn-official", 0.4, N_DELAY)
    assert net.neurons.n_regular == N // 2


def test_values_of_the_weights_are_enough():
    v = variables("free")
    plain = {name: value for name, value in v.items() if not name.endswith("_var")}
    rec = v["w_rec_var"] * (1 - np.eye(N))
    net = from_tensorflow({**plain, "w_in_val": v["w_in_var"], "w_rec_val": rec})

    assert net.connections.equals(from_tensorflow(v).connections)


def test_float32_stays_float32():
    v = {k: w.astype(np.float32) if k.endswith("_var") else w for k, w in variables().items()}

    assert from_tensorflow(v).connections.weight.dtype == np.float32


def test_a_checkpoint_has_other_names():
    v = variables()
    names = {attribute: name for name, attribute in OF_CHECKPOINTS.items()}
    names |= {"w_in_var": "InputWeights/SynapticSampler/theta"}
    names |= {"w_rec_var": "RecWeights/SynapticSampler/theta"}

    net = from_tensorflow({f"{names[k]}:0" if k in names else k: value for k, value in v.items()})

    assert net.connections.equals(from_tensorflow(v).connections)
    np.testing.assert_array_equal(net.b_out, v["b_out"])


def test_an_npz_file_holds_them_all(tmp_path):
    np.savez(tmp_path / "cell.npz", **variables())

    with np.load(tmp_path / "cell.npz") as stored:
        assert differences(from_tensorflow(stored), from_tensorflow(variables())) == []


def test_without_a_readout_there_are_no_outputs():
    v = {name: value for name, value in variables().items() if "out" not in name}

    assert from_tensorflow(v).layout.n_out == 0


def without(name):
    return {k: value for k, value in variables().items() if k != name}


WRONG = {
    "no weights": (without("w_in_var"), "w_in_var is missing, and w_in_val"),
    "no delays": (without("w_rec_delay"), "w_rec_delay is missing"),
    "no refractory period": (without("n_refractory"), "n_refractory is missing"),
    "half an adaptation": (without("beta"), "beta is missing"),
    "no bias": (without("b_out"), "b_out is missing"),
    "another step": ({**variables(), "dt": 0.5}, "dt: expected 1 ms, found 0.5"),
    "a scalar": ({**variables(), "w_in_var": 3.0}, r"w_in_var: expected shape \(any, any\)"),
    "delays of another shape": (
        {**variables(), "w_in_delay": np.zeros((N, N_IN), int)},
        r"w_in_delay: expected shape \(6, 12\)",
    ),
    "negative delays": (
        {**variables(), "w_in_delay": np.full((N_IN, N), -1)},
        r"w_in_delay\[0, 0\]: expected indices from 0",
    ),
    "signs that are none": (
        {**variables(), "w_in_sign": np.zeros((N_IN, N))},
        r"w_in_sign.*expected \+1 or -1",
    ),
    "W_rec of other neurons": (
        {**variables("free"), "w_rec_var": np.ones((3, 3)), "w_rec_delay": np.ones((3, 3), int)},
        r"w_rec: expected shape \(12, 12\)",
    ),
    "W_out of other neurons": (
        {**variables("free"), "w_out": np.ones((3, K))},
        "w_out: expected 12 rows",
    ),
    "constants of other neurons": ({**variables(), "tau": np.ones(3)}, "tau: expected one number"),
    "twice": ({**variables(), "Tau:0": np.ones(N)}, "'tau' is there twice"),
    "no mapping": ([1], "variables: expected Mapping"),
}


@pytest.mark.parametrize(("v", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_cell_of_ours_is_refused(v, words):
    with pytest.raises(UsageError, match=words):
        from_tensorflow(v)
