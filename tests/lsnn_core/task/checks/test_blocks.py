"""What a batch hands over for a block: right things pass unchanged, wrong ones are named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.task.checks import block_analog, block_events, block_loss, rehearse
from lsnn_core.task.losses import mean_squared_error
from lsnn_core.task.protocol import Batch, BlockLoss
from lsnn_core.task.spikes import EventBuffers, SpikeEvents
from tests.helpers.toy_task import ToyTask

TASK = ToyTask()
BATCH = TASK.batch(0, 5, 1)
EVENTS = BATCH.events(0, 5)
Y = np.zeros((25, 3, 5))
NUMBERS = np.zeros((40, 6, 5), np.float32)
GOOD = BlockLoss(0.5, np.ones(Y.shape), {"accuracy": (np.int64(3), 5)})


class Handing(Batch):
    """A batch that hands over what it was given."""

    size = 5

    def __init__(self, found: Any) -> None:
        self.found = found

    def events(self, start: int, stop: int, buffers: Any = None) -> Any:
        return self.found

    def analog(self, start: int, stop: int) -> Any:
        return self.found

    def loss(self, y: Any, start: int, stop: int) -> Any:
        return self.found(y) if callable(self.found) else self.found


def events(batch: Any, buffers: EventBuffers | None = None) -> SpikeEvents:
    return block_events(TASK, batch, 0, 5, buffers)


def test_right_events_pass_unchanged_in_arrays_of_their_own():
    found = events(Handing(EVENTS))
    for name in ("ptr", "source", "lanes"):
        np.testing.assert_array_equal(getattr(found, name), getattr(EVENTS, name))
        assert not np.shares_memory(getattr(found, name), getattr(EVENTS, name))


def test_what_lies_in_the_lent_buffers_is_not_copied():
    buffers = EventBuffers.allocate(40, 6)
    buffers.ptr[:] = EVENTS.ptr
    buffers.source[: EVENTS.ptr[-1]], buffers.lanes[: EVENTS.ptr[-1]] = EVENTS.source, EVENTS.lanes
    found = events(Handing(buffers.events(5)), buffers)

    assert found.ptr is buffers.ptr
    assert np.shares_memory(found.source, buffers.source)


def test_read_only_and_spread_out_arrays_become_what_kernels_were_compiled_for():
    twice = np.repeat(EVENTS.source, 2)[::2]
    ptr = EVENTS.ptr.copy()
    ptr.flags.writeable = False
    found = events(Handing(replace(EVENTS, source=twice, ptr=ptr)))

    assert found.ptr.flags.writeable
    assert found.source.flags.c_contiguous


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (None, "expected SpikeEvents, found None"),
        (TASK.batch(0, 4, 1).events(0, 4), "expected 40 steps of 5 examples, found 40 of 4"),
        (SpikeEvents.none(39, 5), "expected 40 steps of 5 examples, found 39 of 5"),
        (SpikeEvents.none(5000, 5), "expected 40 steps of 5 examples, found 5000 of 5"),
        (replace(EVENTS, source=EVENTS.source + np.int32(1)), "expected 0 to 5, found 6"),
        (replace(EVENTS, source=EVENTS.source - np.int32(1)), "expected 0 to 5, found -1"),
        (replace(EVENTS, n_lanes=4), "lanes: expected 1 to 15, found"),
        (replace(EVENTS, n_lanes=5.0), r"1 to 16 examples, found 5\.0"),
        (replace(EVENTS, ptr=list(EVENTS.ptr)), "ptr: expected a vector of int64, found"),
        (replace(EVENTS, ptr=EVENTS.ptr[::-1]), "ptr: expected to rise from 0"),
    ],
)
def test_wrong_events_are_refused(found, words):
    with pytest.raises(UsageError, match=rf"^task ToyTask: events of examples 0:5: .*{words}"):
        events(Handing(found))


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (NUMBERS[:1], r"shape \(40, 6, 5\), found float32 \(1, 6, 5\)"),
        (NUMBERS[:, :1], r"found float32 \(40, 1, 5\)"),
        (NUMBERS[..., :1], r"found float32 \(40, 6, 1\)"),
        (NUMBERS.transpose(2, 1, 0), r"found float32 \(5, 6, 40\)"),
        (NUMBERS + 1j, "found complex"),
        (NUMBERS.astype(object), "found object"),
        (None, "expected real numbers, found None"),
        (np.where(np.arange(5) == 3, np.nan, NUMBERS), r"\[0, 0, 3\]: .* found nan"),
    ],
)
def test_wrong_numbers_are_refused(x, words):
    assert block_analog(TASK, Handing(NUMBERS), 0, 5) is NUMBERS
    with pytest.raises(
        UsageError, match=rf"^task ToyTask: analog of examples 0:5: inputs.*{words}"
    ):
        block_analog(TASK, Handing(x), 0, 5)


def test_a_right_loss_passes_unchanged():
    found = block_loss(TASK, Handing(GOOD), Y, 0, 5)

    assert found.loss == 0.5
    assert found.d_y is GOOD.d_y
    assert found.metrics == {"accuracy": (3.0, 5.0)}
    assert block_loss(TASK, Handing(GOOD._replace(metrics={"none": (0, 0)})), Y, 0, 5)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"d_y": np.ones((1, 3, 5))}, r"d_y: .*\(25, 3, 5\), found float64 \(1, 3, 5\)"),
        ({"d_y": np.ones((25, 3, 1))}, r"d_y: .*found float64 \(25, 3, 1\)"),
        ({"d_y": 1.0}, r"d_y: .*found float64 \(\)"),
        ({"d_y": GOOD.d_y.astype(object)}, "d_y: .*found object"),
        ({"d_y": np.where(np.arange(5) == 2, np.nan, GOOD.d_y)}, r"d_y\[0, 0, 2\]: .*found nan"),
        ({"loss": np.ones(5)}, r"loss: .*found float64 \(5,\)"),
        ({"loss": None}, "loss: expected real numbers, found None"),
        ({"loss": np.nan}, "loss: expected a finite number, found nan for readouts of zero"),
        ({"metrics": None}, "metrics: expected name"),
        ({"metrics": {"a": 1.0}}, r"metrics\.a: expected \(sum, weight\), found 1\.0"),
        ({"metrics": {"a": (1.0, -2.0)}}, r"metrics\.a: expected a weight >= 0, found -2"),
        ({"metrics": {"a": (np.nan, 5.0)}}, r"metrics\.a: expected finite numbers, found \(nan"),
        ({"metrics": {"loss": (1.0, 5.0)}}, "metrics: 'loss' is no name for one"),
        ({"metrics": {"a/b": (1.0, 5.0)}}, "metrics: 'a/b' is no name for one"),
        ({"metrics": {"rate_R_hz": (1.0, 5.0)}}, "metrics: 'rate_R_hz' is no name for one"),
    ],
)
def test_a_wrong_loss_is_refused(changed, words):
    with pytest.raises(UsageError, match=rf"^task ToyTask: loss of examples 0:5: .*{words}"):
        block_loss(TASK, Handing(GOOD._replace(**changed)), Y, 0, 5)


@pytest.mark.parametrize("found", [None, 0.5, (0.5, GOOD.d_y)])
def test_a_loss_has_three_parts(found):
    with pytest.raises(UsageError, match="expected a BlockLoss"):
        block_loss(TASK, Handing(found), Y, 0, 5)


def test_a_loss_may_be_infinite_at_readouts_of_zero():
    def loss(y: Any) -> BlockLoss:
        with np.errstate(divide="ignore"):
            return BlockLoss(float(-np.log(np.abs(y)).sum()), -1.0 / y, {})

    batch = Handing(loss)
    batch.events = BATCH.events  # type: ignore[method-assign]
    rehearse(TASK, batch)
    assert np.isfinite(block_loss(TASK, batch, Y + 0.1, 0, 5).loss)


def test_a_target_that_is_none_is_named_with_its_place():
    target = Y.copy()
    target[2, 1, 0] = np.nan

    def loss(y: Any) -> BlockLoss:
        return BlockLoss(*mean_squared_error(y, target), {})

    with pytest.raises(UsageError, match=r"^task ToyTask: loss of examples 0:5: target\[2, 1, 0\]"):
        block_loss(TASK, Handing(loss), Y + 1.0, 0, 5)


@pytest.mark.parametrize("y", [np.inf, np.nan, 1e200])
def test_what_an_overflowing_network_makes_of_it_is_no_fault_of_the_task(y):
    def loss(given: Any) -> BlockLoss:
        with np.errstate(all="ignore"):
            return BlockLoss((given**2).sum(), 2 * given, {"mse": ((given**2).sum(), 5)})

    found = block_loss(TASK, Handing(loss), Y + y, 0, 5)
    assert not np.isfinite(found.loss)  # for the learner to refuse
