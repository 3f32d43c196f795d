"""`lsnn trim RUN.h5 --out SMALL.h5`: a run's file, small enough to be given away."""

from __future__ import annotations

import argparse


class Trim:
    """Leave out what only resume needs, and thin the curves of training."""

    help = "write a finished run without what resume needs, small enough to be given away"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run file and the output."""
        parser.add_argument("run", metavar="RUN.h5", help="file of a complete run; left as it is")
        parser.add_argument("--out", required=True, metavar="SMALL.h5", help="what is written")
        parser.add_argument("--overwrite", action="store_true", help="replace an existing file")

    def run(self, args: argparse.Namespace) -> int:
        """Write the file and say how large it is."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        import os

        from ..files.trimming import trim
        from ..words import say

        trim(args.run, args.out, args.overwrite)
        before, after = (os.path.getsize(path) / 1000 for path in (args.run, args.out))
        say(f"{args.out}: {after:.0f} kB of {before:.0f}")
        return 0


trim = Trim()
