# %% [markdown]
# # Lesson 1. One neuron, by hand
#
# A neuron of this model is five numbers and one line of arithmetic for each. We take one neuron,
# one input, and a pencil. At the end the program must say what the pencil says.
#
# Numbers in brackets, such as (4), are those of the equations in
# `lsnn_core/reference/DERIVATION.md`. The code of `lsnn_core/reference/minimal.py` carries the
# same.

# %%
import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core.reference import minimal

# %% [markdown]
# ## The neuron
#
# Time goes in steps of 1 ms. The membrane forgets with $\tau_m$ = 20 ms: each step keeps the part
# $\alpha = e^{-1/20}$ of what was there. The adaptation forgets with $\tau_a$ = 200 ms and keeps
# $\rho = e^{-1/200}$. We measure all potentials in thresholds: $b^0 = 1$.

# %%
alpha, rho = np.exp(-1 / 20), np.exp(-1 / 200)
w, beta, b0 = 2.0, 80.0, 1.0
print(
    f"alpha = {alpha:.4f}, rho = {rho:.4f}, one spike lifts the threshold by {beta * (1 - rho):.3f}"
)

# %% [markdown]
# ## Three steps with a pencil
#
# The input fires at every step, from step 0 on. A spike needs one step to arrive, so by (1) the
# current is $I^0 = 0$ and then $I^t = w = 2$. The potential follows by (4), as long as the neuron
# has not fired:
#
# $$ V^0 = 0, \qquad V^1 = (1-\alpha)\,w, \qquad V^2 = \alpha V^1 + (1-\alpha)\,w . $$

# %%
V0 = 0.0
V1 = alpha * V0 + (1 - alpha) * w  # (4)
V2 = alpha * V1 + (1 - alpha) * w  # (4)
print(f"by hand: V = {V0:.4f}, {V1:.4f}, {V2:.4f}")

# %% [markdown]
# Go on like that and the sum is geometric: $V^n = w\,(1 - \alpha^n)$. It crosses the threshold
# $b^0$ at the first $n$ with $\alpha^n < 1 - b^0/w$. No simulation is needed to know when.

# %%
first_by_hand = int(np.floor(np.log(1 - b0 / w) / np.log(alpha))) + 1
print(f"by hand: the first spike comes at step {first_by_hand}")

# %% [markdown]
# ## The same by program
#
# `minimal.forward` is (1) to (8), a line each. Our network has one input, one neuron and one
# readout.


# %%
def one_neuron(w, beta, T=400):
    """Return spikes, potential and threshold of one neuron, (T,) each."""
    net = minimal.Net(
        W_in=np.array([[w]]), W_rec=np.zeros((1, 1)), W_out=np.ones((1, 1)),
        alpha=np.array([alpha]), rho=np.array([rho]), beta=np.array([beta]), b0=np.array([b0]),
        kappa=alpha, gamma=0.3,
    )  # fmt: skip
    _, (V, _, B, z, _) = minimal.forward(net, np.ones((T, 1)))
    return z[:T, 0], V[:T, 0], B[:T, 0]


z, V, B = one_neuron(w, beta)
first = int(np.flatnonzero(z)[0])
print(f"by program: V = {V[0]:.4f}, {V[1]:.4f}, {V[2]:.4f}; the first spike comes at step {first}")
assert np.allclose(V[:3], [V0, V1, V2], rtol=0, atol=1e-15)
assert first == first_by_hand

# %% [markdown]
# ## What a spike does
#
# Two things. It lowers the potential, by the height of the threshold: the last term of (4). And it
# lifts the threshold: (2) and (3). The first is over in some 20 ms, the second in some 200.
#
# Compare with a neuron that does not adapt, $\beta = 0$.

# %%
z_lif, V_lif, B_lif = one_neuron(w, beta=0.0)
gaps, gaps_lif = np.diff(np.flatnonzero(z)), np.diff(np.flatnonzero(z_lif))
print(f"{int(z.sum())} spikes with adaptation; steps between them: {gaps.tolist()}")
print(f"{int(z_lif.sum())} spikes without; steps between them: {sorted(set(gaps_lif.tolist()))}")

# %%
with picture("lesson1-one-neuron", height_in=2.9) as fig:
    above, below = fig.subplots(2, 1, sharex=True)
    for ax, (spikes, potential, threshold, name, colour) in zip(
        (above, below),
        (
            (z_lif, V_lif, B_lif, "no adaptation: LIF", PALETTE["R_E"]),
            (z, V, B, "adaptation: ALIF", PALETTE["A"]),
        ),
        strict=True,
    ):
        ax.plot(potential, color=colour, label="potential $V$")
        ax.plot(threshold, color=PALETTE["X"], linewidth=0.8, label="threshold $B$")
        ax.vlines(np.flatnonzero(spikes), 2.6, 2.9, color=colour)
        ax.set(ylabel="in thresholds", ylim=(-0.8, 3.0), xlim=(0, 400))
        ax.set_title(name, loc="left")
    below.set_xlabel("time (ms)")
    below.legend(loc="lower right", ncols=2)

# %% [markdown]
# Ticks at the top are spikes. The input never changes, yet the neuron below fires less and less:
# its threshold tells how much it has fired. That is a memory, and it is there in no synapse and in
# no potential. Lesson 5 is about what it is good for.
#
# ## Exercises
#
# 1. What is the smallest weight $w$ with which this neuron ever fires? Find it on paper, from the
#    formula for $V^n$, then check it by program, a little above and a little below.
# 2. A neuron fires once and never again. After how many steps is its threshold half-way back?
# 3. Let the neuron run for 4,000 steps. Show from (2) that the mean of $b$ over a long time is the
#    firing rate in spikes per step. Check it over the last 2,000 steps. (So $B$ is $b^0 + \beta$
#    times the rate: the threshold measures the neuron's own rate.)
#
# Solutions: `analysis/lessons/solutions/lesson1_one_neuron.py`.
