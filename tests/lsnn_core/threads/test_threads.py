from __future__ import annotations

import threading

import numpy as np
import pytest

from lsnn_core import threads
from lsnn_core.threads import one_blas_thread
from tests.helpers.blas_threads import blas_threads, two_blas_threads


def test_blas_has_one_thread_meanwhile_and_as_many_as_before_afterwards():
    with two_blas_threads():
        with one_blas_thread():
            assert blas_threads() == {1}
        assert blas_threads() == {2}


def test_an_error_gives_the_threads_back():
    with two_blas_threads():
        with pytest.raises(ZeroDivisionError), one_blas_thread():
            1 / 0  # noqa: B018
        assert blas_threads() == {2}


def test_it_lasts_until_the_last_of_several_threads_leaves():
    entered, leave = threading.Event(), threading.Event()

    def other():
        with one_blas_thread():
            entered.set()
            leave.wait(60)

    with two_blas_threads():
        thread = threading.Thread(target=other)
        with one_blas_thread():
            thread.start()
            assert entered.wait(60)
        assert blas_threads() == {1}  # the other one is still at work
        leave.set()
        thread.join()
        assert blas_threads() == {2}


def test_the_first_to_enter_may_leave_last():
    with two_blas_threads():
        outer, inner = one_blas_thread(), one_blas_thread()
        outer.__enter__()
        inner.__enter__()
        outer.__exit__(None, None, None)
        assert blas_threads() == {1}
        inner.__exit__(None, None, None)
        assert blas_threads() == {2}


def test_another_thread_can_enter_afterwards():
    seen = []

    def other():
        with one_blas_thread():
            seen.append(blas_threads())

    with one_blas_thread():
        pass
    thread = threading.Thread(target=other)
    thread.start()
    thread.join()

    assert seen == [{1}]


def test_libraries_are_looked_for_once(monkeypatch):
    with one_blas_thread():
        pass
    monkeypatch.setattr(threads.threadpoolctl, "ThreadpoolController", None)  # not called again

    with one_blas_thread():
        pass


def test_a_blas_that_cannot_be_told_is_left_alone(monkeypatch):
    none = threads._controller().select(user_api="no such")
    monkeypatch.setattr(threads, "_controller", lambda: none)

    with one_blas_thread():
        assert np.ones((2, 2)) @ np.ones(2) == pytest.approx([2, 2])
