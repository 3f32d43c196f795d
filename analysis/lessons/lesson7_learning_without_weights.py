# %% [markdown]
# # Lesson 7. A network that learns a sinus without changing a weight
#
# Learning is changing weights: so far. Here is a network that was trained, by BPTT as in lesson 5,
# on thousands of sinus functions, each for two seconds. Its weights are final. It now meets a
# function that it has never seen, and learns it. Where does it put what it learns?

# %%
import numpy as np

from analysis import PALETTE
from analysis.commands.gallery import IN_CLONE, WHERE
from analysis.lessons.pictures import picture
from lsnn_core import LSNN
from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from tasks.l2l.episodes import Episodes
from tasks.l2l.probe import internal_model

run_file = IN_CLONE / "l2l-sine-regular-1.h5"
assert run_file.exists(), f"the trained network is {WHERE}"
net = LSNN.from_run(run_file)
code = make_task(configure("l2l-sine-regular")).code
print(f"{net.neurons.n} neurons, {len(net.connections):,} weights")
before = net.connections.weight.copy()

# %% [markdown]
# ## An episode
#
# A function $A \sin(x + \varphi)$ is drawn and not told. Every 20 ms the network is shown an $x$,
# and the true value at the $x$ before; it answers with its guess for this $x$. There is no loss,
# no gradient, no optimiser.


# %%
def episodes(amplitude, phase, examples=100, seed=1):
    """Return an episode for each amplitude and phase, its examples drawn at random."""
    rng = np.random.default_rng(seed)
    functions = np.column_stack([amplitude, phase]).astype(float)
    x = rng.uniform(-5, 5, (len(functions), examples, 1))
    keys = rng.integers(0, 2**64, len(functions), np.uint64)
    return Episodes(functions, x, code.family.evaluate(functions, x), keys)


def guesses(which):
    """Return the network's guesses, (episodes, examples)."""
    spikes = code.events(which).to_dense(code.n_in)
    return code.guesses(net.forward(spikes).y.transpose(0, 2, 1))


# %% [markdown]
# ## Sixteen functions that it has never seen
#
# Its squared error, example by example. To compare: somebody who always says 0, and the best
# straight line through all examples of the episode, the ones to come included.

# %%
rng = np.random.default_rng(7)
new = episodes(rng.uniform(0.1, 5, 16), rng.uniform(0, 2 * np.pi, 16))
error = (guesses(new) - new.target) ** 2
of_zero = float(np.mean(new.target**2))
lines = [
    np.polyval(np.polyfit(x[:, 0], y, 1), x[:, 0]) for x, y in zip(new.x, new.target, strict=True)
]
of_line = float(np.mean((np.array(lines) - new.target) ** 2))
print(f"mean squared error: always 0 {of_zero:.2f}, best line {of_line:.2f}")
print(f"network: example 1 {error[:, 0].mean():.2f}, 11 to 100 {error[:, 10:].mean():.3f}")
assert error[:, 10:].mean() < 0.1 * of_line

# %% [markdown]
# ## What does it believe?
#
# In the middle of an episode we copy its state, ask each copy for another $x$, and throw the copies
# away: the whole function that it expects now. We do it after 1, 2, 5 and 20 examples.

# %%
one = episodes([4.0], [1.0], seed=3)
grid, after = np.linspace(-5, 5, 41), (1, 2, 5, 20)
believed = internal_model(code, net, one, after, grid[:, None])[0]
truth = code.family.evaluate(one.functions, grid[None, :, None])[0]
off = np.sqrt(np.mean((believed - truth) ** 2, axis=1))
print("off by", {k: f"{value:.2f}" for k, value in zip(after, off, strict=True)})
assert off[-1] < 0.5 * off[0]
assert np.array_equal(net.connections.weight, before)
print("weights changed: none")

# %%
with picture("lesson7-sinus", height_in=3.6) as fig:
    above, below = fig.subfigures(2, 1)
    axes = above.subplots(1, 4, sharey=True)
    for ax, k, guess in zip(axes, after, believed, strict=True):
        ax.plot(grid, truth, color=PALETTE["context"], linewidth=2.5)
        ax.plot(grid, guess, color=PALETTE["A"])
        ax.plot(one.x[0, :k], one.target[0, :k], "o", color=PALETTE["X"], markersize=2.5)
        ax.set(title=f"after {k}", xlabel="$x$", xticks=[-5, 0, 5])
    axes[0].set_ylabel("expected")
    ax = below.subplots()
    ax.plot(np.arange(1, 101), error.mean(axis=0), color=PALETTE["A"], label="the network")
    ax.axhline(of_zero, color=PALETTE["context"], label="always 0")
    ax.axhline(of_line, color=PALETTE["X"], linestyle=":", label="best line")
    ax.set(yscale="log", xlabel="example", ylabel="squared error", xlim=(1, 100))
    ax.legend(loc="center right")

# %% [markdown]
# Grey: the function; dots: what was shown; green: what the network expects. After one or two dots
# it already draws a sinus: that functions are sinus functions is in its weights, from training.
# Which one this is, is in its state: in spikes under way, and above all in thresholds, as in lesson
# 5.
#
# So there are two learners. BPTT, slow, over thousands of functions, wrote a learning rule into
# weights. That rule, fast, by spikes alone, learns each function in a tenth of a second.
#
# ## Exercises
#
# 1. How many examples until the mean error is less than a tenth of that of "always 0"? How long is
#    that, in ms? And in updates of weights?
# 2. Show it a straight line, $y = x$, for 100 examples. What does it expect: the line, or a sinus?
# 3. Two episodes with the same $x$ and two functions. After 50 examples exchange their adaptation
#    $b$ and go on, each with its own function. What do the next few guesses look like?
#
# Solutions: `analysis/lessons/solutions/lesson7_learning_without_weights.py`.
