"""How another Python is started: it runs our module, and nothing that lies in the working folder.

``python -m MODULE`` looks for modules in the working folder first, so that somebody's `random.py`
would be run by the first import of `random`. Python 3.11 has ``-P`` for that; the interpreters of
other frameworks may be older.
"""

from __future__ import annotations

import sys
from pathlib import Path

SAFE_PATH = "import sys; sys.path[:1] = [p for p in sys.path[:1] if p]\n"  # as -P does
_RUN = SAFE_PATH + (
    "import runpy\n"
    "root, module = sys.argv[1:3]; del sys.argv[1:3]\n"
    "if root and root not in sys.path: sys.path.insert(0, root)\n"
    "runpy.run_module(module, run_name='__main__', alter_sys=True)"
)


def own_module(module: str, *arguments: str) -> list[str]:
    """The command that runs one of our modules, from where this one was imported."""
    return [sys.executable, "-c", _RUN, str(Path(__file__).parents[1]), module, *arguments]


def foreign_module(python: str, module: str, *arguments: str) -> list[str]:
    """The command that runs a module which another interpreter finds on its own path."""
    return [python, "-c", _RUN, "", module, *arguments]
