"""The list of connections as the kernels of a `NeuronBlock` take it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from lsnn_core import neuron_wiring
from lsnn_core.gradcheck import neuron_difference, random_case
from lsnn_core.neuron_wiring import _from_bases, arrange
from lsnn_core.streams import stream

ROWS = arrays(np.int64, st.integers(0, 12), elements=st.integers(0, 40))


@given(ROWS, st.sampled_from([8, 16]), st.integers(0, 99))
def test_each_vector_of_a_row_has_a_base_of_its_own(lengths, width, seed):
    indptr = np.concatenate(([0], np.cumsum(lengths)))
    offset = np.random.default_rng(seed).integers(0, 60_000, indptr[-1]).astype(np.int32)
    base, packed = _from_bases(indptr, offset, width)

    assert packed.dtype == np.uint16
    used = []
    for row, (start, stop) in enumerate(pairwise(indptr)):
        for nth, c in enumerate(range(start, stop, width)):
            used.append(row + start // width + nth)  # as `first_base` says
            some = slice(c, min(c + width, stop))
            assert (base[used[-1]] + packed[some].astype(np.int64) == offset[some]).all()
    assert len(set(used)) == len(used)


@pytest.mark.parametrize(("apart", "kind"), [(65_535, np.uint16), (65_536, np.int32)])
def test_sixteen_bits_are_used_where_they_suffice(apart, kind):
    offset = np.array([7, 7 + apart], np.int32)
    base, packed = _from_bases(np.array([0, 2]), offset, 16)

    assert packed.dtype == kind
    assert (base[0] + packed.astype(np.int64) == offset).all()


@pytest.mark.parametrize(("limit", "kind"), [(65_535, np.uint16), (10, np.int32)])
def test_offsets_of_both_kinds_equal_the_reference(limit, kind, monkeypatch):
    monkeypatch.setattr(neuron_wiring, "LARGEST_OFFSET", limit)
    case = random_case("", stream(1, "both kinds"), batch=1)

    assert arrange(case.net, np.float64).rows.offset.dtype == kind
    assert max(neuron_difference(case).values()) <= 1e-12
