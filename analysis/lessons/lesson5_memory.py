# %% [markdown]
# # Lesson 5. Memory
#
# A network can only learn to keep what the gradient still reaches. So the question "how long can it
# remember?" begins as another one: how far back does an error go? We measure it, for three
# networks, and then see which of them learns.

# %%
import numpy as np

from analysis import PALETTE
from analysis.figures.runs import bptt
from analysis.lessons.pictures import picture
from analysis.reading.walk import live_walk
from lsnn_core import (
    LSNN,
    Adam,
    Layout,
    NeuronParameters,
    initial_connections,
    reference,
    reference_network,
)

T, STORE, RECALL, READ = 600, 50, 550, 570  # ms

# %% [markdown]
# ## The task
#
# In the first 50 ms, ten of twenty inputs are busy: which half? Then nothing of it is to be seen.
# After half a second ten other inputs ask, and the network has to tell. Membranes forget in 20 ms:
# of what a potential was at 50 ms, $e^{-25}$ is left when it is asked for.

# %%
rng = np.random.default_rng(2)


def batch(size):
    """Return spikes (T, size, 30) of `size` examples, and which half was busy."""
    label = rng.integers(0, 2, size)
    rate = np.full((T, size, 30), 0.005)  # 5 Hz
    rate[:STORE, :, :20] = 0.1 * ((np.arange(20) >= 10) == label[:, None])
    rate[:, :, 20:] = 0.0
    rate[RECALL:, :, 20:] = 0.1  # the question
    return rng.random(rate.shape) < rate, label


# %% [markdown]
# ## Three networks
#
# Forty neurons each, and equal but for one thing. *LIF*: none adapts; spikes travel for 1 to 10 ms.
# *LSNN*: half of them adapt, with $\tau_a$ = 600 ms. *LIF, long delays*: none adapts, but spikes
# travel for 1 to 150 ms.


# %%
def network(n_adaptive, n_delays, seed=1):
    """Return a network of forty neurons."""
    layout = Layout(n_in=30, n=40, n_out=2)
    connections = initial_connections(layout, 1.0, n_delays=n_delays, source_sign=None, seed=seed)
    neurons = NeuronParameters.create(
        n_regular=40 - n_adaptive, n_adaptive=n_adaptive, tau_a_ms=600.0
    )
    return LSNN(connections, neurons, b_out=np.zeros(2))


KINDS = {"LIF": (0, 10), "LSNN": (20, 10), "LIF, long delays": (0, 150)}
COLOURS = {"LIF": "R_E", "LSNN": "A", "LIF, long delays": "R_I"}

# %% [markdown]
# ## How far back?
#
# Before any training. The loss reads the last 30 ms; $\bar V$ is what (14) carries back to each
# step, and we take its root mean square over neurons and 32 examples. The kernels give it as the
# gradient of a current, by (17).


# %%
def reach(net):
    """Return the norm of dL/dV by the time before the loss reads, as a share of it then."""
    x, label = batch(32)
    run = net.forward(x, current=np.zeros((T, 32, 40)))
    d_I = net.backward(run, run.cross_entropy(label, READ)[1]).current
    norm = np.sqrt(((d_I / (1 - net.neurons.alpha)) ** 2).mean(axis=(1, 2)))[READ::-1]
    return norm / norm[0]


norms = {kind: reach(network(*parts)) for kind, parts in KINDS.items()}
for kind, norm in norms.items():
    left = ", ".join(f"{norm[lag]:.0e}" for lag in (100, 300, 500))
    print(f"{kind:17} left of the gradient after 100, 300, 500 ms: {left}")

# %% [markdown]
# An error goes back by (14), which forgets in $\tau_m$; by (11), from spike to spike, which is
# dampened by $\gamma$ each time and goes back by as many steps as the spike took; and by (16),
# which keeps it for $\tau_a$. LIF neurons have only the first two, and short steps. Where one of
# the others is there, the gradient is, too.
#
# ## Who learns?

# %%


def train(net, iterations=80):
    """Return the trained network, its losses and the share of right answers."""
    adam, losses = Adam(lr=0.01, clip_norm=1.0), []
    for _ in range(iterations):
        x, label = batch(32)
        run = net.forward(x)
        loss, d_y = run.cross_entropy(label, first_step=READ)
        _, d_z = run.rate_penalty(target_hz=20.0, weight=1.0)
        net = adam.step(net, net.backward(run, d_y, d_z))
        losses.append(loss)
    x, label = batch(400)
    return net, losses, np.mean(net.forward(x).y[READ:].mean(axis=0).argmax(axis=1) == label)


trained = {kind: train(network(*parts)) for kind, parts in KINDS.items()}
for kind, (_, losses, right) in trained.items():
    print(f"{kind:17} loss {np.mean(losses[-10:]):.2f} (chance 0.69), right {100 * right:.0f} %")
assert trained["LSNN"][2] > 0.9
assert trained["LIF, long delays"][2] > 0.9
assert trained["LIF"][2] < 0.6

# %%
with picture("lesson5-reach", height_in=2.3) as fig:
    left, right = fig.subplots(1, 2)
    for kind, norm in norms.items():
        left.plot(np.maximum(norm, 1e-30), color=PALETTE[COLOURS[kind]], label=kind)
        right.plot(trained[kind][1], color=PALETTE[COLOURS[kind]], label=kind)
    left.set(yscale="log", ylim=(1e-5, 10), title="before training: what is left of $dL/dV$")
    left.set(xlabel="time before the loss reads (ms)")
    left.invert_xaxis()
    right.set(xlabel="iteration", title="loss", ylim=(0, None))
    left.legend(loc="lower right")

# %% [markdown]
# The LIF network does not learn badly: it does not learn. The LSNN keeps the answer in its
# thresholds. The third keeps it in spikes under way, which hand it on to each other: memory by
# delay lines. Whoever shows that a network remembers has to say by what, and show the control.
#
# ## The gradient on its way
#
# One example of the trained LSNN, walked forwards and back by the reference. (For a trained run of
# yours: `lsnn figure bptt RUN.h5`.)

# %%
ref = reference_network(trained["LSNN"][0])
x, label = batch(1)
trace = reference.forward(ref, x[:, 0].astype(float))
d_y = np.zeros((T, 2))
d_y[READ:] = np.where(np.arange(2) == label, -1.0, 1.0)
record = reference.adjoint(ref, trace, d_y, record=True).record
walk = live_walk(ref, trace, record, READ, eprop=reference.local_adjoint(ref, trace, d_y).record)
with picture("lesson5-bptt", height_in=bptt.sheet(walk).height_in(5.5)) as fig:
    bptt.figure.compose(fig, walk)

# %% [markdown]
# Read it from the right. $dL/dV$ lights up where $\psi$ is bright, and goes out within tens of
# milliseconds; $dL/db$ crosses the silence, and reaches the first 50 ms, where the weights that
# matter are. E-prop's error (dashed), which may not pass from neuron to neuron, is lost in R, and
# kept in A: locality costs little where the neuron itself remembers.
#
# ## Exercises
#
# 1. How much of $\bar b$ is left after 500 ms in a neuron of $\tau_a$ = 600 ms that neither fires
#    nor comes near its threshold? And of $\bar V$? Use (14) and (16), then the measured curves.
# 2. Find by trying for how long a network with $\tau_a$ = 60 ms learns this task: let the question
#    come after 100, 200 and 500 ms.
# 3. Stop the trained LSNN at 60, 350 and 545 ms and exchange two things between examples before it
#    goes on: its adaptation $b$ alone, or all but $b$. Whose answer does it give, and so, where is
#    the answer at these times? (`run.final` is the state.)
#
# Solutions: `analysis/lessons/solutions/lesson5_memory.py`.
