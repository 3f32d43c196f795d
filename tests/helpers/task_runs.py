"""Made-up runs of learning to learn, navigation and speech, with all that their figures read."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.helpers.run_files import a_run, series
from tests.helpers.whole_runs import whole_run

N_TESTED, N_EXAMPLES, HOLD = 12, 30, 20
AFTER = np.array([1, 2, 3, 5, 10, 20])
T, N_EPISODES, N_SHOWN = 400, 6, 2
GOALS = {"oracle": 50, "explorer": 20, "random_walk": 2, "network": 6, "network_goal_moves": 5,
         "untrained": 1}  # fmt: skip


def teacher_run(
    family: str = "target-networks", seed: int = 0, code: str | None = None
) -> dict[str, Any]:
    """Return the tree of a run that learned to learn a family of functions.

    With `code` that of its inputs is named, and all is recorded that newer files have.
    """
    rng = np.random.default_rng(seed)
    d, low, high = (1, -5.0, 5.0) if family == "sine" else (2, 0.0, 1.0)
    tree = a_run(seed, n_iterations=2, signed=False, policy="none")
    step = np.arange(1, 41)
    mse = (high - low) ** 2 * (0.005 + 0.08 * np.exp(-step / 10))
    tree["config"] = (
        f'name = "l2l"\nseed = 1\n[task]\nname = "l2l"\nfamily = "{family}"\n'
        f"examples = {N_EXAMPLES}\n[network]\nn_regular = 120\n"
    )
    tree["inputs"] = {"sign": np.zeros(30 * (d + 1), np.int8)}
    tree["metrics"] = {"train": {"mse": series(step, mse)}}
    tree["recordings"] = {
        "example": _example(rng, d, low, high),
        "l2l": {
            "errors": _errors(rng, low, high, networks=d == 2),
            "samples": {"x": np.linspace(-9, 9, 11), "value": rng.uniform(low, high, (3, 11))},
            "probes": _probes(rng, 4, low, high),
            "adversarial": _probes(rng, 2, low, high),
        },
    }
    tree.pop("rewiring")
    if code is not None:
        _add_judgement(tree, rng, code)
    return tree


def _add_judgement(tree: dict[str, Any], rng: np.random.Generator, code: str) -> None:
    """Add what tells of a code, internal readouts, and how good a network is out of sample."""
    tree["config"] = tree["config"].replace("examples =", f'code = "{code}"\nexamples =')
    home, example = tree["recordings"]["l2l"], tree["recordings"]["example"]
    errors = home["errors"]
    errors["linear_others"] = 1.1 * errors["linear_all"].mean(1)
    errors["gaussian_process"] = 1e-3 * errors["linear_preceding"].mean(0)
    others = {"bernoulli", "regular", "random-phase"} - {code}
    home["other_codes"] = {name: rng.uniform(0.03, 0.09, N_TESTED) for name in sorted(others)}
    example["y"] = np.hstack([example["y"], rng.normal(0, 1, (len(example["y"]), 9))])


def navigation_run(seed: int = 0, *, untrained: bool = False) -> dict[str, Any]:
    """Return the tree of a run that learned to navigate."""
    rng = np.random.default_rng(seed)
    tree = whole_run("smnist-deepr", seed)
    tree["config"] = (
        tree["config"]
        .replace("smnist-deepr", "navigation")
        .replace('name = "smnist"', 'name = "navigation"')
    )
    step = np.arange(1, 41)
    train = {"goals": 1 + step / 4, "steps_to_first_goal": 900 - 9 * step,
             "steps_to_later_goal": 800 - 18 * step}  # fmt: skip
    tree["metrics"] = {"train": {name: series(step, v) for name, v in train.items()}}
    position, reward = _walk(rng)
    tree["recordings"] = {
        "example": {
            "y": rng.normal(0, 1, (T, 5)).astype(np.float32), "position": position,
            "reward": reward, "goal": np.array([0.6, 0.6]), "goal_radius": np.float64(0.3),
        },
        "navigation": {"arena": {"goal": np.array([[0.85, 0.0], [0.0, 0.85]]),
                                 "goal_radius": np.float64(0.3)}},
    }  # fmt: skip
    for name, goals in GOALS.items():
        if untrained or name != "untrained":
            tree["recordings"]["navigation"][name] = _player(rng, goals)
    return tree


def speech_run(recipe: str = "timit-standin-lsnn", seed: int = 1, **options: Any) -> dict[str, Any]:
    """Return the tree of a run that names phones; `corpus` and `error` can be given."""
    corpus = options.get("corpus", "timit-standin" if "standin" in recipe else "timit")
    error = options.get("error", 0.25)
    step = np.arange(5, 41, 5)
    return {
        "config": f'name = "{recipe}"\nseed = {seed}\n[task]\nname = "timit"\n'
        f'corpus = "{corpus}"\n[training]\nbatch = 32\n',
        "metrics": {
            "validation": {"error": series(step, error + 0.5 * np.exp(-step / 10))},
            "test": {"error": series(step[-1:], np.array([error]))},
        },
    }


def _example(rng: np.random.Generator, d: int, low: float, high: float) -> dict[str, Any]:
    target = rng.uniform(low, high, N_EXAMPLES)
    guess = target + (high - low) * rng.normal(0, 0.3, N_EXAMPLES) / np.arange(1, N_EXAMPLES + 1)
    count = (guess - (low + high) / 2) / ((high - low) / 2)
    return {
        "x": rng.uniform(-1, 1, (N_EXAMPLES, d)),
        "target": target,
        "hold_ms": np.int64(HOLD),
        "y": np.repeat(count / HOLD, HOLD)[:, None],
    }


def _errors(rng: np.random.Generator, low: float, high: float, networks: bool) -> dict[str, Any]:
    shape = N_TESTED, N_EXAMPLES
    target = rng.uniform(low, high, shape)
    late = 0.3 / np.arange(1, N_EXAMPLES + 1)
    found = {
        "target": target,
        "guess": target + (high - low) * rng.normal(0, 1, shape) * late,
        "linear_all": (high - low) ** 2 * rng.gamma(2, 0.01, shape),
        "linear_preceding": (high - low) ** 2 * rng.gamma(2, 0.02, shape),
    }
    return found | ({"backprop": rng.gamma(2, 0.02, shape)} if networks else {})


def _probes(rng: np.random.Generator, n: int, low: float, high: float) -> dict[str, Any]:
    x = np.linspace(-5, 5, 11)
    return {
        "after": AFTER,
        "x": x,
        "guess": rng.uniform(low, high, (n, AFTER.size, x.size)),
        "value": np.linspace(0.1, 1, n)[:, None] * rng.uniform(low, high, x.size),
        "shown_x": rng.uniform(-5, 5, (n, 20)),
        "shown_value": rng.uniform(low, high, (n, 20)),
    }


def _walk(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    position = np.clip(np.cumsum(rng.normal(0, 0.03, (T, 2)), axis=0), -0.7, 0.7)
    reward = np.zeros(T)
    reward[[100, 250]], reward[[50, 51]] = 1.0, -0.02
    return position, reward


def _player(rng: np.random.Generator, goals: int) -> dict[str, Any]:
    step = np.sort([rng.choice(T, goals, replace=False) for _ in range(N_EPISODES)], axis=1)
    return {
        "path": np.stack([np.vstack([_walk(rng)[0], [[0, 0]]]) for _ in range(N_SHOWN)]),
        "found_episode": np.repeat(np.arange(N_EPISODES), goals),
        "found_step": step.ravel(),
        "goals": np.full(N_EPISODES, goals),
        "wall": np.zeros(N_EPISODES, np.int64),
    }
