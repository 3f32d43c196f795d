"""A program with one kernel and a cache of its own, as a real process."""

from __future__ import annotations

import os
import pathlib
import shutil
import subprocess
import sys

from lsnn_core import kernels
from lsnn_core.kernels.jit import CompileLocks

DOUBLING = """
from lsnn_core.kernels.jit import kernel

@kernel
def twice(x):
    return 2 * x
"""
MAIN = """
import sys
from doubling import twice
print("ready", flush=True)
print(*(twice(eval(number)) for number in sys.argv[1:]), sum(twice.stats.cache_hits.values()))
"""
REFUSED = """
import sys
from numba import TypingError
from doubling import twice
try:
    twice(None)
except TypingError:
    print("refused", flush=True)
sys.stdin.readline()
"""


class KernelProgram:
    """A program with one kernel, its cache, and a core of its own to change."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.cache = folder, folder / "cache"
        self.kernels = folder / "lsnn_core" / "kernels"
        self.kernels.mkdir(parents=True)
        (folder / "lsnn_core" / "__init__.py").touch()
        original = pathlib.Path(kernels.__file__).parent
        (self.kernels / "vectors").mkdir()
        for name in ("__init__.py", "jit.py", "vectors/lanes.py", "trust.py"):
            shutil.copy(original / name, self.kernels / name)
        (folder / "doubling.py").write_text(DOUBLING)
        (folder / "main.py").write_text(MAIN)
        (folder / "refused.py").write_text(REFUSED)

    def start(self, *numbers: str, script: str = "main.py") -> subprocess.Popen[str]:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(self.cache), "PYTHONPATH": ""}
        command = [sys.executable, str(self.folder / script), *numbers]
        pipe = subprocess.PIPE
        return subprocess.Popen(
            command, env=environment, stdin=pipe, stdout=pipe, stderr=pipe, text=True
        )

    def run(self, *numbers: str) -> list[str]:
        """What is printed: each number twice, then how many kernels came from the cache."""
        process = self.start(*numbers)
        out, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        assert err == ""
        return out.split()[1:]

    def turns(self) -> CompileLocks:
        """The turns of its kernel, as the program takes them."""
        return CompileLocks(self.entries(".nbi")[0].with_suffix(""))

    def entries(self, suffix: str) -> list[pathlib.Path]:
        found = sorted(self.cache.rglob(f"*{suffix}"))
        assert found
        return found
