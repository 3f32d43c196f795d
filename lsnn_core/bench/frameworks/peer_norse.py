"""Norse's own LSNN: resets to zero and has no refractory period, so its loss is another one.

Its synaptic time constant is set to one step, so that a spike brings a current for one step.

``python -m lsnn_core.bench.frameworks.peer_norse PROBLEM DTYPE``, with an
interpreter that has Norse.
"""

from __future__ import annotations

import math
import sys
import warnings
from importlib.metadata import version
from typing import Any

import numpy as np

from ..problem import Problem
from ..serve import serve

warnings.filterwarnings("ignore")  # of its dependencies about each other
import norse.torch as norse  # noqa: E402
import torch  # noqa: E402
from norse.torch.functional.lsnn import LSNNParameters  # noqa: E402

STEPS_PER_SECOND = 1000.0


def constants(p: Problem) -> LSNNParameters:
    """Return the problem's constants in Norse's units (seconds) and scales."""
    beta = torch.from_numpy(p.beta) * (1 - p.rho)  # its adaptation jumps by 1, ours by 1 - rho
    values: dict[str, Any] = {
        "tau_syn_inv": STEPS_PER_SECOND,
        "tau_mem_inv": -math.log(p.alpha) * STEPS_PER_SECOND,
        "tau_adapt_inv": -math.log(p.rho) * STEPS_PER_SECOND,
        "v_leak": 0.0,
        "v_th": p.b0,
        "v_reset": 0.0,
    }
    tensors = {name: torch.tensor(value) for name, value in values.items()}
    return LSNNParameters(**tensors, beta=beta.float(), method="triangle", alpha=p.gamma)


class Model:
    """Norse's module with a filtered linear readout."""

    def __init__(self, p: Problem, dtype: Any) -> None:
        def parameter(matrix: str) -> torch.nn.Parameter:
            return torch.nn.Parameter(torch.from_numpy(p.dense(matrix, dtype)))

        self.p, self.x = p, torch.from_numpy(p.x(dtype))
        weights = {
            "input_weights": torch.nn.Parameter(parameter("W_in").detach().T.contiguous()),
            "recurrent_weights": torch.nn.Parameter(parameter("W_rec").detach().T.contiguous()),
        }
        self.cells = norse.LSNNRecurrent(p.n_in, p.n, p=constants(p), **weights)
        self.W_out = parameter("W_out")
        self.label = torch.from_numpy(p.label) if len(p.label) else None
        self.curve = torch.from_numpy(p.curve.astype(dtype))[:, :, None]

    def loss(self) -> Any:
        """Loss of the whole batch."""
        p, u, y = self.p, 0.0, []
        z, _ = self.cells(self.x)
        for t, o in enumerate((z @ self.W_out).unbind(0)):
            u = p.kappa * u + (1 - p.kappa) * o
            if t >= p.readout_start:
                y.append(u)
        if self.label is not None:
            return torch.nn.functional.cross_entropy(torch.stack(y).mean(0), self.label)
        return ((torch.stack(y) - self.curve) ** 2).sum() / (p.n_steps * p.batch)

    def forward(self) -> dict[str, float]:
        """Loss alone."""
        with torch.no_grad():
            return {"loss": float(self.loss())}

    def gradient(self) -> dict[str, float]:
        """Loss and gradient."""
        for weight in (*self.cells.parameters(), self.W_out):
            weight.grad = None
        loss = self.loss()
        loss.backward()
        return {"loss": float(loss.detach())}


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1:3]
    model = Model(Problem.load(path).without_delays(), np.dtype(dtype).type)
    actions = {"forward": model.forward, "gradient": model.gradient, "about": dict}
    serve(actions, version("norse"))


if __name__ == "__main__":
    main()
