"""`lsnn timit-standin`, and what the recipes say when there is no corpus."""

from __future__ import annotations

import pytest

from lsnn_core.cli import main
from lsnn_core.config.recipes import configure
from tasks.standin import corpus as standin


def test_the_folder_is_where_the_recipes_look(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr(standin, "build", lambda folder, seed: asked.append((folder, seed)) or 3)

    assert main(["timit-standin", "--seed", "5"]) == 0

    assert asked == [(configure("timit-standin-lsnn", []).task["path"], 5)]
    assert "3 utterances of synthetic speech (timit-standin)" in capsys.readouterr().out


def test_an_existing_folder_is_a_usage_error(tmp_path, capsys):
    assert main(["timit-standin", str(tmp_path)]) == 2
    assert "exists; name a new folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("recipe", "code", "said"),
    [("timit-lsnn", 2, "task.path: not given"), ("timit-standin-lif", 3, "lsnn timit-standin")],
)
def test_without_a_corpus_nothing_starts(recipe, code, said, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    assert main(["train", recipe]) == code

    assert said in capsys.readouterr().err
    assert not list(tmp_path.glob("*.h5"))


@pytest.mark.parametrize(
    ("corpus", "neurons"), [("timit", (300, 100)), ("timit-standin", (100, 300))]
)
def test_recipes_differ_in_what_is_compared_only(corpus, neurons):
    lsnn, lif = (configure(f"{corpus}-{kind}", []) for kind in ("lsnn", "lif"))

    assert (lsnn.network.n_regular, lsnn.network.n_adaptive) == neurons
    assert (lif.network.n_regular, lif.network.n_adaptive) == (400, 0)
    assert (lsnn.task, lsnn.loss, lsnn.training) == (lif.task, lif.loss, lif.training)
