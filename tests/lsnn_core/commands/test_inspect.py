"""`lsnn inspect` shows a run file, whoever wrote it, and gives its recipe back."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from lsnn_core.cli import main
from lsnn_core.config.recipes import configure
from lsnn_core.config.tables import RunConfig, to_toml
from lsnn_core.files import run_attributes, write_tree

CONFIG = RunConfig(name="mine", title="ein Täschen für Gewichte", task={"name": "smnist"})
TEXT = to_toml(CONFIG)


@pytest.fixture
def run_file(tmp_path):
    def make(code_version="0.1.0", config=TEXT):
        path = tmp_path / "run.h5"
        attributes = run_attributes(
            status="complete",
            iteration=7,
            config=config,
            code_version=code_version,
            kernel_sha256="0",
        )
        write_tree(path, {"config": config, "environment": "{}", "seeds": "{}"}, attributes)
        return str(path)

    return make


def test_it_shows_status_and_datasets(run_file, capsys):
    assert main(["inspect", run_file()]) == 0
    shown = capsys.readouterr().out
    assert "complete, 7 iterations" in shown
    assert "\nconfig " in shown


@pytest.mark.parametrize(
    ("option", "text"),
    [([], {"code_version": "\x1b[2J\x07"}), (["--config"], {"config": "\x1b[2J\x07"})],
)
def test_terminal_escapes_in_a_file_are_shown_not_obeyed(run_file, capsys, option, text):
    assert main(["inspect", *option, run_file(**text)]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "\\x1b[2J\\x07" in shown


def test_the_recipe_of_a_run_can_be_trained_again(run_file, capsys, tmp_path):
    assert main(["inspect", "--config", run_file()]) == 0
    (tmp_path / "again.toml").write_text(capsys.readouterr().out)
    assert configure(str(tmp_path / "again.toml")) == CONFIG


def test_a_terminal_without_the_letters_shows_their_codes(run_file):
    command = [sys.executable, "-m", "lsnn_core", "inspect", "--config", run_file()]
    ascii_only = os.environ | {"PYTHONIOENCODING": "ascii"}
    result = subprocess.run(command, env=ascii_only, capture_output=True, text=True, timeout=60)

    assert result.returncode == 0, result.stderr
    assert r"ein T\xe4schen" in result.stdout


@pytest.mark.parametrize("content", [b"", b"not HDF5", b"\x89HDF\r\n\x1a\n"])
def test_a_foreign_file_is_refused_in_one_line(tmp_path, capsys, content):
    path = tmp_path / "run.h5"
    path.write_bytes(content)

    assert main(["inspect", str(path)]) == 3
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith(f"lsnn: error: {path}")
    assert err.count("\n") == 1
