"""The page on other programs tells the truth: its code runs, and equal is what it calls equal.

Norse and NEST run in processes of their own: they change settings of Python's, and are heavy.
"""

from __future__ import annotations

import re
import subprocess
import sys
import warnings
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

import lsnn_core
from lsnn_core import LSNN, Connections, Layout, NeuronParameters, initial_connections, to_nir
from lsnn_core.simulation.thresholds import thresholds
from tests.helpers.equal_networks import differences

PAGE = Path(lsnn_core.__file__).parent / "EXCHANGE.md"
NIR, NORSE, TENSORFLOW, NEST = re.findall(
    r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL
)
N_IN, N, K, T = 20, 30, 2, 300

needs_nir = pytest.mark.skipif(find_spec("nir") is None, reason="nir is not installed")
needs_norse = pytest.mark.skipif(find_spec("norse") is None, reason="norse is not installed")
needs_nest = pytest.mark.skipif(find_spec("nest") is None, reason="NEST is not installed")


def a_network(n_delays=5, n_adaptive=0, recurrent=True, **changes):
    layout, rng = Layout(N_IN, N, K), np.random.default_rng(7)
    c = initial_connections(layout, 0.3, n_delays, None, 1, np.float64)
    if not recurrent:
        weights = c.dense("W_in"), np.zeros((N, N)), c.dense("W_out")
        c = Connections.from_dense(layout, *weights, delay_in=np.maximum(c.delays("W_in"), 1))
    neurons = NeuronParameters.create(
        N - n_adaptive,
        n_adaptive,
        tau_m_ms=rng.uniform(10, 30, N),
        tau_a_ms=60.0,
        b0=rng.uniform(0.01, 0.03, N),
        n_ref=rng.integers(0, 5, N),
    )
    return replace(LSNN(c, neurons, rng.standard_normal(K)), **changes)


def an_input():
    return np.random.default_rng(8).random((T, N_IN)) < 0.05


def run_apart(folder, *program, **arrays):
    """Run a program, to which `arrays` are given, and return those that it leaves in `out`."""
    np.savez(folder / "in.npz", **arrays)
    load = "import numpy as np\nlocals().update(np.load('in.npz'))\nout = {}"
    source = "\n".join([load, *program, "np.savez('out.npz', **out)"])
    command = [sys.executable, "-c", source]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=280)
    assert done.returncode == 0, done.stderr
    return dict(np.load(folder / "out.npz"))


@needs_nir
def test_a_network_goes_to_nir_and_comes_back_equal(tmp_path):
    names: dict = {}
    exec(compile(NIR, PAGE.name, "exec"), names)
    net = a_network(n_adaptive=10)

    with pytest.warns(UserWarning, match="NIR cannot say"):
        found = names["there_and_back"](net, tmp_path / "net.nir")

    assert differences(found, net) == []


def test_the_published_cell_is_read_from_a_file(tmp_path):
    names: dict = {}
    exec(compile(TENSORFLOW, PAGE.name, "exec"), names)
    rng = np.random.default_rng(1)
    weights = {"w_in_var": rng.standard_normal((3, 4)), "w_rec_var": rng.standard_normal((4, 4))}
    delays = {"w_in_delay": np.zeros((3, 4), int), "w_rec_delay": np.ones((4, 4), int)}
    constants = {"tau": 20.0, "thr": 0.03, "n_refractory": 3, "tau_adaptation": 100.0, "beta": 1.8}
    np.savez(tmp_path / "cell.npz", **weights, **delays, **constants)

    net = names["published"](tmp_path / "cell.npz")

    assert (net.convention, net.max_delay, net.neurons.n_regular) == ("lsnn-official", 2, 0)
    np.testing.assert_array_equal(net.connections.dense("W_in"), weights["w_in_var"])


# -- Norse -----------------------------------------------------------------------------------------


def as_norse_says(net, x):
    """Return the readout of a `LIFBoxCell` with a reset to 0, by Norse's own equations."""
    W_in, W_rec, W_out = (net.connections.dense(name) for name in ("W_in", "W_rec", "W_out"))
    V, z, y, spikes = np.zeros(N), np.zeros(N), [], 0
    for x_t in x.astype(float):
        V += 1 / net.neurons.tau_m_ms * (x_t @ W_in + z @ W_rec - V)
        z = (net.neurons.b0 < V).astype(float)
        V[z > 0] = 0.0
        y.append(z @ W_out + net.b_out)
        spikes += z.sum()
    return np.array(y), spikes


@needs_nir
@needs_norse
def test_norse_reads_the_file_as_the_page_says(tmp_path):
    import nir

    net, x = a_network(n_delays=1, tau_out_ms=0.0), an_input()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        nir.write(tmp_path / "net.nir", to_nir(net))

    found = run_apart(tmp_path, NORSE, "out['y'] = norse_readout('net.nir', x[:, None])", x=x)
    expected, spikes = as_norse_says(net, x)

    assert spikes > 100
    np.testing.assert_allclose(found["y"][:, 0], expected, atol=1e-5)


LSNN_CELL = """
import torch
import norse.torch
from norse.torch.functional.lsnn import LSNNParameters
p = LSNNParameters(
    tau_syn_inv=torch.tensor(1000.0), v_th=torch.as_tensor(b0),
    tau_mem_inv=torch.as_tensor((1 - alpha) / 0.001), v_reset=torch.tensor(0.0),
    tau_adapt_inv=torch.as_tensor((1 - rho) / 0.001), beta=torch.as_tensor(beta * (1 - rho) / rho),
)
weights = torch.as_tensor(W_in.T.copy()), torch.as_tensor(W_rec.T.copy())
z, V, i, b = (torch.zeros(1, len(b0), dtype=torch.float64) for _ in range(4))
state = norse.torch.functional.lsnn.LSNNState(z, V, i, b + p.v_th)
spikes, after = [], []
for x_t in torch.as_tensor(x[:, None], dtype=torch.float64):
    z, state = norse.torch.functional.lsnn.lsnn_step(x_t, state, *weights, p, 0.001)
    spikes.append(z.numpy()[0] > 0)
    after.append(state.b.numpy()[0])
out.update(z=np.array(spikes), b=np.array(after))
"""


@needs_norse
def test_the_threshold_of_norse_s_adaptive_cell_follows_its_spikes_as_ours(tmp_path):
    net, x = a_network(n_adaptive=N), an_input()
    p = net.neurons
    W = {name: net.connections.dense(name) for name in ("W_in", "W_rec")}
    constants = {name: getattr(p, name) for name in ("alpha", "rho", "beta", "b0")}

    found = run_apart(tmp_path, LSNN_CELL, x=x, **W, **constants)

    decayed = p.b0 + p.rho * (found["b"] - p.b0)  # as the next step tests it
    assert found["z"].sum() > 50
    np.testing.assert_allclose(decayed, thresholds(found["z"], p, np.arange(N))[1:], 1e-6)


# -- NEST ------------------------------------------------------------------------------------------

NETWORK = """
import sys
sys.path.insert(0, str(root))
from lsnn_core import LSNN, Connections, Layout, NeuronParameters
layout = Layout(*sizes)
neurons = NeuronParameters(tau_m_ms, tau_a_ms, beta, b0, n_ref)
connections = Connections(layout, indptr, target, delay, sign, weight)
net = LSNN(connections, neurons, np.zeros(layout.n_out))
import nest
"""


def in_nest(folder, net, *program):
    c, p, layout = net.connections, net.neurons, net.layout
    lists = {name: getattr(c, name) for name in ("indptr", "target", "delay", "sign", "weight")}
    names = ("tau_m_ms", "tau_a_ms", "beta", "b0", "n_ref")
    constants = {name: getattr(p, name) for name in names}
    sizes = np.array([layout.n_in, layout.n, layout.n_out])
    arrays = {"root": str(PAGE.parents[1]), "sizes": sizes, "x": an_input(), **lists, **constants}
    return run_apart(folder, NETWORK, NEST, *program, **arrays)


def ours(net):
    return net.forward(an_input()[:, None], dtype=np.float64).z[:, 0]


@needs_nest
def test_nest_s_lif_neurons_spike_as_ours(tmp_path):
    net = a_network()
    found = in_nest(tmp_path, net, "out['z'] = nest_spikes(nest, net, x)")["z"]

    assert ours(net).sum() > 300
    np.testing.assert_array_equal(found, ours(net))


ADAPTIVE = """
class Recording:
    def __getattr__(self, name):
        return getattr(nest, name)

    def Simulate(self, duration):
        self.meter = nest.Create("multimeter", {"record_from": ["V_th_adapt"], "interval": 1.0})
        population = nest.GetNodes({"model": "eprop_iaf_adapt_bsshslm_2020"})
        nest.Connect(self.meter, population)
        nest.Simulate(duration)
        events = self.meter.events
        place = np.rint(events["times"]).astype(int) - 1, events["senders"] - population.tolist()[0]
        self.B = np.zeros((len(x) + 2, layout.n))
        self.B[place] = events["V_th_adapt"]

constants = {"adapt_beta": (beta * (1 - neurons.rho)).tolist(), "adapt_tau": tau_a_ms.tolist()}
recording = Recording()
out["z"] = nest_spikes(recording, net, x, "eprop_iaf_adapt_bsshslm_2020", **constants)
out["B"] = recording.B[: len(x)]
"""


@needs_nest
def test_nest_s_adaptive_threshold_follows_its_spikes_as_ours(tmp_path):
    net = a_network(n_adaptive=N)
    found = in_nest(tmp_path, net, ADAPTIVE)
    expected = thresholds(found["z"], net.neurons, np.arange(N))[:-1]

    assert found["z"].sum() > 100
    np.testing.assert_allclose(found["B"], expected, 1e-12)
    assert (found["z"] != ours(net)).any()  # as the page says


@needs_nest
def test_nest_s_delta_neurons_spike_as_ours_at_first(tmp_path):
    net = a_network(recurrent=False)
    call = "nest_spikes(nest, net, x, 'iaf_psc_delta', V_reset=0.0, t_ref=(1.0 * n_ref).tolist())"
    found, expected = in_nest(tmp_path, net, f"out['z'] = {call}")["z"], ours(net)

    assert expected.any(0).sum() > N / 2
    np.testing.assert_array_equal(found.argmax(0), expected.argmax(0))
    shortest = [np.diff(np.flatnonzero(z)).min(initial=T) for z in found.T]
    assert np.all(shortest > net.neurons.n_ref)
    assert (found != expected).any()  # as the page says
