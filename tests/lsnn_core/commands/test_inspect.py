"""`lsnn inspect` shows a run file, whoever wrote it, and gives its recipe back."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys

import numpy as np
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


# -- results ---------------------------------------------------------------------------------------


def with_metrics(tmp_path, name="run.h5"):
    """A run of three validations, a rate that was never counted, and a metric named by a joker."""
    path = tmp_path / name
    series = {"step": np.array([10, 20, 30]), "value": np.array([0.5, 0.875, 0.75])}
    nothing = {"step": np.array([30]), "value": np.array([np.nan])}
    tree = {
        "config": TEXT,
        "environment": json.dumps({"train_seconds": 90.0}),
        "seeds": json.dumps({"seed": 11}),
        "metrics": {
            "validation": {"accuracy": series, "a,b": nothing},
            "train": {"loss": {"step": np.array([1]), "value": np.array([0.1])}},
        },
    }
    attributes = run_attributes(
        status="complete", iteration=30, config=TEXT, code_version="0", kernel_sha256="0"
    )
    write_tree(path, tree, attributes)
    return str(path)


def test_results_are_a_table_of_last_least_and_greatest(tmp_path, capsys):
    assert main(["inspect", "--results", with_metrics(tmp_path)]) == 0
    about, head, *rows = capsys.readouterr().out.splitlines()
    assert about.endswith("run.h5: complete, 30 iterations, seed 11, 1.5 minutes")
    assert head.split() == ["metric", "last", "at", "least", "at", "greatest", "at"]
    assert [row.split() for row in rows] == [
        ["train/loss", "0.1", "1", "0.1", "1", "0.1", "1"],
        ["validation/a,b", "-", "30", "-", "30", "-", "30"],
        ["validation/accuracy", "0.75", "30", "0.5", "10", "0.875", "20"],
    ]


def test_results_of_a_file_without_any(run_file, capsys):
    assert main(["inspect", "--results", run_file()]) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("run.h5: complete, 7 iterations")


def test_results_as_json(tmp_path, capsys):
    path = with_metrics(tmp_path)
    assert main(["inspect", "--json", path, path]) == 0
    first, second = json.loads(capsys.readouterr().out, parse_constant=pytest.fail)
    assert first == second
    assert (first["run"], first["seed"], first["minutes"]) == (path, 11, 1.5)
    assert first["metrics"]["validation/accuracy"]["greatest"] == {"value": 0.875, "iteration": 20}
    assert first["metrics"]["validation/a,b"]["last"] == {"value": None, "iteration": 30}


def test_metrics_as_csv(tmp_path, capsys):
    assert main(["inspect", "--csv", with_metrics(tmp_path)]) == 0
    table = list(csv.reader(capsys.readouterr().out.splitlines()))
    assert table[0] == ["metric", "iteration", "value"]
    assert table[1] == ["train/loss", "1", "0.1"]
    assert table[2] == ["validation/a,b", "30", "nan"]
    assert [(step, float(value)) for _, step, value in table[3:]] == [
        ("10", 0.5),
        ("20", 0.875),
        ("30", 0.75),
    ]


def test_csv_of_several_runs_says_whose_each_row_is(tmp_path, capsys):
    paths = [with_metrics(tmp_path, "a.h5"), with_metrics(tmp_path, "b.h5")]
    assert main(["inspect", "--csv", *paths]) == 0
    head, *rows = csv.reader(capsys.readouterr().out.splitlines())
    assert head == ["run", "metric", "iteration", "value"]
    assert [row[0] for row in rows] == [paths[0]] * 5 + [paths[1]] * 5


def test_only_one_kind_of_output_can_be_asked_for(run_file, capsys):
    assert main(["inspect", "--csv", "--json", run_file()]) == 2
    assert "not allowed with" in capsys.readouterr().err
