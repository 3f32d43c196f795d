# %% [markdown]
# # Lesson 4. Is it right?
#
# A wrong gradient still learns a little. That is why most wrong gradients are never found. This
# lesson checks one so that mistakes show, and then plants mistakes to see whether they do.

# %%
import inspect
from dataclasses import replace

import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core import reference
from lsnn_core.reference import minimal

rng = np.random.default_rng(1)
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
d_y = rng.standard_normal((T, K))  # the loss is L = sum of d_y * y: any loss is that, nearby
toward = [rng.standard_normal(W.shape) for W in net[:3]]  # a direction in all weights
np.fill_diagonal(toward[1], 0)

# %% [markdown]
# ## What does not work
#
# Move all weights a little along the direction, and see how the loss moves. Lesson 2 told what
# comes of it: spikes do not move at all. Only the readout's own part is left.


# %%
def moved(step):
    """Return the network with its weights moved along the direction."""
    return net._replace(
        **{name: W + step * t for name, W, t in zip(net._fields, net[:3], toward, strict=False)}
    )


def loss(network):
    """Return L of the network that spikes."""
    return float(np.sum(d_y * minimal.forward(network, x)[0]))


def along(gradient):
    """Return the change of L that a gradient promises along the direction."""
    return float(sum(np.sum(g * t) for g, t in zip(gradient, toward, strict=True)))


trace = minimal.forward(net, x)[1]
gradient = minimal.backward(net, x, trace, d_y)
promised, seen = along(gradient), (loss(moved(1e-7)) - loss(moved(-1e-7))) / 2e-7
print(f"{trace[3].sum():.0f} spikes; promised {promised:.6f}, seen by finite difference {seen:.6f}")

# %% [markdown]
# ## Check 1: the dot product
#
# The gradient came from walking *backwards*. Now push the direction *forwards* through (1) to (8),
# with (6) in the place of the derivative of (5): that is $\delta y$, by code that shares no line
# with the adjoint. Both must say the same, for every direction: $\sum \bar y\, \delta y = \langle
# dL/dW, \delta W \rangle$. Rounding alone may part them.


# %%
def as_reference(weights):
    """Return the network with these weights as `lsnn_core.reference` takes it."""
    W_in, W_rec, W_out = weights
    return reference.Network(
        np.stack([0 * W_in, W_in]), np.stack([0 * W_rec, W_rec]), W_out, np.zeros(K), net.alpha,
        net.rho, net.beta, net.b0, np.zeros(N, int), net.kappa, net.gamma,
    )  # fmt: skip


def as_trace(found):
    """Return a trace of `reference.forward` as `minimal.backward` takes it: a row more."""
    psi = found.slope * found.B
    return tuple(np.vstack([v, 0 * v[:1]]) for v in (found.V, found.b, found.B, found.z, psi))


hard = reference.forward(as_reference(net[:3]), x)
zero = np.zeros(N)
direction = replace(as_reference(toward), alpha=zero, rho=zero, beta=zero, b0=zero)
rest = reference.State.rest(direction)


def dot_product(backward, found=hard):
    """Return the relative difference between a walk backwards and the push forwards."""
    t_y, _ = reference.tangent(as_reference(net[:3]), found, direction, rest, np.zeros((T, N)))
    there, back = np.sum(d_y * t_y), along(backward(net, x, as_trace(found), d_y))
    return float(abs(back - there) / abs(there))


print(f"dot product: relative difference {dot_product(minimal.backward):.1e}")

# %% [markdown]
# ## Check 2: the complex step
#
# The dot product believes (6) on both sides. A second check must not. Put the primitive of $\psi$
# in the place of the step: a smooth network, whose loss has a true derivative, and (9) to (20) must
# be it. A difference $L(W+h) - L(W-h)$ loses digits; a step into the complex plane subtracts
# nothing: $L'(W) = \mathrm{Im}\, L(W + ih)/h$, with $h = 10^{-30}$.


# %%
smooth = reference.forward(as_reference(net[:3]), x, smooth=True)


def complex_step(backward, found=smooth):
    """Return the relative difference between a walk backwards and the derivative itself."""
    h = 1e-30
    weights = [W + 1j * h * t for W, t in zip(net[:3], toward, strict=True)]
    y = reference.forward(as_reference(weights), x, smooth=True).y
    there, back = np.sum(d_y * y).imag / h, along(backward(net, x, as_trace(found), d_y))
    return float(abs(back - there) / abs(there))


print(f"complex step: relative difference {complex_step(minimal.backward):.1e}")

# %% [markdown]
# ## Mistakes, planted
#
# A check that has never failed has shown nothing. So we take the source of `minimal.backward`,
# spoil one line, and look. Each of these mistakes has been made by somebody.

# %%
MISTAKES = {
    "(11) no recurrent path": ("gz = gz + net.W_rec @ d_I[t + 1]", "gz = gz + 0"),
    "(11) transposed": ("net.W_rec @ d_I[t + 1]", "net.W_rec.T @ d_I[t + 1]"),
    "(12) no adaptation path": ("gz = gz + (1 - net.rho) * d_b[t + 1]", "gz = gz + 0"),
    "(13) no reset path": ("gz = gz - B[t] * d_V[t + 1]", "gz = gz - 0"),
    "(14) no division by B": ("gz * psi[t] / B[t]  #", "gz * psi[t]  #"),
    "(15) threshold's part in the reset": (" - z[t] * d_V[t + 1]", ""),
    "(16) beta forgotten": ("+ net.beta * d_B", "+ d_B"),
    "(17) gain forgotten": ("(1 - net.alpha) * d_V[t]", "d_V[t]"),
    "(18) delay off by one": ("np.outer(x[t], d_I[t + 1])", "np.outer(x[t], d_I[t])"),
}


def spoilt(old, new):
    """Return `minimal.backward` with one piece of its text replaced."""
    source = inspect.getsource(minimal.backward)
    assert source.count(old) == 1
    names = dict(vars(minimal))
    exec(source.replace(old, new), names)
    return names["backward"]


caught = {
    name: (dot_product(spoilt(*change)), complex_step(spoilt(*change)))
    for name, change in MISTAKES.items()
}
for name, errors in caught.items():
    print(f"{name:36} dot product {errors[0]:.0e}, complex step {errors[1]:.0e}")

# %%
with picture("lesson4-mistakes", height_in=2.5) as fig:
    ax = fig.subplots()
    rows = {"as it is": (dot_product(minimal.backward), complex_step(minimal.backward)), **caught}
    for k, (label, colour) in enumerate((("dot product", "R_E"), ("complex step", "A"))):
        errors = [max(pair[k], 1e-17) for pair in rows.values()]
        ax.plot(errors, np.arange(len(rows)), "os"[k], color=PALETTE[colour], label=label)
    ax.axvline(1e-10, color=PALETTE["context"], linestyle=":")
    ax.set(xscale="log", xlabel="relative difference", yticks=range(len(rows)))
    ax.set_yticklabels(rows)
    ax.invert_yaxis()
    ax.legend(loc="center left", bbox_to_anchor=(0.02, 0.6))

# %% [markdown]
# Between what rounding does and what a mistake does lie ten powers of ten. Some mistakes change the
# gradient by little; a tolerance of a per cent would let them through.
#
# Each check has a blind spot. Double $\psi$ on the way forwards, and both walks of the dot product
# believe it.

# %%
doubled = [replace(found, slope=2 * found.slope) for found in (hard, smooth)]
blind = dot_product(minimal.backward, doubled[0]), complex_step(minimal.backward, doubled[1])
print(f"psi doubled: dot product {blind[0]:.1e}, complex step {blind[1]:.1e}")

# %% [markdown]
# `lsnn gradcheck` shows all this for the program's own kernels, with more checks and mistakes.
# ## Exercises
#
# 1. For a simple smooth function, compare $(f(a+h)-f(a-h))/2h$ with the complex step for $h$ from
#    $10^{-1}$ to $10^{-15}$. Where is the difference best, and how good is it?
# 2. A mistake that neither check with *this* direction sees: find a wrong line that changes the
#    gradient of one weight only, and a direction that does not contain it. What follows for a test?
# 3. Leave out the reset path (13) on purpose, as much published code does. How large is the cosine
#    between that gradient and the exact one?
#
# Solutions: `analysis/lessons/solutions/lesson4_is_it_right.py`.
