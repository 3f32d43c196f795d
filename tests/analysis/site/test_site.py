"""The whole site, built once: no warning, no dead link, nothing from a network."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

import lsnn_core
from analysis.site import __main__ as program
from tests.helpers.html import as_seen, read

ROOT = Path(__file__).parents[3]
API = ROOT / "analysis" / "site" / "pages" / "api"
DERIVATION = Path("lsnn_core", "reference", "DERIVATION.html")
LESSONS = Path("analysis", "lessons")
HOST = re.compile(r"[\w.-]+\.\w+")
OUTSIDE = re.compile(r"(?:url\(|@import)\W*http")

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]  # it runs all lessons


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    need_tools()
    out = tmp_path_factory.mktemp("site") / "html"
    done = command("--out", str(out))
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out


@pytest.fixture(scope="session")
def pages(site):
    return sorted(site.rglob("*.html"))


def need_tools():
    for module in program.NEEDED:
        pytest.importorskip(module, reason="not installed: pip install -e '.[site]'")


def command(*words):
    line = [sys.executable, "-m", "analysis.site", *words]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True)


def dead(page, address):
    """Whether an address on a page leads nowhere."""
    parts = urlsplit(address)
    if parts.scheme or parts.netloc:
        return not (
            parts.scheme in ("https", "http") and re.fullmatch(r"[\w.-]+\.\w+", parts.netloc)
        )
    target = (page.parent / unquote(parts.path)) if parts.path else page
    if not target.is_file():
        return True
    anchor = unquote(parts.fragment)
    return bool(anchor) and target.suffix == ".html" and anchor not in read(target).ids


def test_all_links_lead_somewhere(pages):
    found = {str(page): read(page).links for page in pages}
    dead_ones = [(page, to) for page in pages for _, to in found[str(page)] if dead(page, to)]

    assert sum(map(len, found.values())) > 1000
    assert dead_ones == []


def test_a_dead_link_is_told_from_a_live_one(tmp_path):
    page = tmp_path / "a.html"
    page.write_text('<p id="here">')

    assert not any(dead(page, to) for to in ("#here", "a.html", "a.html#here", "https://a.org/b"))
    assert all(
        dead(page, to) for to in ("#gone", "b.html", "a.html#gone", "https:/a.org", "ftp://a")
    )


def test_nothing_is_fetched_from_a_network(site, pages):
    fetched = {to for page in pages for to in read(page).loaded if urlsplit(to).netloc}
    styles = list(site.rglob("*.css"))

    assert fetched == set()
    assert styles
    assert [path for path in styles if OUTSIDE.search(path.read_text("utf-8"))] == []


def test_every_equation_has_an_anchor_and_is_led_to(site):
    text = (ROOT / DERIVATION).with_suffix(".md").read_text("utf-8")
    numbers = set(re.findall(r"\\tag\{(\d+)\}", text))
    lesson = read(site / LESSONS / "lesson3_adjoint.html")

    assert {f"equation-{number}" for number in numbers} <= read(site / DERIVATION).ids
    assert ("a", "#equation-14") in read(site / DERIVATION).links
    assert ("a", f"../../{DERIVATION.as_posix()}#equation-14") in lesson.links


def test_decisions_and_files_that_are_named_are_links(site):
    lesson = (site / LESSONS / "lesson1_one_neuron.html").read_text("utf-8")

    assert 'href="solutions/lesson1_one_neuron.html"><code' in lesson
    assert ("a", "../lsnn_core/DECISIONS.html#d-mask") in read(site / "api" / "network.html").links


def test_every_public_name_has_its_place_in_the_api(site):
    text = "".join(page.read_text("utf-8") for page in API.glob("*.md"))
    shown = set.union(*(read(page).ids for page in (site / "api").glob("*.html")))

    assert set(re.findall(r":: lsnn_core\.(\w+)$", text, re.MULTILINE)) == {*lsnn_core.__all__}
    assert {f"lsnn_core.{name}" for name in lsnn_core.__all__} <= shown


def test_every_lesson_shows_its_pictures(site):
    scripts = sorted((ROOT / LESSONS).glob("lesson*.py"))
    for script in scripts:
        drawn = re.findall(r'with picture\("([\w-]+)"', script.read_text("utf-8"))
        shown = read(site / LESSONS / f"{script.stem}.html").loaded
        assert drawn
        assert [name for name in drawn if f"../../_images/{name}.png" not in shown] == []


def test_formulas_are_drawn_without_a_network(site):
    seen = as_seen(site / DERIVATION)

    assert seen.count("<mjx-container") == seen.count('class="math ') > 100
    assert "data-mjx-error" not in seen


@pytest.mark.parametrize(("word", "found"), [("eligibility", True), ("zebra", False)])
def test_search_finds_a_page_without_a_server(site, word, found):
    results = as_seen(site / "search.html", f"?q={word}").partition('id="search-results"')[2]

    assert ("DERIVATION.html" in results) is found
    assert "<h2>Search Results</h2>" in results


def test_a_folder_with_other_files_is_refused(tmp_path):
    need_tools()
    (tmp_path / "mine.txt").write_text("keep")

    done = command("--out", str(tmp_path))

    assert done.returncode == 2
    assert "expected a new folder, found other files" in done.stderr
    assert (tmp_path / "mine.txt").read_text() == "keep"


def test_what_is_missing_is_named_with_its_remedy(monkeypatch, capsys):
    monkeypatch.setattr(program, "NEEDED", ("sys", "no_such_module"))

    assert program.main(["--out", "x"]) == 2
    assert "no_such_module is not installed; pip install -e '.[site]'" in capsys.readouterr().err
