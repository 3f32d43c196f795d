"""Words never stop the work and never land among the results; lost results are told of."""

from __future__ import annotations

import io
import os
import sys

import pytest

from lsnn_core.errors import LsnnError
from lsnn_core.words import Results, Words, guarded_streams, say, words
from tests.helpers.processes import start_python


class Broken(io.StringIO):
    """Fails as the test says, and counts how often it was tried."""

    def __init__(self, error):
        super().__init__()
        self.error, self.tried = error, 0

    def write(self, text):
        self.tried += 1
        raise self.error

    def flush(self):
        raise self.error

    def isatty(self):
        raise self.error


FAILURES = [
    OSError(28, "No space left on device"),
    OSError(5, "Input/output error"),  # a terminal that was closed
    BrokenPipeError(32, "Broken pipe"),
    BlockingIOError(11, "Resource temporarily unavailable"),
    ValueError("I/O operation on closed file"),
    UnicodeEncodeError("ascii", "µ", 0, 1, "ordinal not in range"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda e: type(e).__name__)
def test_words_that_cannot_be_written_are_dropped(monkeypatch, error):
    broken = Broken(error)
    monkeypatch.setattr(sys, "stderr", broken)
    say("one")
    say("two")

    assert broken.tried >= 2  # a disk may have room again
    assert not words().isatty()


def test_words_without_a_stderr_are_not_results(monkeypatch, capsys):
    monkeypatch.setattr(sys, "stderr", None)
    say("a note")

    assert capsys.readouterr().out == ""
    assert not words().isatty()
    with pytest.raises(io.UnsupportedOperation):
        words().fileno()


def test_words_reach_a_stderr_that_works(capsys):
    say("a note")
    Words(sys.stderr).write("another\n")

    assert capsys.readouterr() == ("", "a note\nanother\n")


@pytest.mark.parametrize("error", [FAILURES[0], FAILURES[4]], ids=str)
def test_a_lost_result_says_so(error):
    with pytest.raises(LsnnError, match="stdout: results could not be written"):
        Results(Broken(error)).write("loss 0.5")


def test_results_without_a_stdout_are_lost():
    results = Results(None)
    results.flush()  # nothing was to be written yet
    with pytest.raises(LsnnError, match=r"stdout: .*closed"):
        results.write("loss 0.5")


def test_a_reader_of_results_that_has_gone_is_no_error_of_ours():
    with pytest.raises(BrokenPipeError):
        Results(Broken(FAILURES[2])).write("loss 0.5")


def test_the_streams_of_before_come_back():
    out, err = sys.stdout, sys.stderr
    with guarded_streams():
        assert isinstance(sys.stdout, Results)
        assert isinstance(sys.stderr, Words)
    assert (sys.stdout, sys.stderr) == (out, err)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_no_file_takes_the_place_of_a_closed_stream(tmp_path, number):
    script = f"""
import os, sys
from lsnn_core.words import guarded_streams
os.close({number})
with guarded_streams():
    number = os.open({str(tmp_path / "file")!r}, os.O_CREAT | os.O_WRONLY)
    os.write(2 if {number} != 2 else 1, str(number).encode())
"""
    out, err = start_python(script).communicate(timeout=60)

    assert int(out + err) > 2


def test_an_unwritable_stderr_does_not_change_the_exit_code():
    script = """
import os, sys
from lsnn_core.words import guarded_streams, say
os.dup2(os.open("/dev/full", os.O_WRONLY), 2)
with guarded_streams():
    say("x" * 100_000)
"""
    process = start_python(script)
    process.communicate(timeout=60)

    assert process.returncode == 0  # Python's own flush at exit would make it 120
    assert os.path.exists("/dev/full")
