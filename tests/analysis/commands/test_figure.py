from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from analysis.commands.figure import figure
from lsnn_core import plugins
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.run_files import a_run, write_run

ROOT = Path(__file__).parents[3]
POINTS = {
    "fig1d": "analysis.figures.paper.fig1d:figure",
    "learning": "analysis.figures.runs.learning:figure",
    "broken": "no_such_module_anywhere:figure",
}


@pytest.fixture(autouse=True)
def points(monkeypatch):
    found = {name: EntryPoint(name, value, plugins.FIGURES) for name, value in POINTS.items()}
    monkeypatch.setattr(plugins, "find", lambda group: found if group == plugins.FIGURES else {})


@pytest.fixture
def here(tmp_path, monkeypatch):
    write_run(tmp_path / "run.h5", a_run(n_iterations=20))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def parser():
    made = argparse.ArgumentParser(prog="lsnn figure")
    figure.add_arguments(made)
    return made


def lsnn_figure(*argv):
    return figure.run(parser().parse_args(argv))


def test_the_picture_is_named_after_the_figure(here, capsys):
    assert lsnn_figure("learning", "run.h5") == 0

    assert capsys.readouterr().out == "learning.pdf\n"
    assert (here / "learning.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize(("out", "magic"), [("b c.svg", b"<?xml"), ("d.png", b"\x89PNG")])
def test_the_ending_chooses_the_format(here, out, magic):
    assert lsnn_figure("learning", "run.h5", "-o", out) == 0

    assert (here / out).read_bytes().startswith(magic)


def test_help_lists_all_figures_with_a_line_each():
    text = parser().format_help()

    lines = [line for line in text.splitlines() if line.startswith("  ")]
    assert any(line.startswith("  fig1d     One digit through the network") for line in lines)
    assert any(line.startswith("  learning  Loss, accuracy, firing rates") for line in lines)
    assert any(line.startswith("  broken    (figure 'broken' cannot be loaded") for line in lines)
    assert "clone of the repository: analysis/results" in " ".join(text.split())


def a_figure_of_a_user(folder, monkeypatch, package, text):
    """Put a package with the module `mine` on the path, and let it be the only figure."""
    (folder / package).mkdir()
    (folder / package / "__init__.py").write_text("raise RuntimeError('imported')\n")
    (folder / package / "mine.py").write_text(text)
    monkeypatch.syspath_prepend(folder)
    points = {"mine": EntryPoint("mine", f"{package}.mine:figure", plugins.FIGURES)}
    monkeypatch.setattr(plugins, "find", lambda group: points)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('"""All my weights.\n\nAnd more."""\nimport nothing_at_all\n', "All my weights"),
        ("x = 1\n", ""),
        ('"""Not ended', r"\(figure 'mine' cannot be loaded from their_figures\.mine:figure: .*\)"),
    ],
)
def test_a_user_s_figure_is_listed_without_importing_its_package(tmp_path, monkeypatch, text, line):
    a_figure_of_a_user(tmp_path, monkeypatch, "their_figures", text)

    listed = parser().format_help().partition("figures:\n  mine")[2]

    assert re.fullmatch(line, listed.strip())
    assert "their_figures" not in sys.modules


def test_figures_are_not_imported_to_parse_arguments(monkeypatch):
    monkeypatch.setattr(plugins, "load", lambda group, name: pytest.fail(f"imported {name}"))

    args = parser().parse_args(["fig1d", "a.h5", "b.h5", "-o", "c.pdf"])

    assert (args.name, args.runs, args.out) == ("fig1d", ["a.h5", "b.h5"], "c.pdf")


@pytest.mark.parametrize(
    ("argv", "error", "said"),
    [
        (["fig1", "run.h5"], UsageError, "'fig1' does not exist; did you mean 'fig1d'"),
        (
            ["fig1d", "run.h5", "-o", "a.jpg"],
            UsageError,
            r"'a.jpg': expected .*\.pdf, \.svg, \.png",
        ),
        (["fig1d", "run.h5", "-o", ""], UsageError, "found none"),
        (["fig1d", "run.h5", "-o", "no/a.pdf"], UsageError, "folder 'no' does not exist"),
        (["fig1d", "no.h5"], BadFileError, r"no\.h5: no such file"),
        (["fig1d", "text.h5"], BadFileError, r"text\.h5: is not an HDF5 file"),
        (["learning", "run.h5", "cut.h5"], BadFileError, r"cut\.h5"),
    ],
)
def test_mistakes_are_one_line_and_leave_nothing(here, argv, error, said):
    (here / "text.h5").write_text("not a run")
    (here / "cut.h5").write_bytes((here / "run.h5").read_bytes()[:3000])
    before = sorted(os.listdir(here))

    with pytest.raises(error, match=said) as raised:
        lsnn_figure(*argv)

    assert "\n" not in str(raised.value)
    assert sorted(os.listdir(here)) == before


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--width", "0"], "width: expected 2 to 40 inches, .* found 0"),
        (["--width", "nan"], "width: expected 2 to 40 inches, .* found nan"),
        (["--width", "1e9"], "width: expected 2 to 40 inches"),
        (["--panel", "b"], "panel: expected a letter from A to Z, found 'b'"),
        (["--panel", ""], "panel: expected a letter from A to Z, found ''"),
        (["--panel", "AB"], "panel: expected a letter"),
        (["--panel", "Z"], "panel: expected one of the figure's, A to E, found 'Z'"),
        (["--style", "nosuch"], "style: expected the name of a Matplotlib style .* found 'nosuch'"),
        (["--style", "typo.mplstyle"], "style: typo.mplstyle: .*font.sise"),
        (["--style", "bad.mplstyle"], "style: bad.mplstyle: .*big"),
        (["--style", "tex.mplstyle"], "style: tex.mplstyle: text.usetex"),
        (["--style", "."], "style: expected the name of a Matplotlib style"),
    ],
)
def test_what_no_figure_can_look_like_is_one_line_and_draws_nothing(here, options, said, capfd):
    (here / "typo.mplstyle").write_text("font.sise: 9\n")
    (here / "bad.mplstyle").write_text("lines.linewidth: big\n")
    (here / "tex.mplstyle").write_text("text.usetex: True\n")
    before = sorted(os.listdir(here))

    with pytest.raises(UsageError, match=said) as raised:
        lsnn_figure("learning", "run.h5", *options)

    assert "\n" not in str(raised.value)
    assert capfd.readouterr().err == ""
    assert sorted(os.listdir(here)) == before


def test_a_figure_of_a_single_panel_has_no_letters(here):
    with pytest.raises(UsageError, match="panel: expected one of the figure's, a single one"):
        lsnn_figure("fig1d", "run.h5", "--panel", "A")


def size_in(svg):
    """Return width and height of an SVG picture in inches."""
    found = re.search(r'<svg .*?width="([\d.]+)pt" height="([\d.]+)pt"', svg.read_text())
    return tuple(float(side) / 72 for side in found.groups())


def test_a_picture_has_the_width_and_the_panel_asked_for(here):
    whole = ["learning", "run.h5", "-o"]
    lsnn_figure(*whole, "all.svg", "--width", "7")
    lsnn_figure(*whole, "column.svg", "--width", "3.5")
    lsnn_figure(*whole, "one.svg", "--panel", "B", "--width", "3.5")

    (page, low), (column, high), (one, lowest) = (
        size_in(here / f"{name}.svg") for name in ("all", "column", "one")
    )
    assert (page, column, one) == (7, 3.5, 3.5)
    assert lowest < low < high  # panels go below one another


def test_a_style_is_laid_over_ours(here):
    (here / "mine.mplstyle").write_text("svg.fonttype: none\nsavefig.bbox: tight\n")

    lsnn_figure("learning", "run.h5", "-o", "a.svg", "--style", "mine.mplstyle", "--width", "5")
    lsnn_figure("learning", "run.h5", "-o", "b.svg", "--style", "ggplot", "--width", "5")

    assert ">iteration</text>" in (here / "a.svg").read_text()
    assert size_in(here / "a.svg")[0] == 5
    assert (here / "a.svg").read_text() != (here / "b.svg").read_text()
    assert "<text" not in (here / "b.svg").read_text()  # outlines look alike without our font


def test_a_figure_of_a_user_that_knows_of_no_look_says_so(here, monkeypatch):
    text = """
from pathlib import Path
class Plain:
    def draw(self, paths, out):
        Path(out).touch()
figure = Plain()
"""
    a_figure_of_a_user(here, monkeypatch, "plain_figures", text)
    (here / "plain_figures" / "__init__.py").write_text("")

    assert lsnn_figure("mine", "run.h5", "-o", "a.svg") == 0
    with pytest.raises(UsageError, match="figure mine: takes no --width, --style, --panel"):
        lsnn_figure("mine", "run.h5", "-o", "b.svg", "--width", "3.5")
    assert not (here / "b.svg").exists()


def test_a_folder_is_no_output(here):
    (here / "a.pdf").mkdir()

    with pytest.raises(UsageError, match=r"'a\.pdf': is a folder"):
        lsnn_figure("fig1d", "run.h5", "-o", "a.pdf")


def test_another_process_draws_the_same_bytes_and_needs_no_pyplot(here):
    code = (
        "import sys; from analysis.figures.paper import fig1d;"
        "fig1d.figure.draw(['run.h5'], 'b.pdf'); print('matplotlib.pyplot' in sys.modules)"
    )
    environment = os.environ | {"PYTHONHASHSEED": "7", "PYTHONPATH": str(ROOT), "DISPLAY": ""}

    lsnn_figure("fig1d", "run.h5", "-o", "a.pdf")
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True
    )

    assert other.stdout == "False\n", other.stderr
    assert (here / "a.pdf").read_bytes() == (here / "b.pdf").read_bytes()


@pytest.mark.parametrize("backend", ["nonsense", "TkAgg", "module://nowhere", "agg", None])
@pytest.mark.parametrize(
    ("argv", "said"),
    [
        (["figure", "learning", "run.h5"], r"learning\.pdf\n"),
        (["figure", "--help"], r".*dashboard.*"),
    ],
    ids=["draws", "helps"],
)
def test_figures_are_drawn_whatever_the_backend(here, backend, argv, said):
    environment = {k: v for k, v in os.environ.items() if k not in ("MPLBACKEND", "DISPLAY")}
    environment |= {"PYTHONPATH": str(ROOT)} | ({"MPLBACKEND": backend} if backend else {})
    command = [sys.executable, "-m", "lsnn_core", *argv]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=100)

    assert (done.returncode, done.stderr) == (0, "")
    assert re.fullmatch(said, done.stdout, re.DOTALL)


@pytest.mark.parametrize("backend", ["svg", None])
def test_the_backend_of_before_comes_back(here, monkeypatch, backend):
    monkeypatch.delenv("MPLBACKEND", raising=False)
    if backend:
        monkeypatch.setenv("MPLBACKEND", backend)
    lsnn_figure("learning", "run.h5")

    assert os.environ.get("MPLBACKEND") == backend
