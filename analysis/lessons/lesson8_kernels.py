# %% [markdown]
# # Lesson 8. From the reference to the kernels
#
# The sixty lines of `minimal.py` are right, and slow. The kernels that train networks here compute
# the same numbers. What makes them fast is a handful of ideas; we add them one by one, and measure
# what each one buys.

# %%
import time

import numpy as np

from analysis import PALETTE
from analysis.lessons.pictures import picture
from lsnn_core import (
    LSNN,
    Layout,
    NeuronParameters,
    initial_connections,
    reference,
    reference_network,
)

T, N_IN, N, K = 200, 80, 220, 10  # the paper's network for digits, a quarter of a digit's time
rng = np.random.default_rng(3)
x = rng.random((T, 16, N_IN)) < 0.03
d_y = rng.standard_normal((T, 16, K)) / T


def network(connectivity):
    """Return a network with so many of all connections."""
    connections = initial_connections(
        Layout(n_in=N_IN, n=N, n_out=K), connectivity, n_delays=10, source_sign=None, seed=1
    )
    neurons = NeuronParameters.create(n_regular=120, n_adaptive=100, tau_a_ms=700.0)
    return LSNN(connections, neurons, b_out=np.zeros(K))


full, sparse = network(1.0), network(0.12)

# %% [markdown]
# ## The same numbers
#
# Before anything is timed: reference and kernels, one example, in double precision.


# %%
def by_reference(net):
    """Return the readout and the gradient of W_rec, of the first example."""
    ref = reference_network(net)
    trace = reference.forward(ref, x[:, 0].astype(float))
    every_delay = reference.adjoint(ref, trace, d_y[:, 0]).W_rec  # (11, N, N)
    delay = np.maximum(net.connections.delays("W_rec"), 0)  # 0, of which nothing comes: absent
    return trace.y, np.take_along_axis(every_delay, delay[None], axis=0)[0]


def by_kernels(net, n, dtype):
    """Return the same of the kernels, which run `n` examples."""
    run = net.forward(x[:, :n], dtype=dtype)
    return run.y[:, 0], net.backward(run, d_y[:, :n]).W_rec.toarray()


slow, quick = by_reference(full), by_kernels(full, 1, np.float64)
difference = max(np.abs(slow[0] - quick[0]).max(), np.abs(slow[1] - quick[1]).max())
print(f"largest difference between reference and kernels: {difference:.0e}")
assert np.abs(slow[1]).max() > 1e-6
assert difference < 1e-10

# %% [markdown]
# ## The ideas
#
# 0. *The reference*: arrays of NumPy, dense weights, one example.
# 1. *Compiled, by events*: Numba makes machine code of loops; and only a spike sends anything: a
#    neuron that is silent costs nothing on the way there, one with $\psi = 0$ little on the way
#    back.
# 2. *Few connections*: 12 % of them, in lists, as DEEP R keeps them (lesson 6).
# 3. *Lanes*: sixteen examples side by side in one vector. A connection's weight is read once for
#    all.
# 4. *Single precision*: half the memory traffic, twice as many numbers in a vector.
#
# Forwards and backwards, processor time for each example, the least of several turns. All steps
# take their turns one after another, so that whatever else the machine does meets all alike.

# %%
STEPS = {
    "reference": (1, lambda: by_reference(full)),
    "compiled, by events": (1, lambda: by_kernels(full, 1, np.float64)),
    "12 % of connections": (1, lambda: by_kernels(sparse, 1, np.float64)),
    "16 lanes": (16, lambda: by_kernels(sparse, 16, np.float64)),
    "single precision": (16, lambda: by_kernels(sparse, 16, np.float32)),
}


def processor_ms(work, examples):
    """Return the processor time of one call, by example."""
    calls, start = 0, time.process_time()
    while calls == 0 or time.process_time() - start < 0.05:
        work()
        calls += 1
    return 1e3 * (time.process_time() - start) / calls / examples


for _, work in STEPS.values():
    work()  # compile what is not compiled yet
turns = [[processor_ms(work, n) for n, work in STEPS.values()] for _ in range(4)]
cost = np.min(turns, axis=0)
for name, ms, ratio in zip(STEPS, cost, [1.0, *(cost[:-1] / cost[1:])], strict=True):
    print(f"{name:20} {ms:9.2f} ms an example, {ratio:5.1f} times as fast as the line above")
print(f"all together: {cost[0] / cost[-1]:,.0f} times")
assert cost[0] > 20 * cost[1]
assert cost[1] > cost[2]
assert cost[0] > 200 * cost[-1]

# %% [markdown]
# ## Cost follows spikes
#
# If events are what costs, a network that fires more should cost more. We drive it harder and
# harder.

# %%
rates, costs = [], []
for strength in (0.005, 0.01, 0.02, 0.04, 0.08):
    x = rng.random((T, 16, N_IN)) < strength
    rates.append(float(sparse.forward(x).rate_hz.mean()))
    costs.append(min(processor_ms(STEPS["single precision"][1], 16) for _ in range(3)))
    print(f"inputs at {1e3 * strength:.0f} Hz, neurons at {rates[-1]:.0f}: {costs[-1]:.2f} ms")

# %%
with picture("lesson8-kernels", height_in=2.3) as fig:
    left, right = fig.subplots(1, 2, width_ratios=[1.6, 1])
    left.barh(list(STEPS), cost, color=[PALETTE["context"], *[PALETTE["A"]] * 4])
    for row, ms in enumerate(cost):
        left.text(1.3 * ms, row, f"{ms:.3g}", va="center", fontsize=7)
    left.set(xscale="log", xlabel="processor time, ms an example", xlim=(0.1, 8 * cost[0]))
    left.invert_yaxis()
    right.plot(rates, costs, "o-", color=PALETTE["R_E"])
    right.set(xlabel="mean rate (Hz)", ylabel="ms an example", ylim=(0, None), xlim=(0, None))

# %% [markdown]
# Cost follows spikes, but not from zero: each neuron's potential moves at each step, spike or not,
# and in a network as small as this one that is most of the work. In a larger one the spikes are.
#
# None of the ideas changes what is computed; each changes in which order memory is touched. The
# reference stays: it is what the kernels are held against, in tests, to twelve digits. `lsnn bench`
# measures on your machine with more care, and beside other programs.
#
# ## Exercises
#
# 1. Compare readouts in single and in double precision over time, on the same spikes of the input.
#    When do they part, and why so suddenly?
# 2. Is a lane free? Measure the time of a batch of 1, 2, 4, 8 and 16.
# 3. Count instead of measuring: how many multiplications do the currents of one example take in the
#    reference, and how many additions by events over 12 % of the connections?
#
# Solutions: `analysis/lessons/solutions/lesson8_kernels.py`.
