"""The first signal asks, the second does not wait, and the handlers of before come back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from lsnn_core.signals import InterruptFlag

CAUGHT = (signal.SIGINT, signal.SIGTERM)


@pytest.fixture(autouse=True)
def handlers_of_before():
    """Whatever a test does, the other tests find the handlers they had."""
    before = {number: signal.getsignal(number) for number in CAUGHT}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", CAUGHT)
def test_first_signal_sets_the_flag_and_nothing_else(number):
    with InterruptFlag() as interrupted:
        assert not interrupted
        os.kill(os.getpid(), number)
        assert interrupted
        assert interrupted.signal is number
    assert interrupted


@pytest.mark.parametrize("first", CAUGHT)
def test_second_interrupt_raises_at_once(first):
    with InterruptFlag():
        os.kill(os.getpid(), first)
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)


def test_second_termination_only_asks_again():
    with InterruptFlag() as interrupted:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)
    assert interrupted.signal is signal.SIGTERM


@pytest.mark.parametrize("ending", [None, RuntimeError, KeyboardInterrupt])
def test_handlers_of_before_come_back_however_it_ends(ending):
    def mine(number, frame):
        raise AssertionError

    signal.signal(signal.SIGTERM, mine)
    interrupt = signal.getsignal(signal.SIGINT)
    try:
        with InterruptFlag():
            assert signal.getsignal(signal.SIGTERM) is not mine
            if ending:
                raise ending
    except (RuntimeError, KeyboardInterrupt):
        pass
    assert signal.getsignal(signal.SIGTERM) is mine
    assert signal.getsignal(signal.SIGINT) is interrupt


def test_ignored_signals_stay_ignored():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with InterruptFlag() as interrupted:
        os.kill(os.getpid(), signal.SIGINT)
        assert not interrupted
    assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN


def test_nested_flags_take_turns():
    with InterruptFlag() as outer:
        with InterruptFlag() as inner:
            os.kill(os.getpid(), signal.SIGTERM)
        assert inner
        assert not outer
        os.kill(os.getpid(), signal.SIGTERM)
        assert outer


def test_in_another_thread_it_does_nothing():
    seen = []

    def work():
        before = signal.getsignal(signal.SIGINT)
        with InterruptFlag() as interrupted:
            seen.append((bool(interrupted), signal.getsignal(signal.SIGINT) is before))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(False, True)]
