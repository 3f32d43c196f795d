from __future__ import annotations

import os

from lsnn_core.threads import processor_count, usable_processors


def test_processors_that_are_taken_away_do_not_count(monkeypatch):
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {5, 3}, raising=False)

    assert usable_processors() == [3, 5]
    assert processor_count() == 2


def test_without_affinity_all_processors_count(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 6)

    assert usable_processors() == list(range(6))
    assert processor_count() == 6


def test_there_is_at_least_one(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: None)

    assert processor_count() == 1
