"""The smallest LSNN is the reference's, and carries the numbers of the derivation."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from lsnn_core import reference
from lsnn_core.reference import adjoint, minimal
from lsnn_core.reference import forward as whole_forward

HERE = Path(reference.__file__).parent
DERIVATION = (HERE / "DERIVATION.md").read_text("utf-8")


def numbers(name: str) -> list[int]:
    """Return the numbers of equations that a module's lines carry, in their order."""
    comments = re.findall(r"#(.*)", (HERE / name).read_text("utf-8"))
    return [int(n) for comment in comments for n in re.findall(r"\((\d+)\)", comment)]


def both(T: int = 40, N: int = 9) -> tuple[reference.Network, minimal.Net, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    W_in, W_rec, W_out = (rng.standard_normal(s) for s in ((5, N), (N, N), (N, 3)))
    np.fill_diagonal(W_rec, 0.0)
    W_rec *= 0.5
    alpha, rho = np.exp(-1 / rng.uniform(10, 30, N)), np.exp(-1 / rng.uniform(20, 90, N))
    beta, b0 = 1.8 * (np.arange(N) >= 4), rng.uniform(0.01, 0.02, N)
    delayed = [np.stack([np.zeros_like(W), W]) for W in (W_in, W_rec)]
    rest = alpha, rho, beta, b0, np.zeros(N, int), 0.9, 0.3
    whole = reference.Network(*delayed, W_out, np.zeros(3), *rest)
    small = minimal.Net(W_in, W_rec, W_out, alpha, rho, beta, b0, 0.9, 0.3)
    x = (rng.random((T, 5)) < 0.15).astype(float)
    return whole, small, x, rng.standard_normal((T, 3))


def test_it_runs_as_the_reference_does():
    whole, small, x, _ = both()
    trace = whole_forward(whole, x)
    y, (V, b, B, z, psi) = minimal.forward(small, x)

    assert 0.05 < trace.z.mean() < 0.6
    np.testing.assert_allclose(y, trace.y, rtol=1e-12, atol=1e-14)
    for name, found in (("V", V), ("b", b), ("B", B), ("z", z)):
        np.testing.assert_allclose(found[:-1], getattr(trace, name), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(psi[:-1] / B[:-1], trace.slope, rtol=1e-12, atol=1e-14)


def test_its_gradient_is_that_of_the_reference():
    whole, small, x, d_y = both()
    g = adjoint(whole, whole_forward(whole, x), d_y)
    _, trace = minimal.forward(small, x)
    d_W_in, d_W_rec, d_W_out = minimal.backward(small, x, trace, d_y)

    off = ~np.eye(len(small.b0), dtype=bool)
    np.testing.assert_allclose(d_W_in, g.W_in[1], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(d_W_rec[off], g.W_rec[1][off], rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(d_W_out, g.W_out, rtol=1e-10, atol=1e-12)
    without = replace(whole, beta=0 * whole.beta)
    assert np.abs(adjoint(without, whole_forward(without, x), d_y).W_in[1] - d_W_in).max() > 1e-3


def test_it_is_short():
    lines = (HERE / "minimal.py").read_text("utf-8").splitlines()
    assert len(lines) <= 60


def test_every_equation_of_the_derivation_is_a_line_of_code_and_the_other_way_round():
    tags = [int(n) for n in re.findall(r"\\tag\{(\d+)\}", DERIVATION)]
    assert tags == list(range(1, 36))
    assert numbers("minimal.py") == list(range(1, 21))
    assert set(numbers("forward.py")) == set(range(1, 9))
    assert set(numbers("adjoint.py")) == {*range(9, 26), 35}
    assert set(numbers("eprop.py")) == set(range(26, 35))


def test_every_name_in_the_table_of_symbols_is_in_the_code():
    files = [HERE / f"{name}.py" for name in ("minimal", "forward", "adjoint", "eprop")]
    files += [HERE.parent / "model" / f"{name}.py" for name in ("neurons", "network")]
    code = "".join(path.read_text("utf-8") for path in files)
    table = DERIVATION[DERIVATION.index("## 9. Symbols") :]
    rows = [row for row in table.splitlines() if row.startswith("| `")]
    names = [name for row in rows for name in re.findall(r"`(\w+)`", row.split("|")[1])]
    assert len(names) > 20
    assert [name for name in names if not re.search(rf"\b{name}\b", code)] == []
