"""The line that follows a training."""

from __future__ import annotations

from types import SimpleNamespace

from lsnn_core.commands.progress import SMOOTHING, summary
from lsnn_core.learning.trainer import Metrics
from lsnn_core.words import say


def line(**values: list[float]) -> str:
    metrics = Metrics()
    for name, numbers in values.items():
        for step, number in enumerate(numbers):
            metrics.add(step, {name.replace("__", "/"): number})
    return summary(SimpleNamespace(metrics=metrics))  # type: ignore[arg-type]


def test_loss_and_accuracy_are_means_of_the_last_iterations():
    shown = line(train__loss=[9.0] + SMOOTHING * [2.0], train__accuracy=SMOOTHING // 2 * [0.0, 1.0])

    assert shown == "loss 2.000, accuracy 0.500"


def test_rates_and_validation_are_the_newest():
    shown = line(
        train__rate_R_hz=[50.0, 12.3], train__rate_A_hz=[8.0], validation__accuracy=[0.1, 0.625]
    )

    assert shown == "R 12 Hz, A 8 Hz, validation 0.625"


def test_a_name_from_a_file_moves_no_cursor():
    metrics = Metrics()
    metrics.restore("train/rate_\x1b[2J_hz", [1], [3.0])

    assert summary(SimpleNamespace(metrics=metrics)) == r"\x1b[2J 3 Hz"  # type: ignore[arg-type]


def test_what_is_said_of_a_path_stays_on_one_line(capsys):
    say("run\n\x1b[2J.h5: going on")

    assert capsys.readouterr().err == "run\\n\\x1b[2J.h5: going on\n"


def test_nothing_yet_is_an_empty_line():
    assert line() == ""
