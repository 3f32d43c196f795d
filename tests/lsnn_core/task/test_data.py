"""Equal data have equal digests on any machine, and different data different ones."""

from __future__ import annotations

import numpy as np

from lsnn_core.task.data import data_digest


def test_digests_follow_values_types_and_order():
    one = np.arange(4)
    assert data_digest([one, "a"]) == data_digest([one.astype(">i8"), "a"])
    assert data_digest([one[::2]]) == data_digest([np.array([0, 2])])
    others = [[one, "b"], ["a", one], [one[:2], one[2:], "a"], [one.astype(np.int32), "a"]]
    assert len({data_digest([one, "a"]), *map(data_digest, others)}) == 5
