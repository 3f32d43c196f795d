"""The list of connections as the kernels of a `NeuronBlock` take it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lsnn_core.gradient_checks import CaseOptions, neuron_difference, random_case
from lsnn_core.random.streams import stream
from lsnn_core.simulation import plan
from lsnn_core.simulation.neuron_arrays import _in_vectors, neuron_arrays
from tests.tolerances import ROUNDING

ROWS = arrays(np.int64, st.integers(0, 12), elements=st.integers(0, 40))


@given(ROWS, st.sampled_from([8, 16]), st.sampled_from([100, 60_000, 200_000]), st.integers(0, 99))
def test_each_vector_of_a_row_has_a_base_of_its_own(lengths, width, largest, seed):
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    offset = np.random.default_rng(seed).integers(0, largest, indptr[-1]).astype(np.int32)
    base, packed = _in_vectors(indptr, offset, width)

    place = base[:, None] + packed.reshape(-1, width).astype(np.int64)
    used = []
    for row, (start, stop) in enumerate(pairwise(indptr)):
        for nth, c in enumerate(range(start, stop, width)):
            used.append(row + start // width + nth)  # as `first_vector` says
            last = stop - 1  # again and again, where the row has ended
            assert (place[used[-1]] == offset[np.minimum(c + np.arange(width), last)]).all()
    assert len(set(used)) == len(used)


@pytest.mark.parametrize(("apart", "kind"), [(65_535, np.uint16), (65_536, np.int32)])
def test_sixteen_bits_are_used_where_they_suffice(apart, kind):
    offset = np.array([7, 7 + apart], np.int32)
    base, packed = _in_vectors(np.array([0, 2]), offset, 16)

    assert packed.dtype == kind
    assert (base[0] + packed[:2].astype(np.int64) == offset).all()


@pytest.mark.parametrize(("limit", "kind"), [(65_535, np.uint16), (10, np.int32)])
def test_offsets_of_both_kinds_equal_the_reference(limit, kind, monkeypatch):
    monkeypatch.setattr("lsnn_core.simulation.neuron_arrays.LARGEST_OFFSET", limit)
    case = random_case("", stream(1, "both kinds"), CaseOptions(batch=1))

    assert neuron_arrays(case.net, np.float64).connections.offset.dtype == kind
    assert max(neuron_difference(case).values()) <= ROUNDING


@pytest.mark.parametrize("ahead", [0, 1, 3])
def test_rows_asked_for_ahead_of_time_do_not_change_the_result(ahead, monkeypatch):
    monkeypatch.setattr(plan, "AHEAD", ((np.inf, ahead),))
    case = random_case("", stream(1, "ahead"), CaseOptions(batch=1))

    assert neuron_arrays(case.net, np.float64).connections.ahead == ahead
    assert max(neuron_difference(case).values()) <= ROUNDING
