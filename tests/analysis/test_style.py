from __future__ import annotations

import os

import matplotlib
import pytest

from analysis import style
from analysis.colours import PALETTE
from analysis.formats import FORMATS
from lsnn_core.errors import LsnnError


def a_figure() -> matplotlib.figure.Figure:
    with style.context():
        fig = style.new_figure(3.25, 2.0)
        ax = fig.subplots()
        ax.plot([0, 1], [1, 2], label="a line")
        ax.fill_between([0, 1], [0, 1], clip_on=True)
        ax.legend()
    return fig


def test_the_style_does_not_depend_on_the_users_settings():
    with matplotlib.rc_context({"font.size": 30, "figure.dpi": 7, "pdf.fonttype": 3}):
        with style.context():
            inside = {key: matplotlib.rcParams[key] for key in ("font.size", "pdf.fonttype")}
        assert matplotlib.rcParams["font.size"] == 30
    assert inside == {"font.size": 8, "pdf.fonttype": 42}


def test_nothing_of_the_style_stays_behind():
    before = dict(matplotlib.rcParams)

    a_figure()

    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize("kind", FORMATS)
def test_saved_twice_the_bytes_are_equal(tmp_path, kind, monkeypatch):
    first, second = tmp_path / f"a.{kind}", tmp_path / f"b.{kind}"

    style.save(a_figure(), str(first), title="t", about="run")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")  # stands for a later day
    style.save(a_figure(), str(second), title="t", about="run")

    assert first.read_bytes() == second.read_bytes()


def test_the_picture_tells_its_run(tmp_path):
    style.save(a_figure(), str(tmp_path / "a.svg"), title="Learning", about="seed7: iteration 400")

    assert "seed7: iteration 400" in (tmp_path / "a.svg").read_text()


def test_fonts_in_a_pdf_are_truetype(tmp_path):
    style.save(a_figure(), str(tmp_path / "a.pdf"))

    content = (tmp_path / "a.pdf").read_bytes()
    assert b"/Type3" not in content
    assert b"/CIDFontType2" in content


def test_an_existing_picture_survives_a_failed_save(tmp_path, monkeypatch):
    out = tmp_path / "a.pdf"
    out.write_bytes(b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LsnnError, match="No space left"):
        style.save(a_figure(), str(out))
    assert out.read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a.pdf"]


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "link.svg").symlink_to(tmp_path / "real.svg")

    style.save(a_figure(), str(tmp_path / "link.svg"))

    assert (tmp_path / "link.svg").is_symlink()
    assert (tmp_path / "real.svg").read_text().startswith("<?xml")


def test_a_missing_folder_is_one_line(tmp_path):
    with pytest.raises(LsnnError, match=r"a\.png.*No such file.*choose another folder"):
        style.save(a_figure(), str(tmp_path / "no" / "a.png"))


@pytest.mark.parametrize("n", [1, 7, 8, 30])
def test_each_run_has_its_own_colour(n):
    assert len(set(style.run_colours(n))) == n


def test_population_colours_differ():
    assert len(set(PALETTE.values())) == len(PALETTE)


@pytest.mark.parametrize("width_in", [0.7, 1.0, 1.3, 4.0])
@pytest.mark.parametrize("text", ["told from the thresholds of A", "50 new functions", "learning"])
def test_a_title_is_broken_between_words_into_lines_of_like_lengths(width_in, text):
    with style.context():
        ax = style.new_figure(width_in, 1.0).add_axes((0, 0, 1, 1))
        style.broken_title(ax, text, 7)
    lines = ax.get_title().split("\n")

    assert " ".join(lines) == text
    if width_in == 1.3 and text.endswith("of A"):
        assert lines == ["told from the", "thresholds of A"]
