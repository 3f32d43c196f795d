from __future__ import annotations

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.optimisers.schedules import cosine, learning_rate, linear_warmup, step


def test_step_decays_as_published() -> None:
    rates = [step(i, 0.01, 0.8, 2500, not_before=215) for i in (0, 2499, 2500, 5000, 35_999)]
    assert rates == pytest.approx([0.01, 0.01, 0.008, 0.0064, 0.01 * 0.8**14])
    assert rates[-1] == pytest.approx(4.4e-4, rel=1e-2)


@pytest.mark.parametrize(
    ("not_before", "expected"),
    [(0, [1, 1, 0.5, 0.25]), (2, [1, 1, 0.5, 0.25]), (3, [1, 1, 1, 0.5]), (4, [1, 1, 1, 0.5])],
)
def test_step_skips_the_multiples_before_a_first_iteration(
    not_before: int, expected: list[float]
) -> None:
    assert [step(i, 1.0, 0.5, 2, not_before) for i in (0, 1, 2, 4)] == expected


def test_cosine_falls_to_zero_and_stays() -> None:
    assert [cosine(i, 2.0, 10) for i in (0, 5, 10, 99)] == pytest.approx([2.0, 1.0, 0.0, 0.0])


def test_warmup_rises_to_one_on_its_last_iteration() -> None:
    assert [linear_warmup(i, 4) for i in (0, 1, 3, 9)] == [0.25, 0.5, 1.0, 1.0]
    assert linear_warmup(0, 0) == 1.0


def test_learning_rate_joins_warmup_and_schedule() -> None:
    assert learning_rate(7, lr=0.3) == 0.3
    assert learning_rate(0, lr=0.3, warmup=10) == pytest.approx(0.03)
    stepped = learning_rate(4, lr=1.0, schedule="step", decay=0.5, decay_every=2, warmup=10)
    assert stepped == pytest.approx(0.5 * 0.25)
    assert learning_rate(5, lr=2.0, schedule="cosine", iterations=10) == pytest.approx(1.0)


def test_an_unknown_schedule_is_refused() -> None:
    with pytest.raises(UsageError, match="cosine"):
        learning_rate(0, lr=0.1, schedule="linear")
    with pytest.raises(UsageError, match="lr_decay_every"):
        learning_rate(0, lr=0.1, schedule="step", decay_every=0)
