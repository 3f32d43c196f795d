"""A thousand damaged run files; ten thousand others by ``python -m tests.faults.fuzz``."""

from __future__ import annotations

import pytest

from tests.faults.fuzz import fuzz


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_damaged_files_crash_nothing_and_change_nothing_in_silence():
    wrong, codes = fuzz(first=0, count=1000)

    assert wrong == []
    assert codes["0"] > 100  # not all of the damage is refused ...
    assert codes["3"] > 400  # ... and much of it is
