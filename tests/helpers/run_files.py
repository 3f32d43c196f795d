"""Made-up runs in the tree of a run file, realistic enough to judge a picture by."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from lsnn_core.files import run_attributes, sonata_population, write_tree

N_REGULAR, N_ADAPTIVE, N_IN, N_OUT = 120, 100, 80, 10
N_PIXELS, N_PROMPT = 784, 56


def a_digit() -> np.ndarray:
    """Return a 28x28 image of something like a 7, with soft edges."""
    image = np.zeros((28, 28))
    image[6:9, 7:21] = 1.0
    for row in range(9, 23):
        left = 19 - (row - 9) * 2 // 3
        image[row, left : left + 3] = 1.0
    soft = image.copy()
    soft[1:] += 0.5 * image[:-1]
    soft[:, 1:] += 0.4 * image[:, :-1]
    return (255 * np.minimum(soft, 1.0)).astype(np.uint8)


def write_run(
    path: Path,
    tree: dict[str, Any],
    *,
    status: str = "complete",
    iteration: int = 400,
    n_regular: int = N_REGULAR,
) -> str:
    """Write a made-up tree as a run file and return its path."""
    attributes = run_attributes(
        status=status,
        iteration=iteration,
        config=tree["config"],
        code_version="0",
        kernel_sha256="0" * 64,
    )
    weights = tree.get("weights", {})
    matrices = {name: matrix for name, matrix in weights.items() if isinstance(matrix, dict)}
    groups = {f"weights/{name}": {"shape": matrix["shape"]} for name, matrix in matrices.items()}
    if "neurons" in tree:
        groups["neurons"] = {"n_regular": n_regular}
    arrays = {name: {k: v for k, v in m.items() if k != "shape"} for name, m in matrices.items()}
    written = {**tree, **({"weights": {**weights, **arrays}} if weights else {})}
    write_tree(path, written, attributes, groups)
    return str(path)


def a_run(
    seed: int = 0,
    *,
    n_iterations: int = 400,
    n_adaptive: int = N_ADAPTIVE,
    signed: bool = True,
    ms_per_pixel: int = 1,
    policy: str = "deep-r",
) -> dict[str, Any]:
    """Return the tree of a run: groups as dictionaries, datasets as arrays."""
    rng = np.random.default_rng(seed)
    n = N_REGULAR + n_adaptive
    n_steps = (N_PIXELS + N_PROMPT) * ms_per_pixel
    sign = np.ones(n, np.int8) if signed else np.zeros(n, np.int8)
    if signed:
        sign[:54] = -1
    spikes = _neuron_spikes(rng, n, n_steps)
    return {
        "config": CONFIG.format(n_adaptive=n_adaptive, policy=policy),
        "metrics": _metrics(rng, n_iterations, n_adaptive),
        "neurons": {"sign": sign, "b0": np.full(n, 0.01, np.float32)},
        "inputs": {"sign": np.where(np.arange(N_IN) % 4, 1, -1).astype(np.int8)},
        "rewiring": _rewiring(rng, n_iterations) if policy != "none" else {},
        "spikes": {
            "X": sonata_population(*_input_spikes(a_digit(), ms_per_pixel)),
            "R": sonata_population(*(part[spikes[1] < N_REGULAR] for part in spikes)),
            "A": sonata_population(*(part[spikes[1] >= N_REGULAR] for part in spikes)),
        },
        "recordings": {"example": _example(rng, spikes, n_steps, n_adaptive, ms_per_pixel)},
    }


CONFIG = """
name = "synthetic"
[task]
name = "smnist"
[network]
n_regular = 120
n_adaptive = {n_adaptive}
[loss]
rate_target_hz = 10.0
[rewiring]
policy = "{policy}"
"""


def _input_spikes(image: np.ndarray, ms_per_pixel: int) -> tuple[np.ndarray, np.ndarray]:
    """Threshold crossings of the pixel sequence, then the prompt channel at every step."""
    grey = np.repeat(image.ravel() / 255.0, ms_per_pixel)
    thresholds = np.linspace(0, 1, 40)[:-1]
    times, ids = [], []
    for k, level in enumerate(thresholds):
        up = np.flatnonzero((grey[:-1] < level) & (grey[1:] >= level))
        down = np.flatnonzero((grey[:-1] >= level) & (grey[1:] < level))
        times += [up, down]
        ids += [np.full(up.size, 2 * k), np.full(down.size, 2 * k + 1)]
    touch = np.flatnonzero(grey >= 1.0)
    prompt = np.arange(grey.size, grey.size + N_PROMPT * ms_per_pixel)
    times += [touch, prompt]
    ids += [np.full(touch.size, 78), np.full(prompt.size, 79)]
    return np.concatenate(times), np.concatenate(ids)


def _neuron_spikes(rng: np.random.Generator, n: int, n_steps: int) -> tuple[np.ndarray, np.ndarray]:
    rate = rng.gamma(1.5, 8.0, n) / 1000.0
    drive = 1.0 + 0.9 * np.sin(np.arange(n_steps) / 28.0 * 2 * np.pi)[:, None]
    fired = rng.random((n_steps, n)) < rate * drive
    times, ids = np.nonzero(fired)
    return times, ids


def _example(
    rng: np.random.Generator,
    spikes: tuple[np.ndarray, np.ndarray],
    n_steps: int,
    n_adaptive: int,
    ms_per_pixel: int,
) -> dict[str, Any]:
    logits = np.cumsum(rng.normal(0, 0.12, (n_steps, N_OUT)), axis=0)
    logits[:, 7] += np.linspace(0, 5, n_steps)
    softmax = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    example: dict[str, Any] = {
        "image": a_digit(),
        "label": np.int64(7),
        "prediction": np.int64(np.argmax(softmax[-1])),
        "softmax": softmax.astype(np.float32),
        "readout_start": np.int64(n_steps - 28),
        "steps_per_pixel": np.int64(ms_per_pixel),
    }
    if n_adaptive:
        nodes = N_REGULAR + np.arange(min(5, n_adaptive)) * 7 % n_adaptive
        example["threshold"] = _thresholds(spikes, nodes, n_steps)
        example["threshold_nodes"] = nodes.astype(np.int64)
    return example


def _thresholds(
    spikes: tuple[np.ndarray, np.ndarray], nodes: np.ndarray, n_steps: int
) -> np.ndarray:
    """Paper eqs. 1 and 2 along the made-up spikes."""
    rho, beta, b0 = np.exp(-1 / 700.0), 1.8, 0.01
    z = np.zeros((n_steps, nodes.size))
    for k, node in enumerate(nodes):
        z[spikes[0][spikes[1] == node], k] = 1.0
    b = np.zeros((n_steps, nodes.size))
    for t in range(1, n_steps):
        b[t] = rho * b[t - 1] + (1 - rho) * z[t - 1]
    return (b0 + beta * b).astype(np.float32)


def series(step: np.ndarray, value: np.ndarray) -> dict[str, np.ndarray]:
    """Return a quantity over iterations as it is stored."""
    return {"step": np.asarray(step, np.int64), "value": np.asarray(value, np.float64)}


def _metrics(rng: np.random.Generator, n: int, n_adaptive: int) -> dict[str, Any]:
    step = np.arange(1, n + 1)
    loss = 0.6 + 1.7 * np.exp(-step / (0.3 * n)) + rng.normal(0, 0.05, n)
    accuracy = np.clip(0.85 - 0.75 * np.exp(-step / (0.3 * n)) + rng.normal(0, 0.03, n), 0, 1)
    check = np.unique(np.linspace(1, n, 9).astype(np.int64))
    train = {
        "loss": series(step, loss),
        "accuracy": series(step, accuracy),
        "rate_R_hz": series(step, 10 + 8 * np.exp(-step / 40) + rng.normal(0, 0.4, n)),
    }
    if n_adaptive:
        train["rate_A_hz"] = series(step, 9 - 5 * np.exp(-step / 60) + rng.normal(0, 0.4, n))
    return {
        "train": train,
        "validation": {
            "accuracy": series(check, accuracy[check - 1] - 0.02),
            "loss": series(check, loss[check - 1] + 0.03),
        },
        "test": {
            "accuracy": series(step[-1:], accuracy[-1:] - 0.03),
            "loss": series(step[-1:], loss[-1:] + 0.04),
        },
    }


def _rewiring(rng: np.random.Generator, n: int) -> dict[str, Any]:
    step = np.arange(1, n + 1)
    drift = 1 - np.exp(-step / n)
    return {
        "connectivity_W_in": series(step, 0.12 - 0.01 * drift),
        "connectivity_W_rec": series(step, 0.12 - 0.002 * drift),
        "connectivity_W_out": series(step, 0.12 + 0.15 * drift),
        "dropped": series(step, rng.poisson(10 + 40 * np.exp(-step / 80))),
    }
