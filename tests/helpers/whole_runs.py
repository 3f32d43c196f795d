"""Made-up runs with all that figures read: network, rewiring, ages, memory, test scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.helpers.run_files import N_IN, N_OUT, N_REGULAR, a_run, series

CONFIG = """
name = "{recipe}"
seed = {seed}
[task]
name = "{task}"
code = "threshold-crossing"
steps_per_pixel = 1
[network]
model = "{model}"
n_regular = {n_regular}
n_adaptive = {n_adaptive}
connectivity = {connectivity}
delays = {delays}
dale = {dale}
tau_m_ms = 20.0
tau_a_ms = 700.0
beta = 1.8
b0 = 0.01
n_ref = 5
[loss]
rate_target_hz = 10.0
[training]
iterations = {iterations}
batch = {batch}
lr = 0.01
lr_schedule = "step"
lr_decay = 0.8
lr_decay_every = 2500
[rewiring]
policy = "{policy}"
"""


def whole_run(recipe: str = "smnist-deepr", seed: int = 1, **options: Any) -> dict[str, Any]:
    """Return the tree of a run of `recipe`, with settings of the paper's network by default.

    `task`, `accuracy`, `n_adaptive`, `n_iterations`, and of the settings `delays`, `batch` and
    `iterations` can be given, too.
    """
    task, accuracy = options.pop("task", "smnist"), options.pop("accuracy", None)
    rewired, adaptive = "deepr" in recipe, "lif" not in recipe
    policy = "deep-r" if rewired else "none"
    n_adaptive = options.pop("n_adaptive", 100 if adaptive else 0)
    n_iterations = options.pop("n_iterations", 40)
    tree = a_run(
        seed, n_iterations=n_iterations, n_adaptive=n_adaptive, signed=rewired, policy=policy
    )
    rng = np.random.default_rng(seed)
    n = N_REGULAR + n_adaptive
    tree["config"] = CONFIG.format(
        recipe=recipe, seed=seed, task=task, model="lsnn", n_adaptive=n_adaptive, policy=policy,
        n_regular=220 - n_adaptive, connectivity=0.12 if rewired else 1.0,
        dale="true" if rewired else "false",
        delays=options.pop("delays", 10), batch=options.pop("batch", 64),
        iterations=options.pop("iterations", 36000),
    )  # fmt: skip
    tree["neurons"] |= {
        "beta": np.where(np.arange(n) < N_REGULAR, 0.0, 1.8),
        "tau_a_ms": np.full(n, 700.0),
    }
    tree["weights"] = {
        "W_in": _matrix(rng, N_IN, n),
        "W_rec": _matrix(rng, n, n, autapses=False),
        "W_out": _matrix(rng, n, N_OUT),
    }
    if accuracy is not None:
        tree["metrics"]["test"]["accuracy"] = series(np.array([n_iterations]), np.array([accuracy]))
    tree["recordings"]["memory"] = _memory(rng, n_adaptive)
    _add_training(tree, rng, n_iterations, rewired)
    return tree


def learn_constants(tree: dict[str, Any], learn: Sequence[str]) -> dict[str, Any]:
    """Let a made-up run have learned constants of its neurons: change and return its tree."""
    rng, n = np.random.default_rng(5), tree["neurons"]["sign"].size
    neurons = tree["neurons"]
    neurons |= {"tau_m_ms": np.full(n, 20.0), "b0": np.full(n, 0.01)}
    neurons["initial"] = {}
    step = tree["metrics"]["train"]["loss"]["step"][::10]
    for name in learn:
        stored = f"{name}_ms" if name.startswith("tau") else name
        before = neurons[stored]
        neurons["initial"][stored] = before.copy()
        neurons[stored] = before * rng.lognormal(0.2, 0.3, n)
        for percent in (5, 50, 95):
            end = np.percentile(neurons[stored][-1:], percent)
            course = np.linspace(before[-1], end, step.size) * (1 + (percent - 50) / 100)
            unit = stored.removeprefix(name)
            tree["metrics"]["train"][f"{name}_p{percent}{unit}"] = series(step, course)
    return tree


def rate_run(recipe: str, seed: int = 1, accuracy: float = 0.5) -> dict[str, Any]:
    """Return the tree of a run of an RNN or LSTM: scores, and nothing that spikes."""
    tree = whole_run("smnist-lif", seed, accuracy=accuracy)
    config = tree["config"].replace("smnist-lif", recipe).replace('"lsnn"', '"lstm"')
    train = {k: v for k, v in tree["metrics"]["train"].items() if k in ("loss", "accuracy")}
    return {"config": config, "metrics": tree["metrics"] | {"train": train}}


def _matrix(
    rng: np.random.Generator, rows: int, columns: int, *, autapses: bool = True
) -> dict[str, Any]:
    there = rng.random((rows, columns)) < 0.12
    if not autapses:
        np.fill_diagonal(there, False)
    source, target = np.nonzero(there)
    return {
        "shape": (rows, columns),
        "indptr": np.concatenate([[0], np.cumsum(np.bincount(source, minlength=rows))]),
        "indices": target.astype(np.int32),
        "data": rng.lognormal(-2, 1, source.size).astype(np.float32),
        "delay": np.ones(source.size, np.int32),
        "sign": np.ones(source.size, np.int8),
    }


def _add_training(
    tree: dict[str, Any], rng: np.random.Generator, n_iterations: int, rewired: bool
) -> None:
    """Add gradient norms, and what one sees of rewiring: drops by matrix, and ages."""
    step = np.arange(1, n_iterations + 1)
    total = 0
    for name, matrix in tree["weights"].items():
        tree["metrics"]["train"][f"gradient_norm_{name}"] = series(
            step[::10], rng.lognormal(-2, 0.5, step[::10].size)
        )
        count = matrix["indices"].size
        total += count
        if rewired:
            rows, columns = matrix["shape"]
            sites = rows * columns - (rows if name == "W_rec" else 0)
            tree["rewiring"][f"connectivity_{name}"] = series(
                step, np.full(n_iterations, count / sites)
            )
            tree["rewiring"][f"dropped_{name}"] = series(step, rng.poisson(30, n_iterations))
    tree["resume"] = {"list_age": rng.integers(0, n_iterations + 1, total)}


def _memory(rng: np.random.Generator, n_adaptive: int) -> dict[str, np.ndarray]:
    lag = np.arange(30)[:, None] - np.arange(28)
    memory: dict[str, np.ndarray] = {"time_ms": 28.0 * np.arange(1, 31)}
    sources = {"R": 3.0, "A": 4.0, "B": 20.0} if n_adaptive else {"R": 3.0}
    for source, decay in sources.items():
        ink = np.where(lag < 0, 0.05, 0.9 * np.exp(-np.maximum(lag, 0) / decay))
        ink[:, :3] = np.nan
        memory[f"ink_{source}"] = ink.astype(np.float32)
        memory[f"class_{source}"] = np.linspace(0.1, 0.6, 30, dtype=np.float32)
        memory[f"correlation_{source}"] = np.exp(-np.arange(30) / decay).astype(np.float32)
    return memory
