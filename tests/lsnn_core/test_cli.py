"""Verbs, exit codes and one-line errors."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lsnn_core import __version__, errors, plugins
from lsnn_core.cli import main


class Verb:
    help = "do as the test says"

    def __init__(self, action):
        self.action = action

    def add_arguments(self, parser):
        parser.add_argument("--number", type=int, default=0)

    def run(self, args):
        return self.action(args) or 0


@pytest.fixture
def verb(monkeypatch):
    """Make `lsnn verb` do what the test hands over."""

    def install(action):
        load = plugins.load
        own = Verb(action)
        monkeypatch.setattr(
            plugins, "load", lambda group, name: own if name == "verb" else load(group, name)
        )

    return install


def raiser(error):
    def action(args):
        raise error

    return action


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.LsnnError("it broke"), 1),
        (errors.UsageError("it broke"), 2),
        (errors.BadFileError("it broke"), 3),
        (errors.NumericalError("it broke"), 4),
        (OSError(28, "it broke"), 1),
    ],
)
def test_an_error_is_one_line_and_its_exit_code(verb, capsys, error, code):
    verb(raiser(error))

    assert main(["verb"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lsnn: error: ")
    assert err.endswith("it broke\n")


def test_an_error_stays_one_line_whatever_it_quotes(verb, capsys):
    verb(raiser(errors.BadFileError("found \x1b[2J\nlsnn: all is well")))

    assert main(["verb"]) == 3
    assert capsys.readouterr().err == "lsnn: error: found \\x1b[2J\\nlsnn: all is well\n"


def test_control_c_ends_with_130(verb, capsys):
    verb(raiser(KeyboardInterrupt()))

    assert main(["verb"]) == 130
    assert capsys.readouterr().err == "lsnn: error: interrupted\n"


def test_a_defect_keeps_its_traceback(verb):
    verb(raiser(ZeroDivisionError()))

    with pytest.raises(ZeroDivisionError):
        main(["verb"])


def test_the_verb_gets_its_arguments_and_gives_the_exit_code(verb):
    verb(lambda args: args.number)

    assert main(["verb", "--number", "7"]) == 7


@pytest.mark.parametrize(
    "argv",
    [["verb", "--numbr", "7"], ["verb", "--num", "7"], ["verb", "--number", "x"], ["verb", "y"]],
)
def test_wrong_arguments_are_usage_errors(verb, capsys, argv):
    verb(lambda args: 0)

    assert main(argv) == 2
    assert "lsnn verb: error: " in capsys.readouterr().err


@pytest.mark.parametrize("argv", [[], ["--nonsense"], ["--vers"]])
def test_no_verb_is_a_usage_error(capsys, argv):
    assert main(argv) == 2
    assert "lsnn: error: " in capsys.readouterr().err


def test_an_unknown_verb_gets_the_nearest_name(capsys):
    assert main(["trian"]) == 2
    assert capsys.readouterr().err == (
        "lsnn: error: command 'trian' does not exist; did you mean 'train'?\n"
    )


def test_help_names_every_verb(capsys):
    assert main(["--help"]) == 0
    shown = capsys.readouterr().out
    for name in plugins.find(plugins.COMMANDS):
        assert f"\n  {name} " in shown


def test_a_broken_verb_leaves_the_others_their_help(monkeypatch, capsys):
    def load_point(point):
        raise errors.LsnnError(f"{point.name} is broken")

    monkeypatch.setattr(plugins, "load_point", load_point)

    assert main(["--help"]) == 0
    assert "(recipes is broken)" in capsys.readouterr().out


def test_version(capsys):
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"lsnn {__version__}\n"


def test_recipes_lists_names_and_titles(capsys):
    assert main(["recipes"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("smnist-deepr  ") and "DEEP R" in line for line in lines)


def run_shell(line):
    """Run a shell line in which LSNN stands for the command."""
    line = line.replace("LSNN", f"{sys.executable} -m lsnn_core")
    return subprocess.run(["bash", "-c", line], capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("line", ["LSNN recipes", "LSNN --help", "LSNN recipes --help"])
def test_a_reader_that_goes_away_is_no_disaster(line):
    result = run_shell(f"set -o pipefail; (sleep 0.3; PYTHONUNBUFFERED= {line}) | true")

    assert result.returncode == 1
    assert result.stderr == ""


def test_a_full_disk_is_one_line():
    result = run_shell("PYTHONUNBUFFERED= LSNN recipes > /dev/full")

    assert result.returncode == 1
    assert result.stderr == (
        "lsnn: error: stdout: results could not be written (No space left on device)\n"
    )


def test_a_closed_stdout_is_one_line():
    result = run_shell("LSNN recipes >&-")

    assert result.returncode == 1
    assert result.stderr == "lsnn: error: stdout: results could not be written (it is closed)\n"


@pytest.mark.parametrize("line", ["LSNN recipes 2>&-", "LSNN nonsense 2>&-", "LSNN train 2>&-"])
def test_without_a_stderr_no_word_is_among_the_results(line):
    result = run_shell(line)

    assert result.returncode == (0 if "recipes" in line else 2)
    assert "error" not in result.stdout
    assert result.stderr == ""


@pytest.mark.parametrize("line", ["PYTHONIOENCODING=ascii LSNN recipes", "LC_ALL=C LSNN recipes"])
def test_odd_terminals_do_not_matter(line):
    result = run_shell(line)

    assert (result.returncode, result.stderr) == (0, "")
