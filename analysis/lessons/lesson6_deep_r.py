# %% [markdown]
# # Lesson 6. DEEP R, connection by connection
#
# Brains and chips have few connections, and have to choose which. DEEP R trains a network with the
# same small number of connections at every moment: those that shrink to nothing are dropped, and as
# many are drawn anew, anywhere. (Derivation, section 6.) Here we follow every single one.

# %%
import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core import LSNN, DeepR, Layout, NeuronParameters, initial_connections

N_IN, N, T, READ = 20, 40, 220, 200

# %% [markdown]
# ## The task
#
# Which half of ten inputs was busy in the first 50 ms? To be told at 200 ms. Inputs 10 to 19 are
# busy, too, but know nothing: a network with few connections had better not spend them there.

# %%
rng = np.random.default_rng(2)


def batch(size):
    """Return spikes (T, size, 20), and which half of the first ten inputs was busy."""
    label = rng.integers(0, 2, size)
    rate = np.full((T, size, N_IN), 0.01)
    rate[:50, :, :10] = 0.15 * ((np.arange(10) >= 5) == label[:, None])
    rate[:, :, 10:] = 0.05
    return rng.random(rate.shape) < rate, label


layout = Layout(n_in=N_IN, n=N, n_out=2)
connections = initial_connections(
    layout, 0.1, n_delays=10, source_sign=None, seed=1, signed=True
)  # each has a sign that it keeps
neurons = NeuronParameters.create(n_regular=20, n_adaptive=20, tau_a_ms=300.0)
net = LSNN(connections, neurons, b_out=np.zeros(2))
MATRICES, SITES = ("W_in", "W_rec", "W_out"), np.array([N_IN * N, N * N - N, 2 * N])
print({name: connections.count(name) for name in MATRICES}, "of", SITES.tolist())

# %% [markdown]
# ## Training, with a diary
#
# In every iteration each connection takes a step of Adam and is pulled towards zero, by $l_1$.
# Where its strength $\theta = |w|$ would fall below zero, it is gone. `deep_r.rewired` tells which
# went and which came; `origin` says where each one of the list was before. So each gets a number
# for life.

# %%
deep_r = DeepR(lr=0.01, l1=0.2, clip_norm=1.0, seed=1)
life, total = np.arange(len(connections)), len(connections)
born, died = np.zeros(total, int), np.full(total, -1)
diary, counts, losses = [], [], []  # theta of all, by iteration: arrays of (numbers, strengths)
ITERATIONS = 150
for iteration in range(1, ITERATIONS + 1):
    x, label = batch(64)
    run = net.forward(x)
    loss, d_y = run.cross_entropy(label, READ)
    _, d_z = run.rate_penalty(target_hz=20.0, weight=1.0)
    net = deep_r.step(net, net.backward(run, d_y, d_z))
    origin = deep_r.rewired.origin(len(life))
    died[np.setdiff1d(life, life[origin[origin >= 0]])] = iteration
    n_new = int(np.sum(origin < 0))
    life = np.where(origin >= 0, life[origin], 0)
    life[origin < 0] = np.arange(total, total + n_new)
    born, died = np.append(born, np.full(n_new, iteration)), np.append(died, np.full(n_new, -1))
    total += n_new
    diary.append((life.copy(), np.abs(net.connections.weight)))
    counts.append([net.connections.count(name) for name in MATRICES])
    losses.append(loss)
counts = np.array(counts)
x, label = batch(500)
right = np.mean(net.forward(x).y[READ:].mean(axis=0).argmax(axis=1) == label)
print(f"right {100 * right:.0f} %; connections at any time: {set(counts.sum(axis=1).tolist())}")
assert len(set(counts.sum(axis=1).tolist())) == 1
assert right > 0.9

# %% [markdown]
# ## Lives
#
# How many have lived, and how long?

# %%
alive = died < 0
age = np.where(alive, ITERATIONS, died) - born
newcomers = born > 0
print(
    f"{total} have lived, {alive.sum()} are alive, {(alive & ~newcomers).sum()} of the first ones"
)
median = np.median(age[newcomers & ~alive])
print(f"newcomers: half of those that died had lived for {median:.0f} iterations or less")
assert total == len(life) + np.sum(~alive)

# %%
inputs = net.connections.select("W_in")
told, idle = (np.sum((net.connections.source[inputs] >= 10) == k) for k in (False, True))
print(f"connections from inputs that know: {told}, from those that do not: {idle}")

# %%
with picture("lesson6-deep-r", height_in=4.4) as fig:
    (lives, strengths), (share, who) = fig.subplots(2, 2)
    order = np.argsort(born, kind="stable")[:: max(1, total // 250)]
    ends = np.where(alive, ITERATIONS, died)
    colours = [PALETTE["A"] if alive[k] else PALETTE["R_I"] for k in order]
    rows = np.arange(len(order))
    lives.hlines(rows, born[order], ends[order] + 0.7, colors=colours, linewidth=0.6)
    lives.set(title="lives (green: still there)", ylabel="connection, by birth", yticks=[])
    stayed, went = (np.flatnonzero(newcomers & (age > 8) & kind) for kind in (alive, ~alive))
    for k in (*went[:25], *stayed[:8]):
        path = [(t + 1, w[ids == k][0]) for t, (ids, w) in enumerate(diary) if np.any(ids == k)]
        colour = PALETTE["A"] if alive[k] else PALETTE["R_I"]
        strengths.plot(*zip(*path, strict=True), color=colour, linewidth=0.7)
    strengths.set(title=r"strengths $\theta$ of some newcomers", ylim=(0, None))
    looks = (("in", "X"), ("rec", "R_E"), ("out", "Y"))
    for column, (name, colour) in zip((100 * counts / SITES).T, looks, strict=True):
        share.plot(column, color=PALETTE[colour], label=f"$W_{{{name}}}$")
    share.set(title="connected (%)", ylim=(0, None))
    share.legend(loc="upper left")
    sent = np.bincount(net.connections.source[inputs], minlength=N_IN)
    who.bar(np.arange(N_IN), sent, color=np.repeat([PALETTE["A"], PALETTE["context"]], 10))
    who.set(title="connections from each input", xlabel="input (grey: knows nothing)")
    for ax in (lives, strengths, share):
        ax.set_xlabel("iteration")

# %% [markdown]
# Most newcomers die young: they start at zero, and $l_1$ pulls at them from the first moment. One
# that the gradient wants grows faster than it is pulled, and stays. Nobody computed where a
# connection is needed; many were tried, and the useful ones kept. Lesson 3 had the gradient of a
# connection that is not there: that would be a shorter way, and it would cost as much as a full
# network.
#
# ## Exercises
#
# 1. Set $l_1$ to 0. Is anybody dropped then? Who?
# 2. How strong is the pull: in how many iterations does a connection without any gradient sink from
#    0.1 to 0? Check it by program, on inputs that never fire.
# 3. Forbid rewiring: start with half as many connections (0.05), train them for 250 iterations with
#    `Adam`, and the same ones with `DeepR` (`l1=0.02`). Compare what is right at the end.
#
# Solutions: `analysis/lessons/solutions/lesson6_deep_r.py`.
