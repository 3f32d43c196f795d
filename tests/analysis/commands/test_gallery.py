from __future__ import annotations

import argparse
from pathlib import Path

import pytest

from analysis import gallery_page
from analysis.commands import gallery as gallery_command
from analysis.commands.gallery import gallery
from analysis.gallery_page import Picture, ResultFile, chosen
from lsnn_core import plugins
from lsnn_core.errors import UsageError
from tests.helpers.run_files import write_run
from tests.helpers.whole_runs import whole_run

FILES = [
    ResultFile(Path(f"{name}-{seed}.h5"), name, seed)
    for name in ("smnist-deepr", "smnist-lif", "timit")
    for seed in (1, 2)
] + [ResultFile(Path("bench.json"), "bench.json", 0)]


def arguments(*given):
    parser = argparse.ArgumentParser()
    gallery.add_arguments(parser)
    return parser.parse_args(given)


def names(**options):
    picture = Picture(figure="f", title="t", train="", see="", **options)
    return [file.path.name for file in chosen(picture, FILES)]


def test_pictures_choose_files_by_recipe_in_order_of_preference():
    assert names(runs=("smnist-lif", "smnist-*")) == [
        "smnist-lif-1.h5", "smnist-lif-2.h5", "smnist-deepr-1.h5", "smnist-deepr-2.h5",
    ]  # fmt: skip
    assert names(runs=("smnist-lif", "*"), many=False) == ["smnist-lif-1.h5"]
    assert names(runs=("smnist-lif", "timit"), one_of_each=True) == [
        "smnist-lif-1.h5", "timit-1.h5",
    ]  # fmt: skip
    assert names(runs=("*.json",)) == ["bench.json"]


def test_every_picture_is_of_a_known_figure_and_says_what_to_see():
    for picture in gallery_page.pictures():
        assert hasattr(plugins.load(plugins.FIGURES, picture.figure), "draw")
        assert picture.see.endswith(".")


def test_the_command_draws_pictures_and_the_page(tmp_path, capsys, monkeypatch):
    (tmp_path / "results").mkdir()
    write_run(tmp_path / "results" / "a.h5", whole_run("smnist-lif"))
    kept = tuple(p for p in gallery_page.pictures() if p.figure in ("learning", "rewiring"))
    monkeypatch.setattr(gallery_page, "pictures", lambda: kept)

    out = tmp_path / "out"
    gallery.run(arguments("--results", str(tmp_path / "results"), "--out", str(out)))

    page = (out / "GALLERY.md").read_text()
    assert "![Learning curves](gallery/learning.png)" in page
    assert "`lsnn figure learning a.h5`" in page
    assert "No result file yet: `lsnn train smnist-deepr`." in page
    assert (out / "gallery" / "learning.png").read_bytes().startswith(b"\x89PNG")
    assert "rewiring: no result file in" in capsys.readouterr().out


def test_a_missing_folder_is_refused(tmp_path):
    with pytest.raises(UsageError, match="no such folder; name one with --results"):
        gallery_page.result_files(tmp_path / "no")


def test_an_installed_program_says_where_the_results_are(tmp_path, monkeypatch):
    monkeypatch.setattr(gallery_command, "IN_CLONE", tmp_path / "site-packages" / "results")

    with pytest.raises(UsageError, match="in a clone of the repository: analysis/results"):
        gallery.run(arguments())


def test_the_page_goes_beside_our_results_and_that_of_others_to_this_folder(tmp_path, monkeypatch):
    ours, own = tmp_path / "analysis" / "results", tmp_path / "own"
    monkeypatch.setattr(gallery_command, "IN_CLONE", ours)
    monkeypatch.setattr(gallery_page, "draw_gallery", lambda *folders: called.append(folders) or ())
    called = []
    ours.mkdir(parents=True)

    gallery.run(arguments())
    gallery.run(arguments("--results", str(own)))
    gallery.run(arguments("--results", str(own), "--out", str(tmp_path)))

    assert called == [(ours, tmp_path / "analysis"), (own, Path()), (own, tmp_path)]
