"""`lsnn --help` answers at once: nothing heavy is imported for it."""

from __future__ import annotations

import resource
import subprocess
import sys

import pytest

from lsnn_core import plugins

HEAVY = ["numba", "scipy", "h5py", "matplotlib", "threadpoolctl", "tqdm"]
VERBS = list(plugins.find(plugins.COMMANDS))
PROBE = """
import sys
from lsnn_core.cli import main
code = main({argv!r})
print("heavy:", [name for name in {heavy!r} if name in sys.modules], "code:", code)
"""


def heavy_imports(argv, heavy):
    probe = PROBE.format(argv=argv, heavy=heavy)
    command = [sys.executable, "-c", probe]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return result.stdout.splitlines()[-1] + result.stderr


@pytest.mark.parametrize("argv", [["--help"], ["recipes"]])
def test_nothing_heavy_is_imported(argv):
    assert heavy_imports(argv, ["numpy", *HEAVY]) == "heavy: [] code: 0"


@pytest.mark.parametrize("verb", VERBS)
def test_the_help_of_a_verb_compiles_and_draws_nothing(verb):
    assert heavy_imports([verb, "--help"], HEAVY) == "heavy: [] code: 0"


def seconds(*arguments):
    """Return the processor time of a Python process: what else runs would count on the wall."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], capture_output=True, check=True, timeout=60)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_help_costs_little_more_than_what_it_is_made_of():
    """A quiet machine takes 0.1 to 0.2 s; only the ratio can be relied upon on a busy one."""
    pairs = [
        (seconds("-m", "lsnn_core", "--help"), seconds("-c", "import argparse, importlib.metadata"))
        for _ in range(7)
    ]
    whole, parts = map(min, zip(*pairs, strict=True))

    assert whole < 3 * parts
