"""The same network put so that the engine walks the list of connections, or the dense matrix.

The engine takes the matrix for a well connected network whose connections to neurons all share one
delay; to measure both on one network, it is given what leads to the other choice.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .problem import Problem


def rewrite(problem: Problem, kernel: str) -> Problem:
    """Return the problem for "list" or "matrix"; as it is for an empty name."""
    if not kernel:
        return problem
    return {"list": walked, "matrix": filled}[kernel](problem)


def walked(problem: Problem) -> Problem:
    """One connection gets a delay of two steps: only a list can hold it."""
    delay = problem.delay.copy()
    delay[np.argmax(delay)] = 2
    return replace(problem, delay=delay)


def filled(problem: Problem) -> Problem:
    """Absent connections become connections of weight zero: enough of them for the matrix."""
    n_in, n, n_target = problem.n_in, problem.n, problem.n + problem.n_out
    allowed = np.ones((n_in + n, n_target), bool)
    allowed[:n_in, n:] = False  # no input reaches an output
    allowed[n_in:, :n] &= ~np.eye(n, dtype=bool)  # no autapses
    weight = np.zeros(allowed.shape, problem.weight.dtype)
    weight[problem.source, problem.target] = problem.weight
    source, target = np.nonzero(allowed)
    return replace(
        problem,
        indptr=np.concatenate([[0], np.cumsum(allowed.sum(axis=1))]),
        target=target.astype(np.int32),
        delay=np.where(target < n, 1, 0).astype(np.int32),
        weight=weight[source, target],
    )
