"""PyTorch's own LSTM (`torch.nn.LSTM`, oneDNN on a CPU) with a linear readout and Adam.

Subnormal numbers are flushed, without which it took seven times as long (measured): a gradient
that vanishes over hundreds of steps is full of them.

``python -m lsnn_core.bench.frameworks.peer_torch_lstm PROBLEM DTYPE``, with an interpreter that has
PyTorch.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from ..rate_problem import LR, Array, RateProblem, norms
from ..serve import serve


class Model:
    """The network, its optimiser and its batch."""

    def __init__(self, problem: RateProblem, dtype: str) -> None:
        p = problem.as_dtype(dtype)
        n_in, n, n_out = len(p["W_in"]), *p["W_out"].shape
        kind = getattr(torch, dtype)
        self.lstm = torch.nn.LSTM(n_in, n, dtype=kind)
        self.linear = torch.nn.Linear(n, n_out, dtype=kind)
        ours = {
            self.lstm.weight_ih_l0: _rows(p["W_in"]),
            self.lstm.weight_hh_l0: _rows(p["W_rec"]),
            self.lstm.bias_ih_l0: _rows(p["b"][None])[:, 0],
            self.lstm.bias_hh_l0: np.zeros_like(p["b"]),  # one b is enough
            self.linear.weight: p["W_out"].T,
            self.linear.bias: p["b_out"],
        }
        with torch.no_grad():
            for parameter, value in ours.items():
                parameter.copy_(torch.from_numpy(np.ascontiguousarray(value)))
        self.lstm.bias_hh_l0.requires_grad_(False)
        self.learned = {
            "W_in": self.lstm.weight_ih_l0,
            "W_rec": self.lstm.weight_hh_l0,
            "b": self.lstm.bias_ih_l0,
            "W_out": self.linear.weight,
            "b_out": self.linear.bias,
        }
        self.adam = torch.optim.Adam(self.learned.values(), LR)
        self.x = torch.from_numpy(problem.x.astype(dtype)).transpose(1, 2).contiguous()
        self.label = torch.from_numpy(problem.label)
        self.first: dict[str, float] = {}

    def training(self) -> dict[str, float]:
        """One iteration."""
        self.adam.zero_grad()
        h, _ = self.lstm(self.x)
        loss = torch.nn.functional.cross_entropy(self.linear(h[-1]), self.label)
        loss.backward()
        self.first = self.first or norms({k: v.grad.numpy() for k, v in self.learned.items()})
        self.adam.step()
        return {"loss": float(loss.detach())}

    def about(self) -> dict[str, Any]:
        """Size of the first gradient."""
        return {"gradient": self.first}


def _rows(W: Array) -> Array:
    """W^T with the gates in PyTorch's order: i, f, j, o."""
    i, f, o, j = np.split(W.T, 4)
    return np.concatenate((i, f, j, o))


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1:3]
    torch.set_flush_denormal(True)
    model = Model(RateProblem.load(path), dtype)
    serve({"training": model.training, "about": model.about}, torch.__version__)


if __name__ == "__main__":
    main()
