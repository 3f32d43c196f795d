# %% [markdown]
# # Lesson 2. The loss is a staircase
#
# Gradient descent needs a slope. A spiking network has none: this lesson shows the failure first,
# then the cure, and then what the cure is not honest about.

# %%
import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core.reference import minimal

# %% [markdown]
# ## A network and a loss
#
# Ten inputs fire at random. Twenty neurons, half of them adaptive. One readout shall follow a sinus
# for 100 ms; the loss is the mean square of what is missing.


# %%
def network(seed, I=10, N=20, T=100):
    """Return a random network, its input spikes and its target."""
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


def loss(net, x, target):
    """Return the mean squared error."""
    return float(np.mean((minimal.forward(net, x)[0] - target) ** 2))


def psi_gradient(net, x, target):
    """Return the gradient with respect to W_in that psi makes possible: (9) to (18)."""
    y, trace = minimal.forward(net, x)
    return minimal.backward(net, x, trace, 2 * (y - target) / y.size)[0]


net, x, target = network(seed=1)
print(f"loss {loss(net, x, target):.4f}, {minimal.forward(net, x)[1][3].sum():.0f} spikes")

# %% [markdown]
# ## The failure
#
# Take each of the 200 input weights in turn, move it by $10^{-9}$ up and down, and look at the
# loss.

# %%
h = 1e-9
differences = np.zeros(net.W_in.shape)
for place in np.ndindex(*net.W_in.shape):
    step = np.zeros(net.W_in.shape)
    step[place] = h
    up, down = (loss(net._replace(W_in=net.W_in + s * step), x, target) for s in (1, -1))
    differences[place] = (up - down) / (2 * h)
gradient = psi_gradient(net, x, target)
n_zero, n_psi = int(np.sum(differences == 0)), int(np.sum(gradient != 0))
print(f"finite differences that are exactly zero: {n_zero} of {differences.size}")
print(f"entries of psi's gradient that are not zero: {n_psi} of {gradient.size}")

# %% [markdown]
# Zero, to the last bit: no spike moved, and a loss that sees only spikes cannot have changed. By
# (5) a spike is there or not. So the loss is a staircase in every weight before a spike: flat, then
# a jump where some spike comes, goes or moves by a step. The true gradient is 0 on each stair. It
# is not wrong. It is useless.
#
# ## See it
#
# We walk through the space of input weights along one line, and look closer and closer.

# %%
direction = -gradient / np.linalg.norm(gradient)


def along(lengths):
    """Return the loss at these distances along the line."""
    return np.array([loss(net._replace(W_in=net.W_in + s * direction), x, target) for s in lengths])


ranges = (3.0, 0.1, 0.003)
walks = [(s, along(s)) for s in (np.linspace(-r, r, 601) for r in ranges)]
values = [np.unique(v).size for _, v in walks]
print("different values among 601 points:", dict(zip(ranges, values, strict=True)))

# %%
with picture("lesson2-staircase", height_in=2.2) as fig:
    for ax, r, (s, v) in zip(fig.subplots(1, 3), ranges, walks, strict=True):
        ax.plot(s, v, color=PALETTE["R_E"], linewidth=0.9)
        ax.plot(0, loss(net, x, target), "o", color=PALETTE["X"])
        ax.set(xlabel="distance along the line", title=f"$\\pm${r:g}")
        ax.locator_params(nbins=3)
    fig.axes[0].set_ylabel("loss")

# %% [markdown]
# From afar the loss falls. From close by there are stairs, and no slope on any of them.
#
# ## The cure
#
# On the way back, and only there, put a bump in the place of the derivative of the step, as in (6):
# $\psi = \gamma \max(0, 1 - |v|)$ with $v = (V-B)/B$. A neuron near its threshold is treated *as
# if* it were graded: a little more potential, a little more spike. Spikes themselves stay 0 or 1.
#
# Is what comes out of any use? The test that counts: take 100 networks, go a short way (0.3) down
# psi's gradient, and ask the *true* loss. Beside it, the same way up, and the same way anywhere.

# %%
lower = np.zeros(3, int)
for seed in range(100):
    other, x_, target_ = network(seed)
    down = -psi_gradient(other, x_, target_)
    anywhere = np.random.default_rng(1000 + seed).standard_normal(down.shape)
    before = loss(other, x_, target_)
    for k, way in enumerate((down, -down, anywhere)):
        moved = other._replace(W_in=other.W_in + 0.3 * way / np.linalg.norm(way))
        lower[k] += loss(moved, x_, target_) < before
print(f"true loss lower after a step: down {lower[0]}, up {lower[1]}, anywhere {lower[2]} of 100")

# %% [markdown]
# Not always, but far more often than chance; and training is many steps.

# %%
learner, curve = net, []
for _ in range(300):
    curve.append(loss(learner, x, target))
    way = psi_gradient(learner, x, target)
    learner = learner._replace(W_in=learner.W_in - 0.05 * way / np.linalg.norm(way))
print(f"true loss at first {curve[0]:.4f}, mean of the last 50 steps {np.mean(curve[-50:]):.4f}")

# %% [markdown]
# ## What psi lies about
#
# It claims a slope where there is none, and what it claims depends on a constant of our choice. The
# loss knows no $\gamma$; this gradient does. From one neuron to the next (14) multiplies by $\psi$,
# so a path over $k$ spikes carries $\gamma^k$: with $\gamma$ the length changes, and the direction
# turns.

# %%
at = {g: psi_gradient(net._replace(gamma=g), x, target) for g in (0.1, 0.3, 1.0)}
cosine = {
    g: float(np.sum(d * at[0.3]) / np.linalg.norm(d) / np.linalg.norm(at[0.3]))
    for g, d in at.items()
}
for g, d in at.items():
    print(f"gamma {g:.1f}: length {np.linalg.norm(d):.3g}, cosine with gamma 0.3: {cosine[g]:.3f}")

# %% [markdown]
# So it is a *pseudo*-gradient: the exact gradient of another computation, near ours in spirit.
# Lesson 4 shows how it can be checked all the same.
#
# ## Exercises
#
# 1. Readout weights stand behind the spikes, not before them. Is the loss a staircase in them, too?
#    Compare finite differences with (20).
# 2. Find by halving, to $10^{-12}$, where the first stair ends along `direction`. What changes
#    there?
# 3. Give one neuron only inhibition, so that $V < 0$ throughout. What is psi's gradient for its
#    input weights, and what does that mean for a network that falls silent?
#
# Solutions: `analysis/lessons/solutions/lesson2_staircase.py`.
