"""`lsnn recipes` lists names and titles, and prints a recipe that can be trained as it stands."""

from __future__ import annotations

from lsnn_core.cli import main
from lsnn_core.config.recipes import configure


def test_a_recipe_printed_in_full_needs_no_base_and_means_the_same(capsys, tmp_path):
    assert main(["recipes", "--full", "smnist-lif-2ms"]) == 0
    text = capsys.readouterr().out
    (tmp_path / "alone.toml").write_text(text)

    assert "base =" not in text
    assert configure(str(tmp_path / "alone.toml")) == configure("smnist-lif-2ms")


def test_a_file_of_ones_own_is_printed_too(capsys, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("base = 'smnist-rnn'\n[network]\nn_regular = 7\n")

    assert main(["recipes", "--full", str(path)]) == 0
    shown = capsys.readouterr().out
    assert 'name = "mine"' in shown
    assert "n_regular = 7" in shown
    assert "lr_decay = 0.95" in shown  # of the base


def test_a_misspelt_name_is_one_line(capsys):
    assert main(["recipes", "--full", "smnist-lf"]) == 2
    assert "did you mean 'smnist-lif'" in capsys.readouterr().err
