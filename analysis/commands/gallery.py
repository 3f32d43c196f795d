"""`lsnn gallery`: draw every figure from the shipped result files, and write the page of them."""

from __future__ import annotations

import argparse
from pathlib import Path

FOLDER = Path(__file__).parents[1]


class GalleryCommand:
    """Draw all figures and write GALLERY.md."""

    help = "draw every figure from the shipped results, and the page that shows them"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the two folders."""
        parser.add_argument(
            "--results", metavar="DIR", type=Path, default=FOLDER / "results",
            help="folder with run files (those that ship with the program)",
        )  # fmt: skip
        parser.add_argument(
            "--out", metavar="DIR", type=Path, default=FOLDER,
            help="where GALLERY.md and the folder gallery/ go (analysis/ of the program itself)",
        )  # fmt: skip

    def run(self, args: argparse.Namespace) -> int:
        """Draw, and print what was written."""
        from ..gallery_page import draw_gallery

        for line in draw_gallery(args.results, args.out):
            print(line, flush=True)
        return 0


gallery = GalleryCommand()
