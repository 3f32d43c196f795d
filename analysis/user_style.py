"""A Matplotlib style of the user's, by its name or from its file."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import matplotlib.style
from matplotlib import rc_params_from_file

from lsnn_core.errors import UsageError
from lsnn_core.text import printable


def read_style(style: str) -> dict[str, Any]:
    """Return what a style sets, by its name or from its file.

    Raises
    ------
    UsageError
        If there is no such style, or it sets what is no setting, which Matplotlib passes over.
    """
    found: dict[Any, Any]
    if style in matplotlib.style.library:
        found = dict(matplotlib.style.library[style])
    elif Path(style).is_file():
        found = _read_style_file(style)
    else:
        raise UsageError(
            f"style: expected the name of a Matplotlib style (such as 'ggplot') or a style"
            f" file, found {printable(repr(style), 80)}"
        )
    if found.get("text.usetex"):
        raise UsageError(
            f"style: {printable(style)}: text.usetex is not for these figures: leave it out"
        )
    return found


class _Listener(logging.Handler):
    """Keeps what Matplotlib only warns of."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _read_style_file(path: str) -> dict[str, Any]:
    listener, log = _Listener(), logging.getLogger("matplotlib")
    spreads, log.propagate = log.propagate, False
    log.addHandler(listener)
    try:
        found = rc_params_from_file(path, fail_on_error=True, use_default_template=False)
    except (OSError, ValueError) as error:
        raise UsageError(f"style: {printable(path)}: {printable(str(error))}") from error
    finally:
        log.removeHandler(listener)
        log.propagate = spreads
    if listener.said:
        raise UsageError(
            f"style: {printable(path)}: {printable(' '.join(listener.said[0].split()), 160)}"
        )
    return dict(found.items())


def _some_styles() -> list[str]:
    return [
        name
        for name in ("ggplot", "grayscale", "fivethirtyeight")
        if name in matplotlib.style.library
    ]
