"""What a built page says: its anchors, its links, and what a browser makes of it."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


class Page(HTMLParser):
    """One page: `ids`, and `links`, a list of (tag, address)."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[tuple[str, str]] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name == "id":
                self.ids.add(value)
            elif name in ("href", "src", "srcset", "poster", "data"):
                self.links.append((tag, value))

    @property
    def loaded(self) -> list[str]:
        """What a browser fetches without being asked to."""
        return [address for tag, address in self.links if tag != "a"]


@cache
def read(path: Path) -> Page:
    return Page(path)


def as_seen(path: Path, query: str = "") -> str:
    """Return a page as a browser has it after its scripts ran, without any network."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("no browser is installed")
    alone = ["--headless", "--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP * ~NOTFOUND"]
    wait = ["--virtual-time-budget=20000", "--dump-dom"]
    command = [browser, *alone, *wait, path.as_uri() + query]
    return subprocess.run(command, capture_output=True, check=True, timeout=120, text=True).stdout
