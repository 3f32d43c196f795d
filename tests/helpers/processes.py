"""Real processes for tests: one that runs a script on this code, and one that has ended."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import lsnn_core

IMPORT_ALL = """
import importlib, pkgutil, warnings
with warnings.catch_warnings():  # its list of fonts is a file that Matplotlib names no encoding for
    warnings.simplefilter("ignore", EncodingWarning)
    import matplotlib.font_manager
# What is run and not imported: by other frameworks, by Sphinx, by readers.
SCRIPTS = "peer_", "__main__", "site.conf", "site.links", "lessons.lesson", "solutions.lesson"
for package in ("lsnn_core", "tasks", "analysis"):
    for module in pkgutil.walk_packages(importlib.import_module(package).__path__, package + "."):
        if not any(script in module.name for script in SCRIPTS):
            importlib.import_module(module.name)
"""


def start_python(script: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a script that can import the packages under test; its output is collected."""
    return subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=Path(lsnn_core.__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def number_of_a_dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid
