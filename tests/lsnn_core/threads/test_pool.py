"""A pool works on in a process that was forked."""

from __future__ import annotations

import os
import threading

import numpy as np
import pytest

from lsnn_core.config.tables import RunConfig, from_mapping
from lsnn_core.learning.trainer import Trainer
from lsnn_core.threads import Pool
from tests.helpers.toy_task import ToyTask

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork"),
    pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning"),
]


def in_a_fork(work):
    """What `work` returns in a child process, as bytes; None if it does not end in time."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        threading.Timer(20, lambda: os._exit(1)).start()  # it waits for ever, else
        os.write(writer, work())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as file:
        found = file.read()
    return found if os.waitpid(child, 0)[1] == 0 else None


def trainer(model: str) -> Trainer:
    network = {"model": model, "n_regular": 7, "n_adaptive": 5 if model == "lsnn" else 0}
    loss = {"rate_weight": 0.1}
    training = {"batch": 300, "threads": 2, "dtype": "float64"}
    values = {"task": {"name": "toy"}, "seed": 4, "network": network, "loss": loss}
    return Trainer(from_mapping(RunConfig, {**values, "training": training}), ToyTask())


@pytest.mark.parametrize("workers", [1, 2])
def test_a_used_pool_goes_on_in_a_fork(workers):
    pool = Pool(workers)
    assert list(pool.map(abs, [-1, -2])) == [1, 2]
    found = in_a_fork(lambda: bytes(pool.map(abs, [-3, -4])))

    assert found == bytes([3, 4])
    assert list(pool.map(abs, [-5])) == [5]
    pool.close()


@pytest.mark.parametrize("model", ["lsnn", "lstm", "rnn"])
def test_a_used_trainer_goes_on_in_a_fork_to_the_same_bits(model):
    t = trainer(model)
    t.step()

    def next_loss() -> bytes:
        t.step()
        return np.float64(t.metrics.last("train/loss")).tobytes()

    found = in_a_fork(next_loss)
    assert found == next_loss()
    t.close()


def test_a_pool_that_only_its_parent_used_is_closed_in_a_fork():
    pool = Pool(2)
    list(pool.map(abs, [-1]))

    assert in_a_fork(lambda: pool.close() or b"closed") == b"closed"
    assert list(pool.map(abs, [-1])) == [1]
    pool.close()
