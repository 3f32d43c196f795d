"""The training loop: the same numbers every time, and nothing changed by a bad iteration."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.errors import BadFileError, NumericalError
from lsnn_core.learning.metrics import Metrics
from lsnn_core.learning.trainer import Trainer
from lsnn_core.task.protocol import InteractiveTask
from tests.golden import store_recall
from tests.helpers.toy_task import ToyBatch, ToyTask

SMALL = {"iterations": 6, "batch": 17, "validate_every": 4, "dtype": "float64", "threads": 1}


def trainer(task: Any = None, rewiring: str = "deep-r", **training: Any) -> Trainer:
    config = {
        "seed": 4,
        "task": {"name": "toy"},
        "network": {"n_regular": 7, "n_adaptive": 5, "connectivity": 0.5, "delays": 3, "n_ref": 2},
        "training": {**SMALL, **training},
        "rewiring": {"policy": rewiring, "l1": 0.01, "temperature": 1e-4},
    }
    return Trainer(from_mapping(RunConfig, config), task or ToyTask())


def everything(t: Trainer) -> dict[str, Any]:
    c, b_out = t.learner.net.connections, t.learner.net.b_out.copy()
    lists = {name: getattr(c, name).copy() for name in ("indptr", "target", "delay", "weight")}
    return {**lists, "b_out": b_out, "iteration": t.iteration, **t.learner.resume_state()}


def take_over(t: Trainer, iteration: int, other: Trainer) -> None:
    t.learner.take_over(other.learner.net, other.learner.resume_state())
    t.iteration = iteration


def assert_same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def train(t: Trainer, iterations: int = 6) -> Trainer:
    for _ in range(iterations):
        t.step()
    return t


@pytest.mark.parametrize("rewiring", ["none", "deep-r", "soft-deep-r"])
def test_one_seed_gives_the_same_bits_on_one_thread_and_two(rewiring):
    one, two = (train(trainer(rewiring=rewiring, threads=n)) for n in (1, 2))

    assert_same(everything(two), everything(one))
    assert two.metrics.values == one.metrics.values
    start = trainer(rewiring=rewiring).learner.net.connections.weight
    assert not np.array_equal(one.learner.net.connections.weight, start)


@pytest.mark.parametrize("rewiring", ["none", "deep-r", "soft-deep-r"])
def test_a_restored_trainer_goes_on_to_the_same_bits(rewiring):
    whole, first = train(trainer(rewiring=rewiring)), train(trainer(rewiring=rewiring), 2)
    second = trainer(rewiring=rewiring)
    take_over(second, 2, first)

    assert_same(everything(train(second, 4)), everything(whole))


def test_a_trainer_of_other_sizes_is_not_restored():
    first = train(trainer(), 1)
    task = ToyTask()
    task.n_in = 8
    with pytest.raises(BadFileError, match="weights: expected"):
        take_over(trainer(task), 1, first)


class RepeatingTask(ToyTask):
    """Asks for three gradient steps on each batch."""

    def batch(self, iteration, size, seed):
        made = super().batch(iteration, size, seed)
        return RepeatingBatch(made.x, made.labels)


class RepeatingBatch(ToyBatch):
    updates = 3


def test_a_batch_that_asks_for_three_steps_gets_three_each_with_draws_of_its_own():
    t, seen = trainer(RepeatingTask()), []
    step = t.learner.optimiser.step

    def watched(d_weight, lr, iteration, update):
        seen.append((iteration, update))
        return step(d_weight, lr, iteration, update)

    t.learner.optimiser.step = watched
    train(t, 2)

    assert seen == [(i, update) for i in range(2) for update in range(3)]
    assert t.learner.bias_adam.state()["age"] == 6
    first = RepeatingTask().batch(0, 17, 4)
    losses = t.metrics.values["train/loss"]
    assert losses[0] == trainer().learner.gradient(first, 0).loss  # that of the first step


class ActingTask(ToyTask, InteractiveTask):
    """Gives the toy's batches, and notes how far the run was each time."""

    def __init__(self) -> None:
        self.told: list[tuple[str, float]] = []

    def rollout(self, acting, iteration, size, seed):
        self.told.append(("train", acting.progress))
        return self.batch(iteration, size, seed)

    def rollouts(self, acting, split, size, seed):
        self.told.append((split, acting.progress))
        return self.held_out(split, size, seed)

    def recorded_rollout(self, acting, seed):
        self.told.append(("recording", acting.progress))
        return self.recordings(seed)


def test_an_acting_network_knows_how_much_of_the_run_is_behind():
    t = trainer(ActingTask(), iterations=4, validate_every=2)
    t.fit(lambda _: True)
    t.evaluate("test")
    t.learner.record(1)

    halves = [("train", 0.0), ("train", 0.25), ("validation", 0.5)]
    halves += [("train", 0.5), ("train", 0.75), ("validation", 1.0)]
    assert t.task.told == [*halves, ("test", 1.0), ("recording", 1.0)]


@pytest.mark.parametrize("iteration", [0, 3])
def test_a_run_that_goes_on_knows_it_without_having_begun(iteration):
    t = trainer(ActingTask(), iterations=4)
    t.iteration = iteration
    t.step()

    assert t.task.told == [("train", iteration / 4)]


class BreakingTask(ToyTask):
    """From iteration 3 on the loss, or only its derivative, overflows, but at readouts of zero."""

    def __init__(self, **broken: float) -> None:
        self.broken = broken

    def batch(self, iteration, size, seed):
        batch = super().batch(iteration, size, seed)
        return BreakingBatch(batch.x, batch.labels, self.broken) if iteration >= 3 else batch


class BreakingBatch(ToyBatch):
    def __init__(self, x, labels, broken):
        super().__init__(x, labels)
        object.__setattr__(self, "broken", broken)

    def loss(self, y, start, stop):
        found = super().loss(y, start, stop)
        if not y.any():
            return found
        if "d_y" in self.broken:
            found.d_y[-1] = self.broken["d_y"]
        return found._replace(loss=self.broken.get("loss", found.loss))


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize(("broken", "name"), [("loss", "loss"), ("d_y", r"d_weight\[\d+\]")])
def test_a_number_that_is_none_stops_and_changes_nothing(number, broken, name):
    t = train(trainer(BreakingTask(**{broken: number})), 3)
    before, metrics = everything(t), {k: list(v) for k, v in t.metrics.values.items()}

    with pytest.raises(NumericalError, match=rf"^iteration 3: {name}.* is -?(nan|inf)"):
        t.step()
    assert_same(everything(t), before)
    assert t.metrics.values == metrics


def test_an_infinite_update_is_not_applied():
    t = train(trainer(rewiring="none", dtype="float32", batch=16), 1)
    before = t.learner.net.connections.weight.copy()
    t.lr = lambda: 1e39  # type: ignore[method-assign]

    message = r"^iteration 1: (weight|b_out)\[\d+\] is"
    with pytest.raises(NumericalError, match=message):
        t.step()
    np.testing.assert_array_equal(t.learner.net.connections.weight, before)
    assert t.iteration == 1


def test_adam_is_given_a_gradient_of_the_configured_length():
    adam_beta1 = 0.9
    t = train(trainer(rewiring="none", clip_norm=1e-3), 1)
    state = t.learner.resume_state()
    m = np.concatenate((state["list_m"], state["bias_m"]))
    assert np.linalg.norm(m) == pytest.approx((1 - adam_beta1) * 1e-3, rel=1e-9)


def test_metrics_are_recorded_with_their_iteration():
    t = trainer()
    t.fit(lambda t: True)
    steps = t.metrics.steps

    assert steps["train/loss"] == steps["rewiring/dropped"] == [1, 2, 3, 4, 5, 6]
    assert steps["validation/accuracy"] == [4, 6]
    assert {"train/rate_R_hz", "train/rate_A_hz", "train/lr"} <= steps.keys()
    assert sum(t.metrics.values["rewiring/dropped"]) > 0


def test_fit_stops_when_told_to():
    t = trainer()
    t.fit(lambda t: t.iteration < 2)

    assert t.iteration == 2
    assert not t.done


ENDS = {  # (iteration, owes a validation) of a run that is asked to end at the n-th question
    1: (0, False), 2: (1, False), 3: (2, False), 4: (3, False), 5: (4, True), 6: (4, True),
    7: (4, False), 8: (5, False), 9: (6, True), 10: (6, True), 11: (6, False),
}  # fmt: skip


@pytest.mark.parametrize(("asked", "end"), ENDS.items())
def test_a_validation_that_was_interrupted_is_done_again(asked, end):
    whole, t, asking = trainer(), trainer(), iter(range(1, 1000))
    whole.fit(lambda t: True)
    t.fit(lambda t: True, lambda: next(asking) >= asked)
    ended = t.iteration, t.owes_validation
    assert ended == end

    t.fit(lambda t: True)

    assert_same(everything(t), everything(whole))
    assert t.metrics.values == whole.metrics.values
    assert t.metrics.steps == whole.metrics.steps


def test_half_an_evaluation_is_not_recorded():
    t, asked = trainer(), iter([False, True])
    assert t.evaluate("test", lambda: next(asked)) == {}
    assert not [name for name in t.metrics.values if name.startswith("test/")]


def test_what_comes_before_a_validation_sees_that_it_is_owed():
    seen = []
    trainer().fit(
        lambda t: True, before_validation=lambda t: seen.append((t.iteration, t.owes_validation))
    )
    assert seen == [(4, True), (6, True)]


def test_evaluation_weighs_batches_by_their_examples():
    t = trainer()
    first, second = ToyTask().held_out("test", 17, t.config.seed)
    accuracy = [t.learner.evaluate(b, "test", 0).sums["accuracy"] for b in (first, second)]

    assert [count for _, count in accuracy] == [17, 8]
    expected = (accuracy[0][0] + accuracy[1][0]) / 25
    assert t.evaluate("test")["test/accuracy"] == pytest.approx(expected)
    assert t.metrics.last("test/accuracy") == pytest.approx(expected)
    assert np.isnan(Metrics().last("test/accuracy"))


def test_ten_steps_go_as_they_went_before():
    expected = store_recall.stored_losses()

    assert len(expected) == 10
    assert expected[-1] < expected[0]
    # rounding differs between processors; a spike that comes or goes would show as 1e-3
    np.testing.assert_allclose(store_recall.losses(), expected, rtol=1e-7)
