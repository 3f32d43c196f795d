"""PyTorch as an expert writes it: backpropagation through time by hand, in place.

The loop forward keeps z, V and B; the loop backward emits dL/dI, and the weight gradients are
single large products after it. No delays: every connection takes one step.

``python -m lsnn_core.bench.frameworks.peer_torch PROBLEM DTYPE``, with an
interpreter that has PyTorch.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch

from ..problem import Problem
from ..serve import serve


class HandWritten:
    """Weights, buffers for all steps, and the two loops over them."""

    def __init__(self, p: Problem, dtype: Any) -> None:
        self.p = p
        self.dtype = torch.from_numpy(np.zeros(0, dtype)).dtype
        x = p.x(dtype)
        self.x = torch.from_numpy(np.concatenate([np.zeros_like(x[:1]), x[:-1]]))
        matrices = (torch.from_numpy(p.dense(name, dtype)) for name in ("W_in", "W_rec", "W_out"))
        self.W_in, self.W_rec, self.W_out = matrices
        self.beta = torch.from_numpy(p.beta.astype(dtype))
        self.b0 = torch.full_like(self.beta, p.b0)
        self.z, self.V, self.B, self.d_I = (
            torch.zeros(p.n_steps, p.batch, p.n, dtype=self.dtype) for _ in range(4)
        )
        self.label = torch.from_numpy(p.label) if len(p.label) else None
        self.curve = torch.from_numpy(p.curve.astype(dtype))[:, :, None]

    def forward(self) -> Any:
        """Fill z, V and B; return the readout (T, B, K)."""
        p, gain = self.p, 1 - self.p.alpha
        current, W = flat(self.x, self.W_in).mul_(gain), gain * self.W_rec
        V, b, z = (torch.zeros(p.batch, p.n, dtype=self.dtype) for _ in range(3))
        B, wait = self.b0, torch.zeros(p.batch, p.n, dtype=torch.int8)
        low = torch.tensor(-1e6, dtype=self.dtype)  # has no pseudo-derivative
        for t in range(p.n_steps):
            V.mul_(p.alpha).add_(current[t]).addmm_(z, W).addcmul_(z, B, value=-1)
            b.mul_(p.rho).add_(z, alpha=1 - p.rho)
            B, z = self.B[t], self.z[t]
            torch.addcmul(self.b0, self.beta, b, out=B)
            is_open = wait == 0
            fired = (V > B) & is_open
            z.copy_(fired)
            torch.where(is_open, V, low, out=self.V[t])
            wait.sub_(1).clamp_(min=0).masked_fill_(fired, p.n_ref)
        return filtered(flat(self.z, self.W_out), p.kappa)

    def loss(self, y: Any) -> Any:
        """Loss of the readout."""
        y = y[self.p.readout_start :]
        if self.label is not None:
            return torch.nn.functional.cross_entropy(y.mean(0), self.label)
        return ((y - self.curve) ** 2).sum() / (self.p.n_steps * self.p.batch)

    def gradient(self) -> tuple[float, dict[str, Any]]:
        """Loss, and its gradient by matrix."""
        y = self.forward().requires_grad_()
        with torch.enable_grad():
            loss = self.loss(y)
            (d_y,) = torch.autograd.grad(loss, y)
        d_o = filtered(d_y.flip(0), self.p.kappa).flip(0)  # a filter's adjoint runs backwards
        self._backward(flat(d_o, self.W_out.T))
        z, d_I = self.z.flatten(0, 1), self.d_I.flatten(0, 1)
        d_rec = self.z[:-1].flatten(0, 1).T @ self.d_I[1:].flatten(0, 1)
        return float(loss.detach()), {
            "W_in": self.x.flatten(0, 1).T @ d_I,
            "W_rec": d_rec.mul_(self.W_rec != 0),
            "W_out": z.T @ d_o.flatten(0, 1),
        }

    def _backward(self, d_z: Any) -> None:
        """Fill d_I."""
        p, gain = self.p, 1 - self.p.alpha
        turned = (gain * self.W_rec).T.contiguous()
        d_V, d_b = (torch.zeros(p.batch, p.n, dtype=self.dtype) for _ in range(2))
        for t in range(p.n_steps - 1, -1, -1):
            B, V, z = self.B[t], self.V[t], self.z[t]
            g = d_z[t].addmm_(d_V, turned).add_(d_b, alpha=1 - p.rho).addcmul_(B, d_V, value=-1)
            spike = (V / B).sub_(1).abs_().neg_().add_(1).clamp_(min=0).mul_(p.gamma)
            spike.mul_(g).div_(B)
            d_B = (spike * V).div_(B).addcmul_(z, d_V)
            d_b.mul_(p.rho).addcmul_(self.beta, d_B, value=-1)
            d_V.mul_(p.alpha).add_(spike)
            torch.mul(d_V, gain, out=self.d_I[t])


def flat(a: Any, W: Any) -> Any:
    """A @ W for all steps and examples as one product of matrices."""
    return (a.flatten(0, 1) @ W).unflatten(0, a.shape[:2])


def filtered(o: Any, kappa: float) -> Any:
    """u(t) = kappa u(t-1) + (1 - kappa) o(t)."""
    u = o * (1 - kappa)
    for before, now in zip(u[:-1].unbind(0), u[1:].unbind(0), strict=True):
        now.add_(before, alpha=kappa)
    return u


def main() -> None:
    """Serve one problem."""
    path, dtype = sys.argv[1:3]
    model = HandWritten(Problem.load(path).without_delays(), np.dtype(dtype).type)
    last: dict[str, Any] = {}
    torch.set_grad_enabled(False)

    def run_forward() -> dict[str, float]:
        return {"loss": float(model.loss(model.forward()))}

    def run_gradient() -> dict[str, float]:
        loss, last["gradient"] = model.gradient()
        return {"loss": loss}

    def about() -> dict[str, Any]:
        norms = {name: model.p.norm(name, d.numpy()) for name, d in last["gradient"].items()}
        return {"gradient": norms}

    serve({"forward": run_forward, "gradient": run_gradient, "about": about}, torch.__version__)


if __name__ == "__main__":
    main()
