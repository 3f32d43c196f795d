"""What a launcher says is understood before there is MPI, whichever launcher it is."""

from __future__ import annotations

import pytest

from lsnn_core.ranks.launch import launched


@pytest.mark.parametrize(
    ("environment", "rank", "size"),
    [
        ({}, 0, 1),
        ({"PMI_RANK": "2", "PMI_SIZE": "4"}, 2, 4),
        ({"OMPI_COMM_WORLD_RANK": "0", "OMPI_COMM_WORLD_SIZE": "3", "PMIX_RANK": "0"}, 0, 3),
        ({"PMIX_RANK": "1"}, 1, 2),  # at least
        ({"PMI_RANK": "0", "PMI_SIZE": "1"}, 0, 1),
        ({"PMI_SIZE": "many"}, 0, 1),
    ],
)
def test_launchers_are_understood(environment, rank, size):
    assert launched(environment) == (rank, size)
