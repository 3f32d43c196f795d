# %% [markdown]
# # Lesson 3. The adjoint of three neurons over five steps
#
# Backpropagation through time is a bookkeeper's work: how much would the loss change if this number
# had been a little larger? We ask it of every number of a very small network, from the last step to
# the first, on paper; then the program must agree to the last digit.

# %%
import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core import reference
from lsnn_core.reference import minimal

# %% [markdown]
# ## Forwards
#
# A chain: one input, neuron 1, neuron 2 (which adapts), neuron 3, one readout. The decays are round
# numbers, so that a pencil will do. The input fires at steps 0 and 1.

# %%
alpha, rho, kappa, gamma = 0.5, 0.9, 0.5, 0.3
w_in, w_12, w_23, w_out = 2.6, 2.4, 2.3, 1.0
net = minimal.Net(
    W_in=np.array([[w_in, 0, 0]]),
    W_rec=np.array([[0, w_12, 0], [0, 0, w_23], [0, 0, 0]]),
    W_out=np.array([[0], [0], [w_out]]),
    alpha=np.full(3, alpha), rho=np.full(3, rho), beta=np.array([0.0, 4.0, 0.0]),
    b0=np.ones(3), kappa=kappa, gamma=gamma,
)  # fmt: skip
x = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
y, trace = minimal.forward(net, x)
V, _, B, z, psi = (values[:5] for values in trace)
print("step     V_1    V_2    V_3      B_2    spikes     y")
for t in range(5):
    potentials = "  ".join(f"{v:5.2f}" for v in V[t])
    print(f"  {t}    {potentials}    {B[t, 1]:5.2f}    {z[t].astype(int)}    {y[t, 0]:.2f}")

# %% [markdown]
# Neuron 1 fires at step 1, neuron 2 at step 2, neuron 3 at step 3: each spike takes one step to the
# next neuron. Let the "loss" be the readout at the end, $L = y^4$, and ask of every number what it
# did to it. A bar over a quantity is $dL/d$ of it.
#
# ## Backwards, with a pencil
#
# **Step 4.** $\bar y^4 = 1$, so $\bar u^4 = 1$ by (9). Neuron 3 could have raised the readout by a
# spike now: $\bar z_3 = (1-\kappa)\, w_{out}$ by (10). But $V_3$ is far below the threshold,
# $\psi_3^4 = 0$, and by (14) nothing reaches $\bar V_3^4$.

# %%
u4 = 1.0  # (9)
z3_4 = (1 - kappa) * w_out * u4  # (10)
V3_4 = z3_4 * psi[4, 2] / B[4, 2]  # (14)
print(f"psi_3 = {psi[4, 2]:.3f}, dL/dV_3 = {V3_4:.3f}")

# %% [markdown]
# **Step 3.** The readout's memory: $\bar u^3 = \kappa\, \bar u^4$. Neuron 3 fired here, near its
# threshold, so $\psi_3^3 > 0$. Its reset, (13), carries $-B\, \bar V_3^4$, which is nothing.

# %%
u3 = kappa * u4  # (9)
z3_3 = (1 - kappa) * w_out * u3 - B[3, 2] * V3_4  # (10), (13)
V3_3 = alpha * V3_4 + z3_3 * psi[3, 2] / B[3, 2]  # (14)
print(f"psi_3 = {psi[3, 2]:.3f}, dL/dV_3 = {V3_3:.6f}")

# %% [markdown]
# **Step 2.** Neuron 2 fired, and its spike reached neuron 3 one step later: (11) with (17). It has
# a threshold that can move, so (15) and (16) come in: a higher threshold would have made the spike
# less likely, and that is a negative number.

# %%
z2_2 = w_23 * (1 - alpha) * V3_3  # (11), (17)
V2_2 = z2_2 * psi[2, 1] / B[2, 1]  # (14)
B2_2 = -z2_2 * psi[2, 1] * V[2, 1] / B[2, 1] ** 2  # (15)
b2_2 = 4.0 * B2_2  # (16), beta = 4
print(f"dL/dV_2 = {V2_2:.6f}, dL/db_2 = {b2_2:.6f}")

# %% [markdown]
# **Step 1.** Neuron 1 fired; its spike reached neuron 2. And look at the two memories of neuron 2,
# one step further back. Its potential keeps half of the error, $\alpha = 0.5$; its adaptation keeps
# nine tenths.

# %%
z1_1 = w_12 * (1 - alpha) * V2_2  # (11), (17)
V1_1 = z1_1 * psi[1, 0] / B[1, 0]  # (14)
V2_1, b2_1 = alpha * V2_2, rho * b2_2  # (14) and (16), where psi = 0
d_w_in = x[0, 0] * (1 - alpha) * V1_1  # (18): the spike of step 0 arrived at step 1
print(f"dL/dV_1 = {V1_1:.6f}; dL/dV_2 = {V2_1:.6f}, dL/db_2 = {b2_1:.6f}; dL/dw_in = {d_w_in:.6f}")

# %% [markdown]
# ## The program agrees
#
# `reference.adjoint` walks any network back and keeps what flows, if asked.

# %%
ref = reference.Network(
    W_in=np.stack([0 * net.W_in, net.W_in]),  # one matrix for each delay: none of 0, all of 1 step
    W_rec=np.stack([0 * net.W_rec, net.W_rec]),
    W_out=net.W_out, b_out=np.zeros(1), alpha=net.alpha, rho=net.rho, beta=net.beta, b0=net.b0,
    n_ref=np.zeros(3, int), kappa=kappa, gamma=gamma,
)  # fmt: skip
d_y = np.zeros((5, 1))
d_y[4] = 1.0
gradient = reference.adjoint(ref, reference.forward(ref, x), d_y, record=True)
record = gradient.record
by_hand = np.array([V3_4, V3_3, V2_2, V1_1, V2_1, b2_2, b2_1, d_w_in])
by_program = np.array(
    [*record.d_V[[4, 3, 2, 1, 1], [2, 2, 1, 0, 1]], *record.d_b[[2, 1], 1], gradient.W_in[1, 0, 0]]
)
print(f"largest difference between pencil and program: {np.abs(by_hand - by_program).max():.1e}")
assert np.abs(by_hand - by_program).max() < 1e-15
assert abs(minimal.backward(net, x, trace, d_y)[0][0, 0] - d_w_in) < 1e-15

# %%
with picture("lesson3-three-neurons", height_in=2.5) as fig:
    left, right = fig.subplots(1, 2)
    links = [((1, 1), (2, 2), w_12), ((2, 2), (3, 3), w_23)]
    for ax, title in ((left, "forwards: $V$, and spikes"), (right, "backwards: $dL/dV$ (x 1000)")):
        for j in (1, 2, 3):
            ax.axhline(j, color=PALETTE["context"], linewidth=0.5, zorder=0)
        ax.set(xlim=(-0.5, 4.6), ylim=(3.6, 0.5), xticks=range(5), yticks=[1, 2, 3])
        ax.set(xlabel="step", title=title)
    left.set_ylabel("neuron")
    for t, j in np.ndindex(5, 3):
        colour = (PALETTE["R_E"], PALETTE["A"], PALETTE["R_E"])[j]
        left.plot(t, j + 1, "o", color=colour if z[t, j] else "white", markersize=17, zorder=2)
        ink = "white" if z[t, j] else PALETTE["X"]
        left.text(t, j + 1, f"{V[t, j]:.2f}", color=ink, ha="center", va="center", fontsize=6)
        d = record.d_V[t, j]
        share = abs(d) / np.abs(record.d_V).max()
        right.plot(
            t, j + 1, "o", color=PALETTE["R_I"], alpha=share, markersize=17, markeredgewidth=0
        )
        ink = PALETTE["X"] if d else PALETTE["context"]
        right.text(t, j + 1, f"{1000 * d:.3g}", color=ink, ha="center", va="center", fontsize=6)
    arrow = {"arrowstyle": "-|>", "shrinkA": 9, "shrinkB": 9, "linewidth": 0.9}
    for start, end, _ in links:
        left.annotate("", end, start, arrowprops={**arrow, "color": PALETTE["X"]})
        right.annotate("", start, end, arrowprops={**arrow, "color": PALETTE["R_I"]})

# %% [markdown]
# Every arrow on the left has one on the right that points back. A connection that carried no spike
# and came near none carries no error either.
#
# ## Exercises
#
# 1. Work out $\bar V_3^2$ with a pencil. The reset, (13), is not nothing there. Why does it not
#    matter, and what is left?
# 2. Set $w_{23}$ to 1.2. Neuron 3 then stays below its threshold and never fires, and $y$ is 0
#    throughout. What becomes of $dL/dw_{in}$? Is it 0?
# 3. There is no connection from neuron 1 to neuron 3: its weight is 0. (19) gives a gradient for it
#    all the same. Compute it with a pencil. What would it be good for?
#
# Solutions: `analysis/lessons/solutions/lesson3_adjoint.py`.
