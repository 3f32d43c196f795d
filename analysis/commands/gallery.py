"""`lsnn gallery`: draw every figure from a folder of result files, and write the page of them.

The repository's own results are no part of an installed program: they weigh more than it does.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from lsnn_core.errors import UsageError

from .display import without_display

WHERE = "in a clone of the repository: analysis/results"
IN_CLONE = Path(__file__).parents[1] / "results"


class GalleryCommand:
    """Draw all figures and write GALLERY.md."""

    help = "draw every figure from a folder of results, and the page that shows them"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the two folders."""
        parser.add_argument(
            "--results", metavar="FOLDER", type=Path,
            help=f"any folder with run files; ours are {WHERE}, and are drawn if the program "
            "runs from there",
        )  # fmt: skip
        parser.add_argument(
            "--out", metavar="FOLDER", type=Path,
            help="where GALLERY.md and the folder gallery/ go (the current folder; for our results "
            "analysis/ of the clone)",
        )  # fmt: skip

    def run(self, args: argparse.Namespace) -> int:
        """Draw, and print what was written."""
        results, out = args.results, args.out
        if results is None:
            if not IN_CLONE.is_dir():
                raise UsageError(
                    f"results: none are installed with the program, they are {WHERE}; "
                    "name that folder, or one of yours, with --results"
                )
            results, out = IN_CLONE, out or IN_CLONE.parent
        with without_display():
            from ..gallery_page import draw_gallery

            for line in draw_gallery(results, out or Path()):
                print(line, flush=True)
        return 0


gallery = GalleryCommand()
