# %% [markdown]
# # Lesson 7, solutions

# %%
from dataclasses import replace

import numpy as np

from analysis.commands.gallery import IN_CLONE
from lsnn_core import LSNN
from lsnn_core.config.recipes import configure
from lsnn_core.learning.models import make_task
from tasks.l2l.episodes import Episodes
from tasks.l2l.probe import internal_model

net = LSNN.from_run(IN_CLONE / "l2l-sine-regular-1.h5")
code = make_task(configure("l2l-sine-regular")).code
rng = np.random.default_rng(7)


def guesses(which):
    """Return the network's guesses, (episodes, examples)."""
    spikes = code.events(which).to_dense(code.n_in)
    return code.guesses(net.forward(spikes).y.transpose(0, 2, 1))


# %% [markdown]
# **1.** Four: at 20 ms each, less than a tenth of a second. In updates of weights: none.

# %%
functions = np.column_stack([rng.uniform(0.1, 5, 64), rng.uniform(0, 2 * np.pi, 64)])
x = rng.uniform(-5, 5, (64, 100, 1))
keys = rng.integers(0, 2**64, 64, np.uint64)
target = code.family.evaluate(functions, x)
parts = [Episodes(functions, x, target, keys).part(k, k + 16) for k in range(0, 64, 16)]
error = np.concatenate([(guesses(part) - part.target) ** 2 for part in parts]).mean(axis=0)
needed = 1 + int(np.argmax(error < 0.1 * np.mean(target**2)))
print(f"{needed} examples, {20 * needed} ms")
assert 2 <= needed <= 8

# %% [markdown]
# **2.** A sinus, or something like it: straight lines have no place in its weights. It fits the
# line it is shown less well than a line would, and expects it to bend.

# %%
x = rng.uniform(-5, 5, (1, 100, 1))
line = Episodes(np.zeros((1, 2)), x, x[:, :, 0], keys[:1])
grid = np.linspace(-5, 5, 41)
model = internal_model(code, net, line, (100,), grid[:, None])[0, 0]


def left(*basis):
    """Return what is left of the model's variance after the best fit of some functions."""
    basis = np.stack(basis, axis=1)
    fit = basis @ np.linalg.lstsq(basis, model, rcond=None)[0]
    return float(np.mean((model - fit) ** 2) / np.var(model))


of_line, of_sinus = left(grid, np.ones(41)), left(np.sin(grid), np.cos(grid))
print(f"not explained by a line {100 * of_line:.0f} %, by a sinus {100 * of_sinus:.0f} %")
assert of_sinus < of_line

# %% [markdown]
# **3.** They are guesses for the other function: what was learned went with the thresholds. Then
# the network sees its own function again and learns it back.

# %%
functions = np.array([[4.0, 0.5], [4.0, 0.5 + np.pi]])
x = np.repeat(rng.uniform(-5, 5, (1, 100, 1)), 2, axis=0)
pair = Episodes(functions, x, code.family.evaluate(functions, x), keys[:2])
spikes = code.events(pair).to_dense(code.n_in)
state = net.forward(spikes[:1000]).final
swapped = replace(state, b=state.b[::-1].copy())
own, moved = (
    code.guesses(net.forward(spikes[1000:], initial=s).y.transpose(0, 2, 1))
    for s in (state, swapped)
)
truth = pair.target[:, 50:]


def off(values, from_, to):
    """Return the mean squared error of guesses on some examples."""
    return float(np.mean((values - truth)[:, from_:to] ** 2))


print(f"error of the next 3 guesses: {off(own, 0, 3):.2f}, exchanged {off(moved, 0, 3):.2f}")
print(f"of guesses 41 to 50: {off(own, 40, 50):.2f}, exchanged {off(moved, 40, 50):.2f}")
assert off(moved, 0, 3) > 5 * off(own, 0, 3)
assert off(moved, 40, 50) < 0.5 * off(moved, 0, 3)
