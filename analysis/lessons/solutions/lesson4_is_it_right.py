# %% [markdown]
# # Lesson 4, solutions

# %%
import inspect

import numpy as np

from lsnn_core.reference import minimal

# %% [markdown]
# **1.** The central difference errs by about $h^2$ from the curve and by about $10^{-16}/h$ from
# rounding. They meet near $h = 10^{-5}$, where some eleven digits are right. The complex step
# subtracts nothing, so a smaller $h$ is never worse: all digits are right.


# %%
def f(a):
    """Return something smooth."""
    return np.exp(a) / np.cos(a)


a = 0.7
true = np.exp(a) / np.cos(a) * (1 + np.tan(a))
steps = 10.0 ** -np.arange(1, 16)
difference = np.array([abs((f(a + h) - f(a - h)) / (2 * h) / true - 1) for h in steps])
of_complex = np.array([abs(f(a + 1j * h).imag / h / true - 1) for h in steps])
best = int(difference.argmin())
print(f"difference: best at h = {steps[best]:.0e}, {difference[best]:.0e}")
print(f"complex step at h = 1e-15: {of_complex[-1]:.0e}")
assert 1e-7 < steps[best] < 1e-3
assert difference[best] > 1e-14
assert difference[-1] > 1e-3
assert of_complex[8:].max() < 1e-15

# %% [markdown]
# **2.** Spoil the gradient of $W^{in}_{00}$ alone, and take a direction that leaves that weight
# where it is: the dot product is as it was. A single direction tests a single number. A test draws
# directions that contain everything, and draws several.

# %%
rng = np.random.default_rng(2)
T, I, N, K = 60, 6, 12, 2
decay = np.full(N, np.exp(-1 / 20))
W_rec = 4 * rng.standard_normal((N, N)) / np.sqrt(N)
np.fill_diagonal(W_rec, 0)
net = minimal.Net(
    W_in=10 * rng.standard_normal((I, N)) / np.sqrt(I) + 2, W_rec=W_rec,
    W_out=rng.standard_normal((N, K)) / np.sqrt(N), alpha=decay, rho=np.full(N, np.exp(-1 / 100)),
    beta=np.repeat([0.0, 60.0], N // 2), b0=np.ones(N), kappa=decay[0], gamma=0.3,
)  # fmt: skip
x = (rng.random((T, I)) < 0.15).astype(float)
d_y = rng.standard_normal((T, K))
trace = minimal.forward(net, x)[1]
d_W_in = minimal.backward(net, x, trace, d_y)[0]
spoilt = d_W_in.copy()
spoilt[0, 0] *= -1
blind = rng.standard_normal(d_W_in.shape)
blind[0, 0] = 0.0
seeing = blind + np.eye(*blind.shape)
print(f"along the one direction {np.sum(d_W_in * blind):.6f} and {np.sum(spoilt * blind):.6f},")
print(f"along another {np.sum(d_W_in * seeing):.6f} and {np.sum(spoilt * seeing):.6f}")
assert d_W_in[0, 0] != 0
assert np.sum(d_W_in * blind) == np.sum(spoilt * blind)
assert np.sum(d_W_in * seeing) != np.sum(spoilt * seeing)

# %% [markdown]
# **3.** Write the source of `backward` without (13) and compare directions, over 20 draws of the
# loss. The two point the same way only roughly: code that detaches the reset follows another
# gradient, and should say so. (`reference.adjoint` has a switch for it: `through_reset=False`.)

# %%
source = inspect.getsource(minimal.backward)
names = dict(vars(minimal))
exec(source.replace("gz = gz - B[t] * d_V[t + 1]", "gz = gz - 0"), names)
cosines = []
for _ in range(20):
    d_y = rng.standard_normal((T, K))
    exact = minimal.backward(net, x, trace, d_y)[1]
    detached = names["backward"](net, x, trace, d_y)[1]
    cosines.append(np.sum(exact * detached) / np.linalg.norm(exact) / np.linalg.norm(detached))
print(f"cosine: mean {np.mean(cosines):.2f}, from {min(cosines):.2f} to {max(cosines):.2f}")
assert 0.3 < np.mean(cosines) < 0.99
