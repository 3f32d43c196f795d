"""How every figure looks, and how it is written: the style, the colours, the widths, `save`.

Figures are made without pyplot, so nothing here depends on a display, a backend or the user's own
Matplotlib settings, and drawing twice gives the same bytes.
"""

from __future__ import annotations

import io
import os
import secrets
from contextlib import AbstractContextManager
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lsnn_core.errors import LsnnError, UsageError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMN_IN = 3.25
TEXT_IN = 5.5
PAGE_IN = 6.75

FORMATS = ("pdf", "svg", "png")

# Populations keep their colour in all figures (Okabe and Ito's palette; grey for the input).
PALETTE = MappingProxyType(
    {
        "X": "#4D4D4D",
        "R_E": "#0072B2",
        "R_I": "#D55E00",
        "A": "#009E73",
        "Y": "#CC79A7",
        "context": "#B3B3B3",
        "window": "#F0E9D2",
    }
)
# Runs drawn on the same axes.
RUN_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#4D4D4D")


def context() -> AbstractContextManager[None]:
    """Return the context in which figures are made and saved: our style over plain defaults."""
    import matplotlib.style

    return matplotlib.style.context(["default", Path(__file__).with_name("lsnn.mplstyle")])


def new_figure(width_in: float = TEXT_IN, height_in: float = 3.4) -> Figure:
    """Return an empty figure in the style; call it, and all drawing, inside `context()`."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width_in, height_in), layout="constrained")


def run_colours(n: int) -> list[str]:
    """Return `n` colours for runs on the same axes, a graded scale when there are many."""
    if n <= len(RUN_COLOURS):
        return list(RUN_COLOURS[:n])
    import matplotlib
    from matplotlib.colors import to_hex

    scale = matplotlib.colormaps["cividis"]
    return [to_hex(scale(0.9 * i / (n - 1))) for i in range(n)]


def output_format(out: str) -> str:
    """Return the format that the name `out` asks for.

    Raises
    ------
    UsageError
        If the suffix is none of `FORMATS`.
    """
    suffix = os.path.splitext(out)[1].lower().removeprefix(".")
    if suffix in FORMATS:
        return suffix
    known = ", ".join(f".{name}" for name in FORMATS)
    found = f"found .{suffix}" if suffix else "found none"
    raise UsageError(f"output {out!r}: expected a name ending in one of {known}, {found}")


def save(fig: Figure, out: str, *, title: str = "", about: str = "") -> None:
    """Write `fig` to `out`, whole or not at all, the same bytes each time.

    Parameters
    ----------
    fig
        A figure made inside `context()`.
    out
        File name ending in .pdf, .svg or .png; an existing file is replaced.
    title, about
        Stored in the file's metadata, so that a picture can be traced to its run.
    """
    kind = output_format(out)
    picture = io.BytesIO()
    with context():
        fig.savefig(picture, format=kind, metadata=_metadata(kind, title, about))
    _replace(Path(out), picture.getvalue())


def _metadata(kind: str, title: str, about: str) -> dict[str, str | None]:
    """Return metadata without a date, under the keys each format knows."""
    if kind == "pdf":
        return {"CreationDate": None, "Title": title, "Subject": about}
    if kind == "svg":
        return {"Date": None, "Title": title, "Description": about}
    return {"Title": title, "Description": about}


def _replace(path: Path, content: bytes) -> None:
    """Write `content` beside `path`, then rename: a reader sees the old file or the new one."""
    path = Path(os.path.realpath(path))  # a symbolic link goes on to point to the picture
    temporary = path.with_name(f".{path.name[:60]}.{secrets.token_hex(4)}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except OSError as error:
        raise LsnnError(
            f"output {str(path)!r}: not written ({error.strerror}); name another place with -o"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
