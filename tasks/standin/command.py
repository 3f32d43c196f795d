"""`lsnn timit-standin FOLDER`: build the synthetic corpus that stands in for TIMIT."""

from __future__ import annotations

import argparse


class StandIn:
    """Let espeak-ng speak a corpus in TIMIT's layout."""

    help = "build the synthetic corpus that stands in for TIMIT"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the folder and the seed."""
        parser.add_argument(
            "folder",
            metavar="FOLDER",
            nargs="?",
            default="timit-standin",
            help="new folder (default: timit-standin, where the recipes look for it)",
        )
        parser.add_argument("--seed", type=int, default=0, help="of sentences and noise")

    def run(self, args: argparse.Namespace) -> int:
        """Build it; the folder appears when it is complete."""
        from tasks.standin.corpus import build

        count = build(args.folder, args.seed)
        print(f"{args.folder}: {count} utterances of synthetic speech (timit-standin)")
        return 0


standin = StandIn()
