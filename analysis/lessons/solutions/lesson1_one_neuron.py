# %% [markdown]
# # Lesson 1, solutions

# %%
import numpy as np

from lsnn_core.reference import minimal

alpha, rho = np.exp(-1 / 20), np.exp(-1 / 200)


def one_neuron(w, beta, x):
    """Return spikes, adaptation and threshold of one neuron with b0 = 1 on input spikes x (T,)."""
    net = minimal.Net(
        W_in=np.array([[w]]), W_rec=np.zeros((1, 1)), W_out=np.ones((1, 1)),
        alpha=np.array([alpha]), rho=np.array([rho]), beta=np.array([beta]), b0=np.ones(1),
        kappa=alpha, gamma=0.3,
    )  # fmt: skip
    _, (_, b, B, z, _) = minimal.forward(net, x[:, None])
    return z[: len(x), 0], b[: len(x), 0], B[: len(x), 0]


# %% [markdown]
# **1.** $V^n = w(1-\alpha^n)$ rises towards $w$ and never reaches it. The neuron fires if and only
# if $w > b^0$: the smallest weight is the threshold itself, and at exactly that one it is silent.

# %%
x = np.ones(2000)
below, at, above = (one_neuron(w, 0.0, x)[0].sum() for w in (0.99, 1.0, 1.01))
print(f"spikes with w = 0.99: {below:.0f}, 1: {at:.0f}, 1.01: {above:.0f}")
assert below == 0
assert at == 0
assert above > 0

# %% [markdown]
# **2.** After the spike, (2) is $b \leftarrow \rho\, b$: half is left after $n$ steps with
# $\rho^n = 1/2$, which is $n = \tau_a \ln 2 = 139$ steps.

# %%
volley = np.zeros(400)
volley[0] = 1.0
z, _, B = one_neuron(25.0, 80.0, volley)  # strong enough to fire at once
rise = B - 1.0
peak = int(rise.argmax())
half = int(np.flatnonzero(rise[peak:] <= 0.5 * rise[peak])[0])
print(f"{z.sum():.0f} spike; half-way back after {half} steps, 200 ln 2 = {200 * np.log(2):.1f}")
assert z.sum() == 1
assert half == int(np.ceil(200 * np.log(2)))

# %% [markdown]
# **3.** Take the mean of (2) over a long time. The mean of $b^t$ and that of $b^{t-1}$ are the
# same, so $\langle b \rangle = \rho \langle b \rangle + (1-\rho) \langle z \rangle$, and $\langle b
# \rangle = \langle z \rangle$.

# %%
z, b, _ = one_neuron(2.0, 80.0, np.ones(4000))
mean_b, rate = b[2000:].mean(), z[2000:].mean()
print(f"mean of b {mean_b:.5f}, spikes per step {rate:.5f}")
assert abs(mean_b / rate - 1) < 0.03
