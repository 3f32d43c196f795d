"""What a task says of itself and its batches: wrong things are named with their task."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.task.checks import (
    MOST_UPDATES,
    check_batch,
    check_engine,
    check_recording,
    check_recordings,
    check_task,
    held_out_batches,
    rehearse,
    updates_of,
)
from lsnn_core.task.protocol import Batch, InteractiveTask, Task
from tests.helpers.toy_task import ToyTask

TASK = ToyTask()
BATCH = TASK.batch(0, 5, 1)
NUMBERS = np.zeros((40, 6, 5), np.float32)


class Sizes(Task):
    """A task that is no more than its sizes."""

    n_in, n_out, n_steps, readout_start = 6, 3, 40, 15

    def __init__(self, **changed: Any) -> None:
        self.__dict__.update(changed)


class Parts(Batch):
    """A batch of the parts it is given."""

    size = 5

    def __init__(self, **parts: Any) -> None:
        self.__dict__.update(parts)


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"n_steps": 0}, "n_steps: expected an integer >= 1, found 0"),
        ({"n_steps": 40.0}, r"n_steps: expected an integer >= 1, found 40\.0"),
        ({"n_in": True}, "n_in: .*found True"),
        ({"n_in": 0}, "n_in: .*found 0"),
        ({"n_out": 0}, "n_out: .*found 0"),
        ({"n_out": "3"}, "n_out: .*found '3'"),
        ({"n_out": None}, "n_out: .*found None"),
        ({"n_out": np.uint8(3)}, r"n_out: .*found np\.uint8\(3\)"),
        ({"readout_start": -1}, "readout_start: expected an integer >= 0, found -1"),
        ({"readout_start": 40}, "readout_start: expected less than n_steps = 40, found 40"),
        ({"outputs": "numbers"}, r"outputs: expected one of .* found 'numbers'"),
    ],
)
def test_sizes_that_are_none_are_refused(changed, found):
    check_task(Sizes(n_in=np.int64(6)))
    with pytest.raises(UsageError, match=f"^task Sizes: {found}"):
        check_task(Sizes(**changed))


@pytest.mark.parametrize("missing", ["n_in", "n_out", "n_steps", "readout_start"])
def test_a_size_that_is_not_said_is_refused(missing):
    sizes = {"n_in": 6, "n_out": 3, "n_steps": 40, "readout_start": 15}
    said = {name: size for name, size in sizes.items() if name != missing}
    with pytest.raises(UsageError, match=f"^task Said: {missing}: .* found None"):
        check_task(type("Said", (Task,), said)())


def test_what_derives_from_nothing_is_refused():
    with pytest.raises(UsageError, match=r"^task object: .* from lsnn_core\.task\.protocol\.Task$"):
        check_task(object())
    with pytest.raises(UsageError, match=r"^task ToyTask: batch: .*\.protocol\.Batch, found 'no'$"):
        check_batch(TASK, "no")


def test_what_a_task_does_not_say_has_its_default():
    task, batch = Sizes(), Parts()

    assert (task.halves, task.analog, task.outputs, batch.updates) == (1, False, "classes", 1)
    assert task.record(None, 1) == InteractiveTask().record(None, 1, None) == {}


@pytest.mark.parametrize(
    ("base", "method", "arguments"),
    [
        (Task, "batch", (0, 1, 1)),
        (Task, "held_out", ("test", 1, 1)),
        (Task, "recordings", (1,)),
        (InteractiveTask, "rollout", (None, 0, 1, 1)),
        (InteractiveTask, "rollouts", (None, "test", 1, 1)),
        (InteractiveTask, "recorded_rollout", (None, 1)),
    ],
)
def test_a_task_lacks_no_method(base, method, arguments):
    with pytest.raises(UsageError, match=f"^task {base.__name__}: .* method {method}$"):
        getattr(base(), method)(*arguments)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"n_in": 7}, "task ToyTask: n_in: expected 7 as the network, found 6"),
        ({"n_out": 2}, "task ToyTask: n_out: expected 2 as the network, found 3"),
        ({"batch": 0}, "batch: expected an integer >= 1, found 0"),
        ({"batch": 2.0}, r"batch: expected an integer >= 1, found 2\.0"),
        ({"threads": -1}, "threads: expected an integer >= 0, found -1"),
    ],
)
def test_a_task_for_another_network_and_sizes_that_are_none_are_refused(changed, words):
    given = {"n_in": 6, "n_out": 3, "batch": 5, "threads": 0}
    check_engine(TASK, **given)
    with pytest.raises(UsageError, match=f"^{words}"):
        check_engine(TASK, **{**given, **changed})


@pytest.mark.parametrize("size", [0, -1, 2.5, None, True])
def test_a_batch_of_no_size_is_refused(size):
    with pytest.raises(UsageError, match=r"task ToyTask: batch\.size: expected an integer >= 1"):
        check_batch(TASK, Parts(size=size))


def test_a_batch_is_no_larger_than_asked_for():
    assert check_batch(TASK, BATCH, 5) == 5
    with pytest.raises(UsageError, match=r"expected at most 4 examples, as asked for .* found 5"):
        check_batch(TASK, BATCH, 4)


@pytest.mark.parametrize(
    ("analog", "missing"), [(False, "events"), (True, "analog"), (False, "loss")]
)
def test_a_batch_lacks_no_method(analog, missing):
    methods = {"events": BATCH.events, "analog": lambda *cut: NUMBERS, "loss": BATCH.loss}
    del methods[missing]
    with pytest.raises(UsageError, match=f"batch: expected one with a method {missing}, found"):
        rehearse(Sizes(analog=analog), Parts(**methods))


def test_a_dataclass_says_its_size_in_a_field():
    @dataclass
    class Labelled(Batch):
        size: int
        label: Any

    assert check_batch(TASK, Labelled(3, [1, 2, 0])) == 3
    with pytest.raises(TypeError, match="size"):
        Labelled(label=[1, 2, 0])  # type: ignore[call-arg]


def test_a_batch_that_does_not_say_its_size_is_refused():
    with pytest.raises(UsageError, match=r"batch\.size: .* found None"):
        check_batch(TASK, Batch())


def test_no_batch_asks_for_more_updates_than_a_file_can_tell_of():
    assert updates_of(TASK, Parts(updates=MOST_UPDATES)) == MOST_UPDATES
    with pytest.raises(UsageError, match=rf"batch\.updates: expected at most {MOST_UPDATES}"):
        updates_of(TASK, Parts(updates=MOST_UPDATES + 1))


@pytest.mark.parametrize("updates", [0, 1.5, "2"])
def test_updates_are_counted(updates):
    assert updates_of(TASK, BATCH) == 1
    with pytest.raises(UsageError, match=r"batch\.updates: expected an integer >= 1"):
        updates_of(TASK, Parts(updates=updates))


@pytest.mark.parametrize(
    ("batches", "found"), [(None, "expected batches to loop over"), ((), "at least one batch")]
)
def test_a_split_without_a_batch_is_refused(batches, found):
    assert list(held_out_batches(TASK, "test", [BATCH])) == [BATCH]
    with pytest.raises(UsageError, match=rf"task ToyTask: held_out\(.test.\): .*{found}"):
        list(held_out_batches(TASK, "test", batches))


@pytest.mark.parametrize("found", [BATCH, (BATCH,), (BATCH, None), (BATCH, {1: 2}), (None, {})])
def test_a_recording_is_a_batch_and_what_belongs_to_it(found):
    assert check_recording(TASK, (BATCH, {"a": 1})) == (BATCH, {"a": 1})
    with pytest.raises(UsageError, match=r"^task ToyTask: (recordings|batch): expected"):
        check_recording(TASK, found)


@pytest.mark.parametrize("found", [None, [1], {1: {}}])
def test_recordings_of_its_own_are_groups_by_name(found):
    assert check_recordings(TASK, {"group": {"a": 1}}) == {"group": {"a": 1}}
    with pytest.raises(UsageError, match=r"^task ToyTask: record: expected a dictionary"):
        check_recordings(TASK, found)
