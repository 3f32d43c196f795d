# %% [markdown]
# # Lesson 5, solutions

# %%
from dataclasses import replace

import numpy as np

from lsnn_core import LSNN, Adam, Layout, NeuronParameters, initial_connections

rng = np.random.default_rng(2)


def batch(size, recall):
    """Return spikes (recall + 50, size, 30) of `size` examples, and which half was busy."""
    label = rng.integers(0, 2, size)
    rate = np.full((recall + 50, size, 30), 0.005)
    rate[:50, :, :20] = 0.1 * ((np.arange(20) >= 10) == label[:, None])
    rate[:, :, 20:] = 0.0
    rate[recall:, :, 20:] = 0.1
    return rng.random(rate.shape) < rate, label


def trained(tau_a_ms, recall):
    """Return a network trained on a question after `recall` ms, and the share of right answers."""
    layout = Layout(n_in=30, n=40, n_out=2)
    connections = initial_connections(layout, 1.0, n_delays=10, source_sign=None, seed=1)
    neurons = NeuronParameters.create(n_regular=20, n_adaptive=20, tau_a_ms=tau_a_ms)
    net, adam = LSNN(connections, neurons, b_out=np.zeros(2)), Adam(lr=0.01, clip_norm=1.0)
    for _ in range(80):
        x, label = batch(32, recall)
        run = net.forward(x)
        _, d_y = run.cross_entropy(label, recall + 20)
        _, d_z = run.rate_penalty(20.0, 1.0)
        net = adam.step(net, net.backward(run, d_y, d_z))
    x, label = batch(400, recall)
    return net, np.mean(answers(net.forward(x)) == label)


def answers(run):
    """Return what a run tells in its last 30 ms."""
    return run.y[-30:].mean(axis=0).argmax(axis=1)


# %% [markdown]
# **1.** By (16) $\rho^{500} = e^{-500/600}$: 43 % of $\bar b$ is left, and by (14) $\alpha^{500} =
# e^{-25}$ of $\bar V$. The measured curve of the LIF network falls far more slowly than that:
# errors jump from neuron to neuron, by (11), and live on in the next one. But each jump costs a
# factor.

# %%
print(f"of d_b {np.exp(-500 / 600):.2f}, of d_V {np.exp(-500 / 20):.0e}")
assert abs(np.exp(-1 / 600) ** 500 - 0.4346) < 1e-4
assert np.exp(-1 / 20) ** 500 < 2e-11

# %% [markdown]
# **2.** A memory of 60 ms bridges 100 ms of silence, not 200 ms more or less well, and not 500 ms.
# With $\tau_a$ = 600 ms the last is learned, too.

# %%
right = {wait: trained(60.0, 50 + wait)[1] for wait in (100, 200, 500)}
print({wait: f"{100 * share:.0f} %" for wait, share in right.items()})
assert right[100] > 0.9
assert right[500] < 0.6
assert right[500] < right[100]

# %% [markdown]
# **3.** At first the answer is in spikes and potentials, and thresholds are not needed: whoever
# gets another example's $b$ still gives its own answer. In the silence at 350 ms it is the other
# way round: the answer goes where $b$ goes. And shortly before it is asked for, the thresholds have
# turned it into spikes again. The memory is there, it can be moved, and it changes its place.

# %%
net, share = trained(600.0, 550)
x, label = batch(400, 550)
other = np.arange(400)[::-1]
differ = label != label[other]
own = {}
for stop in (60, 350, 545):
    state = net.forward(x[:stop]).final
    swaps = {
        "b": replace(state, b=state.b[other]),
        "all but b": replace(state.examples(other), b=state.b),
    }
    for name, start in swaps.items():
        told = answers(net.forward(x[stop:], initial=start))
        own[stop, name] = np.mean((told == label)[differ])
for (stop, name), kept in own.items():
    print(f"{name} exchanged at {stop} ms: {100 * kept:.0f} % give their own answer")
assert share > 0.9
assert own[60, "b"] > 0.8 > 0.2 > own[60, "all but b"]
assert own[350, "b"] < 0.2 < 0.8 < own[350, "all but b"]
assert own[545, "b"] > 0.8 > 0.2 > own[545, "all but b"]
