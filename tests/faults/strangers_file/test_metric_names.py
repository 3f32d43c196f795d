"""Names of metrics that no file could hold are refused before anything is lost."""

from __future__ import annotations

from typing import Any

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.files import read_run
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from lsnn_core.simulation.storage import read_config
from tests.helpers import fuzz_worker
from tests.helpers.toy_task import ToyBatch, ToyTask

pytestmark = pytest.mark.timeout(200)


class Naming(ToyTask):
    """A task whose metrics have odd names: those of training, or only those held out."""

    settings_type = fuzz_worker.NamedSettings
    in_training, held, name, since = "fine", "fine", "", 0

    def __init__(self, settings: Any = None) -> None: ...

    def batch(self, iteration: int, size: int, seed: int) -> Any:
        name = self.in_training if iteration >= self.since else "fine"
        return _named(super().batch(iteration, size, seed), name)

    def held_out(self, split: str, size: int, seed: int) -> Any:
        return (_named(batch, self.held) for batch in (super().batch(0, size, seed),))


def _named(batch: ToyBatch, name: str) -> Any:
    class Named(ToyBatch):
        def loss(self, y: Any, start: int, stop: int) -> Any:
            found = super().loss(y, start, stop)
            return found._replace(metrics={name: found.metrics["accuracy"]})

    return Named(batch.x, batch.labels)


def naming_run(bases, path, monkeypatch, **names: Any) -> TrainingRun:
    for key, value in names.items():
        monkeypatch.setattr(Naming, key, value)
    path.write_bytes(bases["deep-r"])
    with read_run(path) as file:
        config = read_config(file)
    path.unlink()
    assert make_task(config).n_in == Naming.n_in
    return TrainingRun(Trainer(config, Naming()), path)


@pytest.mark.parametrize("name", ["a/b", "\x1b[2J", "a__b", "", "..", "x" * 300])
def test_a_metric_that_no_file_could_hold_is_refused_at_the_first_step(
    bases, path, monkeypatch, name
):
    run = naming_run(bases, path, monkeypatch, in_training=name)
    before = run.trainer.learner.net.connections

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: .* is no name") as caught:
        run.run()
    assert str(caught.value).isprintable()
    assert run.trainer.learner.net.connections is before
    assert not path.exists()


def test_one_that_comes_later_loses_nothing(bases, path, monkeypatch):
    run = naming_run(bases, path, monkeypatch, in_training="a/b", since=2)

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: 'a/b'"):
        run.run()
    with read_run(path) as file:
        assert (file.status, file.iteration) == ("interrupted", 2)


def test_one_of_held_out_data_is_refused_before_training(bases, path, monkeypatch):
    run = naming_run(bases, path, monkeypatch, held="a/b")

    with pytest.raises(UsageError, match=r"task Naming: .*metrics: 'a/b'"):
        run.run()
    assert not path.exists()
