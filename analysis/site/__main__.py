"""Build the site into a folder: ``python -m analysis.site --out FOLDER``, in a clone.

Every warning is an error. Needs what ``pip install -e '.[site]'`` brings.
"""

from __future__ import annotations

import argparse
import importlib.util
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from lsnn_core.errors import LsnnError, UsageError
from lsnn_core.python_process import own_module

from .stage import CLONE, HERE, stage

NEEDED = ("sphinx", "myst_parser", "furo", "mathjax")
STRICT = ("--fail-on-warning", "--keep-going", "--nitpicky", "--quiet", "-b", "html")


def main(arguments: list[str] | None = None) -> int:
    """Build; return 0 if there was nothing to complain about."""
    parser = argparse.ArgumentParser(prog="python -m analysis.site", description=__doc__)
    parser.add_argument(
        "--out", metavar="FOLDER", type=Path, required=True,
        help="where index.html goes: a new folder, or that of a site built before",
    )  # fmt: skip
    try:
        return build(parser.parse_args(arguments).out)
    except LsnnError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


def build(out: Path) -> int:
    """Build the site; return Sphinx's exit code.

    Raises
    ------
    UsageError
        If Sphinx is not installed, this is no clone, or `out` holds something else.
    """
    missing = [name for name in NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        remedy = "pip install -e '.[site]' brings what the site is built with"
        raise UsageError(f"site: {missing[0]} is not installed; {remedy}")
    if out.exists() and not (out / ".buildinfo").is_file() and any(out.iterdir()):
        raise UsageError(
            f"out {str(out)!r}: expected a new folder, found other files; name another"
        )
    with tempfile.TemporaryDirectory() as scratch:
        pages, trees, built = (Path(scratch) / name for name in ("pages", "trees", "built"))
        pages.mkdir()
        for line in stage(pages):
            print(line, flush=True)
        places = ["-c", str(HERE), "-d", str(trees), str(pages), str(built)]
        command = own_module("sphinx", *STRICT, *places)
        code = subprocess.run(command, cwd=CLONE).returncode
        if code == 0:
            shutil.rmtree(out, ignore_errors=True)
            shutil.copytree(built, out)
            print(out / "index.html")
    return code


if __name__ == "__main__":
    sys.exit(main())
