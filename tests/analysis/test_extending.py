"""The page on figures of one's own tells the truth: its figure is listed, drawn, and shown."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import analysis
from analysis import Look, gallery_page, style
from analysis.commands.figure import figure, figure_lines
from lsnn_core import plugins
from lsnn_core.errors import BadFileError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.live_runs import live_run
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run

PAGE = Path(analysis.__file__).parent / "EXTENDING.md"


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Install the page's package, in a folder with one run."""
    package = tmp_path / "mypackage"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "activity.py").write_text(blocks("python")[0])
    project = tomllib.loads(blocks("toml")[0])["project"]["entry-points"]
    points = {
        name: EntryPoint(name, value, group)
        for group, lines in project.items()
        for name, value in lines.items()
    }
    monkeypatch.setattr(plugins, "find", lambda group: points if group == plugins.FIGURES else {})
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)
    write_run(tmp_path / "run.h5", whole_run())
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "mypackage"]:
        del sys.modules[name]


def lsnn_figure(*argv):
    parser = argparse.ArgumentParser()
    figure.add_arguments(parser)
    return figure.run(parser.parse_args(argv))


def test_the_page_s_figure_is_drawn_by_its_name(here):
    for out in ("a.svg", "b.svg"):
        assert lsnn_figure("activity", "run.h5", "-o", out) == 0

    picture = (here / "a.svg").read_bytes()
    assert picture == (here / "b.svg").read_bytes()
    assert b"run: iteration" in picture


def test_the_page_s_figure_is_listed_with_its_first_line(here):
    line = "Spikes of the recorded example, and how often each neuron fires in it"

    assert figure_lines() == f"figures:\n  activity  {line}"
    assert "mypackage" not in sys.modules


def test_its_text_is_on_the_page_and_apart(here):
    module = importlib.import_module("mypackage.activity")
    for look in (Look(), Look(3.5), Look(panel="B")):
        assert flaws(picture(module, module.load(["run.h5"]), look)) == []


def test_panels_and_figures_go_on_figures_of_the_reader(here):
    _, of_a_run, on_a_part = blocks("python")
    with style.context():
        axes = list(style.new_figure().subplots(3))
        x = np.ones((30, 4, 5), bool)
        net = live_run(n_adaptive=140).net
        exec(compile(of_a_run, "EXTENDING.md", "exec"), {"net": net, "x": x, "axes": axes})
    names = {}
    exec(compile(on_a_part, "EXTENDING.md", "exec"), names)

    assert [ax.get_ylabel() for ax in axes] == [
        "neuron",
        "threshold $B_j(t)$",
        "potential $V_j(t)$",
    ]
    assert tuple(names["fig"].get_size_inches()) == (7, 3)
    assert [ax.get_ylabel() for ax in names["fig"].axes] == ["connections gained"]


def test_a_run_without_spikes_is_told_what_records_them(here):
    tree = whole_run()
    del tree["spikes"]
    write_run(here / "bare.h5", tree)

    with pytest.raises(BadFileError, match=r"no /spikes/R in it; record it with: lsnn evaluate"):
        lsnn_figure("activity", "bare.h5")


def test_the_page_s_entry_puts_it_into_the_gallery(here, monkeypatch):
    (here / "gallery.toml").write_text(blocks("toml")[1])
    monkeypatch.setattr(gallery_page, "HERE", here)

    lines = list(gallery_page.draw_gallery(here, here / "out"))

    assert [Path(line).name for line in lines] == ["activity.png", "GALLERY.md"]
    assert "## Who fires" in (here / "out" / "GALLERY.md").read_text()


def test_the_page_s_figure_is_as_short_as_it_says():
    code = blocks("python")[0]
    body = code.rpartition('"""')[2].splitlines()

    assert len([line for line in body if line.strip() and "import" not in line]) <= 30
