# %% [markdown]
# # Lesson 3, solutions

# %%
import numpy as np

from lsnn_core import reference
from lsnn_core.reference import minimal

x = np.array([[1.0], [1.0], [0.0], [0.0], [0.0]])
d_y = np.array([[0.0], [0.0], [0.0], [0.0], [1.0]])


def chain(w_23):
    """Return the lesson's network with another weight from neuron 2 to neuron 3."""
    return minimal.Net(
        W_in=np.array([[2.6, 0, 0]]),
        W_rec=np.array([[0, 2.4, 0], [0, 0, w_23], [0, 0, 0]]),
        W_out=np.array([[0], [0], [1.0]]),
        alpha=np.full(3, 0.5), rho=np.full(3, 0.9), beta=np.array([0.0, 4.0, 0.0]),
        b0=np.ones(3), kappa=0.5, gamma=0.3,
    )  # fmt: skip


def recorded(net):
    """Return the reference's gradient with its record."""
    ref = reference.Network(
        np.stack([0 * net.W_in, net.W_in]), np.stack([0 * net.W_rec, net.W_rec]), net.W_out,
        np.zeros(1), net.alpha, net.rho, net.beta, net.b0, np.zeros(3, int), net.kappa, net.gamma,
    )  # fmt: skip
    return reference.adjoint(ref, reference.forward(ref, x), d_y, record=True)


# %% [markdown]
# **1.** From the lesson $\bar V_3^3 = 0.06375$ and $\bar u^2 = 1/4$. So by (10) and (13) $\bar
# z_3^2 = 0.5 \cdot 0.25 - 1 \cdot 0.06375 = 0.06125$: had neuron 3 fired at step 2, it would have
# helped the readout, but its reset would have taken half of that away again. It does not matter,
# since at step 2 its potential is 0 and $\psi_3^2 = 0$. What is left in (14) is the leak: $\bar
# V_3^2 = \alpha \bar V_3^3 = 0.031875$.

# %%
record = recorded(chain(2.3)).record
print(f"dL/dz_3 = {record.gz[2, 2]:.5f}, dL/dV_3 = {record.d_V[2, 2]:.6f} at step 2")
assert abs(record.gz[2, 2] - 0.06125) < 1e-12
assert abs(record.d_V[2, 2] - 0.031875) < 1e-12

# %% [markdown]
# **2.** No. Now $V_3^3 = (1-\alpha)\, 1.2 = 0.6$ and $V_3^4 = 0.3$: no spike, but by (6) $\psi_3^3
# = 0.18$ and $\psi_3^4 = 0.09$. The neuron came near, and a little more would have done it. This is
# how a silent neuron can be taught to speak, as long as it is not too far below. With a pencil, by
# (10), (13) and (14):
#
# $$ \bar V_3^4 = 0.5 \cdot 0.09 = 0.045, \qquad
# \bar V_3^3 = 0.5 \cdot 0.045 + (0.25 - 0.045) \cdot 0.18 = 0.0594 , $$
#
# and the rest of the chain is as it was: $dL/dw_{in}$ changes by the factor
# $(0.0594 \cdot 1.2)/(0.06375 \cdot 2.3)$.

# %%
spoke, silent = (minimal.forward(chain(w), x) for w in (2.3, 1.2))
d_spoke, d_silent = (recorded(chain(w)).W_in[1, 0, 0] for w in (2.3, 1.2))
print(f"y at the end {silent[0][4, 0]}, dL/dw_in {d_silent:.6f} instead of {d_spoke:.6f}")
assert not silent[0].any()
assert abs(d_silent / d_spoke - 0.0594 * 1.2 / (0.06375 * 2.3)) < 1e-12

# %% [markdown]
# **3.** Neuron 1 fired at step 1, and one step later neuron 3 had $\bar I_3^2 = (1-\alpha)\, \bar
# V_3^2 = 0.0159375$. That is the whole sum of (19). The weight itself does not occur in its own
# derivative: it says what a connection *would* do if it were there. A program that wants to grow
# connections where they help most can look at just this; DEEP R, in lesson 6, draws them at random
# instead, and need not compute it.

# %%
d_W_rec = recorded(chain(2.3)).W_rec[1]
print(f"dL/dw_13 = {d_W_rec[0, 2]:.7f}")
assert abs(d_W_rec[0, 2] - 0.0159375) < 1e-12
assert chain(2.3).W_rec[0, 2] == 0
