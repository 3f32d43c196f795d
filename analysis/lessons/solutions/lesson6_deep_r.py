# %% [markdown]
# # Lesson 6, solutions

# %%
import numpy as np

from lsnn_core import LSNN, Adam, DeepR, Layout, NeuronParameters, initial_connections

layout = Layout(n_in=20, n=40, n_out=2)


def network(connectivity):
    """Return the lesson's network with so many of all connections."""
    connections = initial_connections(
        layout, connectivity, n_delays=10, source_sign=None, seed=1, signed=True
    )
    neurons = NeuronParameters.create(n_regular=20, n_adaptive=20, tau_a_ms=300.0)
    return LSNN(connections, neurons, b_out=np.zeros(2))


def train(net, optimiser, iterations):
    """Return the share of right answers, how many were dropped, and pushed down in that step."""
    rng = np.random.default_rng(2)

    def batch(size):
        label = rng.integers(0, 2, size)
        rate = np.full((220, size, 20), 0.01)
        rate[:50, :, :10] = 0.15 * ((np.arange(10) >= 5) == label[:, None])
        rate[:, :, 10:] = 0.05
        return rng.random(rate.shape) < rate, label

    dropped, pushed = 0, 0
    for _ in range(iterations):
        x, label = batch(64)
        run = net.forward(x)
        _, d_y = run.cross_entropy(label, 200)
        _, d_z = run.rate_penalty(20.0, 1.0)
        gradient = net.backward(run, d_y, d_z)
        downwards = gradient.weight * net.connections.sign > 0  # the step makes theta smaller
        net = optimiser.step(net, gradient)
        if optimiser.rewired.changed:
            dropped += len(optimiser.rewired.dropped_index)
            pushed += int(downwards[optimiser.rewired.dropped_index].sum())
    x, label = batch(500)
    return np.mean(net.forward(x).y[200:].mean(axis=0).argmax(axis=1) == label), dropped, pushed


# %% [markdown]
# **1.** Yes: those that the gradient itself pushes through zero, because they would be of more use
# with the other sign, which they cannot have. For most of them it pushed down in the very step in
# which they went; for the others Adam's momentum did.

# %%
_, dropped, pushed = train(network(0.1), DeepR(lr=0.01, l1=0.0, clip_norm=1.0, seed=1), 60)
print(f"{dropped} dropped with l1 = 0; of these the last gradient pushed {pushed} down")
assert dropped > 50
assert pushed > 0.6 * dropped

# %% [markdown]
# **2.** Each step takes $\eta\, l_1 = 0.01 \cdot 0.2 = 0.002$ off $\theta$: 50 iterations from 0.1
# to
# 0. Inputs that never fire have no gradient, by (18), and so feel nothing but the pull.

# %%
net, deep_r = network(0.1), DeepR(lr=0.01, l1=0.2, seed=1)
theta = np.abs(net.connections.weight)
silent = np.zeros((20, 1, 20), bool)
for _ in range(10):
    run = net.forward(silent)
    net = deep_r.step(net, net.backward(run, np.zeros(run.y.shape)))
    origin = deep_r.rewired.origin(len(theta))
    before, theta = theta, np.abs(net.connections.weight)
    kept = origin >= 0
    np.testing.assert_allclose(before[origin[kept]] - theta[kept], 0.002, atol=1e-6)
print(f"every theta sinks by 0.002 in an iteration: from 0.1 to 0 in {0.1 / 0.002:.0f}")

# %% [markdown]
# **3.** With so few connections it matters which. Those drawn first are what `Adam` has to live
# with; DEEP R looks for better ones, with as many at every moment.

# %%
fixed, _, _ = train(network(0.05), Adam(lr=0.01, clip_norm=1.0), 250)
moving, _, _ = train(network(0.05), DeepR(lr=0.01, l1=0.02, clip_norm=1.0, seed=1), 250)
print(f"right: fixed connections {100 * fixed:.0f} %, DEEP R {100 * moving:.0f} %")
assert moving > fixed + 0.03
