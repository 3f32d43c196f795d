"""Orthogonal momentum beside its definition by singular values, in double precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.optimisers.muon import Muon, orthogonal
from tests.helpers.blas_threads import blas_threads, two_blas_threads
from tests.helpers.networks import dtypes, seeds


def by_singular_values(matrix: np.ndarray) -> np.ndarray:
    """Five times s -> 3.4445 s - 4.775 s^3 + 2.0315 s^5 on the singular values themselves."""
    u, s, v = np.linalg.svd(matrix.astype(np.float64), full_matrices=False)
    s = s / np.sqrt((s**2).sum())
    for _ in range(5):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    return (u * s) @ v


def gradients(seed: int, shape: tuple[int, int], steps: int = 4) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(steps, *shape))


@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_the_polynomial_acts_on_the_singular_values(seed: int, rows: int, columns: int) -> None:
    matrix = gradients(seed, (rows, columns))[0]
    np.testing.assert_allclose(orthogonal(matrix), by_singular_values(matrix), atol=1e-9)


@pytest.mark.parametrize("shape", [(30, 25), (25, 30), (25, 25)])
def test_directions_become_about_equally_long(shape: tuple[int, int]) -> None:
    found = orthogonal(gradients(1, shape)[0] * 1e-20)
    singular = np.linalg.svd(found, compute_uv=False)
    assert 0.65 < np.median(singular) < 1.25
    assert singular.max() < 1.25


@given(seeds, st.integers(1, 9), st.integers(1, 9), dtypes)
def test_steps_follow_the_rule_written_down(
    seed: int, rows: int, columns: int, dtype: type
) -> None:
    W = m = np.zeros((rows, columns))
    muon, found = Muon((rows, columns), dtype, 3.0), np.zeros((rows, columns), dtype)
    for gradient in gradients(seed, (rows, columns)):
        found = found + muon.step(gradient.astype(dtype), 0.1)
        m = 0.95 * m + 0.05 * gradient
        u = 0.95 * m + 0.05 * gradient
        W = W - 0.1 * 3.0 * 0.2 * np.sqrt(max(rows, columns)) * by_singular_values(u)
    assert found.dtype == dtype
    np.testing.assert_allclose(found, W, atol=2e-3 if dtype == np.float32 else 1e-9)


def test_without_a_gradient_nothing_moves_and_a_large_one_does_not_overflow() -> None:
    np.testing.assert_array_equal(Muon((3, 4), np.float32, 1.0).step(np.zeros((3, 4)), 0.1), 0.0)
    large = np.full((3, 4), 3e38, np.float32)
    assert np.isfinite(Muon((3, 4), np.float32, 1.0).step(large, 0.1)).all()


def test_products_run_on_one_thread_to_the_same_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    matrix = gradients(2, (300, 250))[0].astype(np.float32)
    expected, seen = orthogonal(matrix), []
    contiguous = np.ascontiguousarray

    class Watched(np.ndarray):
        def __matmul__(self, other: object) -> np.ndarray:
            seen.append(blas_threads())
            return np.asarray(self) @ np.asarray(other)

    monkeypatch.setattr(np, "ascontiguousarray", lambda *a, **k: contiguous(*a, **k).view(Watched))
    with two_blas_threads():
        found = orthogonal(matrix)
        assert blas_threads() == {2}
    assert seen[0] == {1}
    np.testing.assert_array_equal(found, expected)


def test_a_restored_momentum_goes_on_to_the_same_bits() -> None:
    whole, first, second = (Muon((5, 4), np.float32, 1.0) for _ in range(3))
    steps = gradients(3, (5, 4), 6).astype(np.float32)
    expected = [whole.step(g, 0.1) for g in steps]
    for g in steps[:3]:
        first.step(g, 0.1)
    second.restore({"m": first.state()}, "m")
    for g, step in zip(steps[3:], expected[3:], strict=True):
        np.testing.assert_array_equal(second.step(g, 0.1), step)


def test_the_state_is_a_copy() -> None:
    muon = Muon((2, 2), np.float64, 1.0)
    muon.state()[:] = 1.0
    assert not muon.m.any()


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({}, "expected shape .2, 3., found nothing"),
        ({"m": np.zeros((3, 2))}, "expected shape .2, 3., found shape .3, 2."),
        ({"m": np.full((2, 3), np.nan)}, "expected finite numbers"),
    ],
)
def test_a_state_that_is_none_is_refused(state: dict[str, np.ndarray], said: str) -> None:
    muon = Muon((2, 3), np.float32, 1.0)
    with pytest.raises(UsageError, match=said):
        muon.restore(state, "m")
    with pytest.raises(UsageError, match="gradient of shape"):
        muon.step(np.zeros((3, 2)), 0.1)
