# %% [markdown]
# # Lesson 2, solutions

# %%
import numpy as np

from lsnn_core.reference import minimal


def network(seed, I=10, N=20, T=100):
    """Return the network, input spikes and target of the lesson."""
    rng = np.random.default_rng(seed)
    decay = np.full(N, np.exp(-1 / 20))
    W_rec = 4 * rng.standard_normal((N, N)) / np.sqrt(N)
    np.fill_diagonal(W_rec, 0)
    net = minimal.Net(
        W_in=12 * rng.standard_normal((I, N)) / np.sqrt(I) + 1,
        W_rec=W_rec,
        W_out=5 * rng.standard_normal((N, 1)) / np.sqrt(N),
        alpha=decay, rho=np.full(N, np.exp(-1 / 200)), beta=np.repeat([0.0, 80.0], N // 2),
        b0=np.ones(N), kappa=decay[0], gamma=0.3,
    )  # fmt: skip
    x = (rng.random((T, I)) < 0.1).astype(float)
    return net, x, 0.3 * np.sin(2 * np.pi * np.arange(T) / T)[:, None]


def loss_and_gradient(net, x, target):
    """Return the loss, psi's gradient of the three matrices, and the spikes."""
    y, trace = minimal.forward(net, x)
    gradient = minimal.backward(net, x, trace, 2 * (y - target) / y.size)
    return float(np.mean((y - target) ** 2)), gradient, trace[3][: len(x)]


net, x, target = network(seed=1)
before, (d_W_in, _, d_W_out), spikes = loss_and_gradient(net, x, target)

# %% [markdown]
# **1.** No. Spikes do not depend on the readout's weights, so the loss is a parabola in them, and
# (20) is its true derivative: there is no $\psi$ in (20). Central differences of a parabola are
# exact but for rounding.

# %%
differences = np.zeros(net.W_out.shape)
for j in range(len(differences)):
    step = np.zeros(net.W_out.shape)
    step[j] = 1e-3
    up, down = (
        loss_and_gradient(net._replace(W_out=net.W_out + s * step), x, target)[0] for s in (1, -1)
    )
    differences[j] = (up - down) / 2e-3
print(f"largest deviation from (20): {np.abs(differences - d_W_out).max():.1e}")
assert np.abs(d_W_out).max() > 0.01
assert np.abs(differences - d_W_out).max() < 1e-12

# %% [markdown]
# **2.** Halve the interval as long as the loss at its middle is or is not that of the start. At the
# edge the spikes of one neuron change; all later differences follow from that one.

# %%
direction = -d_W_in / np.linalg.norm(d_W_in)


def at(s):
    """Return loss and spikes at a distance along the line."""
    found, _, z = loss_and_gradient(net._replace(W_in=net.W_in + s * direction), x, target)
    return found, z


inside, outside = 0.0, 0.1
while outside - inside > 1e-12:
    middle = (inside + outside) / 2
    inside, outside = (middle, outside) if at(middle)[0] == before else (inside, middle)
changed = at(inside)[1] != at(outside)[1]
first = int(np.flatnonzero(changed.any(axis=1))[0])
print(f"the stair ends at {outside:.6f}; the first spike that differs is at step {first}")
assert at(inside)[0] == before != at(outside)[0]
assert changed[first].sum() == 1

# %% [markdown]
# **3.** With $V < 0$ we have $v = (V - B)/B < -1$ and by (6) $\psi = 0$ at every step. Then (14)
# gives $\bar V = 0$ and (18) gives no gradient at all. A network that falls silent so deeply stays
# silent: training cannot wake it. That is what the rate penalty and the first weights are for.

# %%
W_in = net.W_in.copy()
W_in[:, 0] = -1.0
W_rec = net.W_rec.copy()
W_rec[:, 0] = -np.abs(W_rec[:, 0])
_, (d_W_in, d_W_rec, _), spikes = loss_and_gradient(net._replace(W_in=W_in, W_rec=W_rec), x, target)
print(
    f"gradient of its input weights: {np.abs(d_W_in[:, 0]).max()}, its spikes: {spikes[:, 0].sum()}"
)
assert spikes[:, 0].sum() == 0
assert not d_W_in[:, 0].any()
assert not d_W_rec[:, 0].any()
assert d_W_in[:, 1:].any()
