# %% [markdown]
# # Lesson 8, solutions

# %%
import time

import numpy as np

from lsnn_core import LSNN, Layout, NeuronParameters, initial_connections

T, N_IN, N, K = 200, 80, 220, 10
rng = np.random.default_rng(3)
x = rng.random((T, 16, N_IN)) < 0.03
d_y = rng.standard_normal((T, 16, K)) / T
connections = initial_connections(
    Layout(n_in=N_IN, n=N, n_out=K), 0.12, n_delays=10, source_sign=None, seed=1
)
neurons = NeuronParameters.create(n_regular=120, n_adaptive=100, tau_a_ms=700.0)
net = LSNN(connections, neurons, b_out=np.zeros(K))


def processor_ms(work):
    """Return the processor time of one call, the least of several turns."""
    found = []
    for _ in range(4):
        calls, start = 0, time.process_time()
        while calls == 0 or time.process_time() - start < 0.05:
            work()
            calls += 1
        found.append(1e3 * (time.process_time() - start) / calls)
    return min(found)


# %% [markdown]
# **1.** For a while they differ by rounding alone, a ten-millionth. Then in one example a potential
# is so close to its threshold that rounding decides: a spike more or less, or a step later. From
# there on other spikes follow, and the two runs are different runs. This is why tests of kernels
# compare in double precision, and why equal results here mean equal bits.

# %%
long = rng.random((400, 16, N_IN)) < 0.03
single, double = (net.forward(long, dtype=dtype) for dtype in (np.float32, np.float64))
apart = np.abs(single.y - double.y).max(axis=2)  # (T, 16)
other = np.any(single.z != double.z, axis=2)
first = [int(np.argmax(of_one)) if of_one.any() else -1 for of_one in other.T]
print(f"{int(np.sum(other.any(axis=0)))} of 16 examples part within 400 steps, first at {first}")
size = float(np.abs(double.y).max())
for example, step in enumerate(first):
    before = apart[: step if step >= 0 else None, example]
    assert before.max(initial=0.0) < 1e-4 * size
    if step >= 0:
        assert apart[step:, example].max() > 10 * before.max(initial=0.0)

# %% [markdown]
# **2.** Nearly, while the vector has room: the walk over connections is the same for one example as
# for sixteen, only the neurons that fire in any of them are more.

# %%


def batch_of(n):
    """Run and walk back n examples."""
    run = net.forward(x[:, :n])
    net.backward(run, d_y[:, :n])


cost = {n: processor_ms(lambda n=n: batch_of(n)) for n in (1, 2, 4, 8, 16)}
print({n: f"{ms:.1f} ms" for n, ms in cost.items()})
assert cost[16] < 8 * cost[1]

# %% [markdown]
# **3.** The reference multiplies each matrix at each step, once for every delay, whether anybody
# fired or not. By events a spike is one addition for each of its source's connections.

# %%
z = net.forward(x[:, :1]).z[:, 0]
dense = T * 10 * (N_IN + N) * N
spikes = np.concatenate([x[:, 0].sum(axis=0), z.sum(axis=0)])  # of inputs, of neurons
walked = net.connections.select("W_in"), net.connections.select("W_rec")
reached = np.bincount(net.connections.source[np.concatenate(walked)], minlength=N_IN + N)
events = int(np.sum(spikes * reached[: N_IN + N]))
print(
    f"{dense:,} multiplications against {events:,} additions: {dense / events:,.0f} times as many"
)
assert dense > 200 * events
