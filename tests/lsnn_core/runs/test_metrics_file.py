"""The lines that a training leaves for whoever looks on."""

from __future__ import annotations

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.learning.metrics import Metrics
from lsnn_core.runs.metrics_file import MetricsFile, beside, parsed, read_lines


class Told:
    """A trainer, as far as these lines go."""

    def __init__(self, iteration: int = 0) -> None:
        self.iteration, self.metrics = iteration, Metrics()

    def step(self, **values: float) -> None:
        self.iteration += 1
        self.metrics.add(self.iteration, {f"train/{k}": v for k, v in values.items()})


def test_each_iteration_is_a_line(tmp_path):
    trainer = Told()
    with MetricsFile(tmp_path / "m.jsonl", trainer) as file:
        for loss in (3.0, float("nan"), 1.0):
            trainer.step(loss=loss)
            file.add(trainer)
    lines = list(read_lines(tmp_path / "m.jsonl"))
    assert [(line["iteration"], line["train/loss"]) for line in lines] == [
        (1, 3.0), (2, None), (3, 1.0)
    ]  # fmt: skip
    assert all(line["seconds"] >= 0 for line in lines)


def test_what_another_process_trained_beyond_the_checkpoint_is_dropped(tmp_path):
    path = tmp_path / "m.jsonl"
    trainer = Told()
    with MetricsFile(path, trainer) as file:
        for _ in range(5):
            trainer.step(loss=1.0)
            file.add(trainer)
    with open(path, "a") as rest:
        rest.write('{"iteration": 6, "sec')
    again = Told(3)
    with MetricsFile(path, again) as file:
        again.step(loss=2.0)
        file.add(again)
    found = [(line["iteration"], line["train/loss"]) for line in read_lines(path)]
    assert found == [(1, 1.0), (2, 1.0), (3, 1.0), (4, 2.0)]


def test_what_cannot_be_a_file_is_refused(tmp_path):
    with pytest.raises(UsageError, match="is not a regular file"):
        MetricsFile(tmp_path, Told())
    with pytest.raises(UsageError, match="cannot be written"):
        MetricsFile(tmp_path / "absent" / "m.jsonl", Told())


@pytest.mark.parametrize("text", ["", "{", "[]\n", '{"iteration": "3", "seconds": 1}\n', "null\n"])
def test_what_is_no_line_is_left_out(text):
    assert parsed(text) is None


def test_the_name_follows_from_that_of_the_run(tmp_path):
    assert beside(tmp_path / "a.b.h5") == tmp_path / "a.b.metrics.jsonl"
