"""The first signal asks, the second does not wait, and the handlers of before come back."""

from __future__ import annotations

import os
import signal
import threading

import pytest

from lsnn_core.runs import signals
from lsnn_core.runs.signals import InterruptFlag, caught, held_back, leaving_at_once
from tests.helpers.processes import start_python

CAUGHT = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGXCPU)


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
@pytest.mark.parametrize("guard", [InterruptFlag, leaving_at_once])
def test_ignored_signals_stay_ignored(number, guard):
    signal.signal(number, signal.SIG_IGN)  # as nohup leaves SIGHUP
    with guard() as interrupted:
        os.kill(os.getpid(), number)
        assert not interrupted
    assert signal.getsignal(number) is signal.SIG_IGN


def test_a_system_that_lacks_some_of_them(monkeypatch):
    for name in ("SIGHUP", "SIGUSR1", "SIGXCPU"):
        monkeypatch.delattr(signal, name)

    assert caught() == [signal.SIGINT, signal.SIGTERM]
    with leaving_at_once(), InterruptFlag() as interrupted:
        os.kill(os.getpid(), signal.SIGTERM)
    assert interrupted


@pytest.mark.parametrize("number", CAUGHT)
def test_what_no_loop_looks_after_is_left_at_once(number):
    with pytest.raises(KeyboardInterrupt), leaving_at_once():
        os.kill(os.getpid(), number)


def test_a_second_signal_does_not_disturb_the_end():
    ended = []

    def work():
        try:
            os.kill(os.getpid(), signal.SIGTERM)
        finally:
            os.kill(os.getpid(), signal.SIGTERM)
            ended.append(True)

    with leaving_at_once(), pytest.raises(KeyboardInterrupt):
        work()
    assert ended


def test_a_signal_that_is_held_back_is_raised_at_the_end():
    done = []

    def work():
        with held_back():
            os.kill(os.getpid(), signal.SIGTERM)
            done.append("inside")
        done.append("after")

    with leaving_at_once(), pytest.raises(KeyboardInterrupt):
        work()
    assert done == ["inside"]


def test_a_signal_in_a_callback_is_neither_told_of_nor_lost(capsys):
    class Dying:
        def __del__(self):
            os.kill(os.getpid(), signal.SIGTERM)

    with leaving_at_once():
        dying = Dying()
        del dying  # nothing that is raised in here gets out
        with InterruptFlag() as interrupted:
            assert interrupted.signal is signal.SIGTERM
    assert capsys.readouterr().err == ""


def test_handlers_of_another_program_come_back():
    def mine(number, frame):
        raise AssertionError

    signal.signal(signal.SIGUSR1, mine)
    with leaving_at_once():
        assert signal.getsignal(signal.SIGUSR1) is not mine
    assert signal.getsignal(signal.SIGUSR1) is mine
    assert signals._OURS == []


WAITING = """
import sys, time
from lsnn_core import plugins
from lsnn_core.cli import main
class Verb:
    help = ""
    def add_arguments(self, parser): pass
    def run(self, args):
        print("here", flush=True)
        time.sleep(60)
plugins.load = lambda group, name: Verb()
sys.exit(main(["verb"]))
"""


@pytest.mark.parametrize("number", CAUGHT)
def test_any_command_ends_with_130_in_one_line(number):
    process = start_python(WAITING)
    assert process.stdout.readline() == "here\n"
    process.send_signal(number)
    _, err = process.communicate(timeout=60)

    assert (process.returncode, err) == (130, "lsnn: error: interrupted\n")


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
