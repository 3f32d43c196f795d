"""A measured process and what it answers."""

from __future__ import annotations

import sys

import pytest

from lsnn_core.bench.child import Child
from lsnn_core.bench.environment import measured_environment
from lsnn_core.errors import LsnnError

PRINTER = "import sys; from lsnn_core.bench.serve import serve; print('noise'); serve({actions})"


def child(actions):
    return Child("toy", [sys.executable, "-c", PRINTER.format(actions=actions)], 1)


def test_what_a_framework_prints_is_no_answer():
    with child("{'one': lambda: {'value': 1}}") as toy:
        assert toy.ask("one")["value"] == 1
        assert toy.ask("memory")["peak_mb"] > 1


def test_quick_actions_are_repeated_and_may_time_themselves():
    with child("{'quick': lambda: {}, 'own': lambda: {'seconds': 0.25}}") as toy:
        assert sum(toy.ask("quick", 0.01)["seconds"]) >= 0.01
        assert toy.ask("own", 0.6)["seconds"] == [0.25, 0.25, 0.25]


def test_the_last_words_of_a_dead_process_are_told():
    with child("{'fail': lambda: 1 / 0}") as toy, pytest.raises(LsnnError) as caught:
        toy.ask("fail")

    assert "toy: the measured process ended with code 1: ZeroDivisionError" in str(caught.value)


def test_measured_processes_do_not_inherit_what_slows_blas(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")

    found = measured_environment(2)

    assert "OPENBLAS_CORETYPE" not in found
    assert found["OPENBLAS_NUM_THREADS"] == "2"
