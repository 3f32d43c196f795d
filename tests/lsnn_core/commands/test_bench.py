"""`lsnn bench`: what it prints and writes, and what is left when something fails."""

from __future__ import annotations

import json
import sys

import pytest

from lsnn_core.bench import measure, peers, report, workloads
from lsnn_core.bench.child import Child
from lsnn_core.cli import main
from tests.helpers.workloads import TINY


def start_peer(name, python, problem, folder, options):
    """In the place of a framework: our own process, or one whose first pass fails."""
    if name == "living":
        return measure.start_ours(TINY, problem, options)
    command = "from lsnn_core.bench.serve import serve; serve({'gradient': lambda: [].ptp})"
    return Child(name, [sys.executable, "-c", command], 1)


def test_the_verb_prints_a_table_and_writes_the_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    out = tmp_path / "out.json"

    code = main(["bench", "tiny", "--repeats", "1", "--threads", "1", "--json", str(out)])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("matrix product, 1 thread: ")
    assert lines[1] == report.row_line()
    assert len(lines[2]) == len(lines[1])
    assert json.loads(out.read_text())["rows"][0]["workload"] == "tiny"


def test_a_peer_that_fails_is_a_line_of_the_table_and_ends_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(peers, "_start", start_peer)
    monkeypatch.setattr(peers, "PEERS", dict.fromkeys(("dying", "living"), peers.Peer("numpy")))
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    out = tmp_path / "out.json"
    command = ["bench", "tiny", "--peers", "--repeats", "1", "--threads", "1", "--json", str(out)]

    assert main(command) == 0
    printed, found = capsys.readouterr().out, json.loads(out.read_text())
    why = "tiny, batch 3, gradient: dying: the measured process ended with code 1: AttributeError"
    assert why in printed
    assert found["not_compared"][0].startswith(why)
    assert [row["peer"] for row in found["ratios"]] == ["living"]


def test_what_was_measured_is_kept_when_we_fail_ourselves(tmp_path, monkeypatch):
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    monkeypatch.setattr(peers, "PEERS", {"dying": peers.Peer("numpy")})
    monkeypatch.setattr(peers, "ratios", lambda *given: 1 / 0)
    out = tmp_path / "out.json"
    command = ["bench", "tiny", "--peers", "--repeats", "1", "--threads", "1", "--json", str(out)]

    with pytest.raises(ZeroDivisionError):
        main(command)
    assert json.loads(out.read_text())["rows"][0]["workload"] == "tiny"


@pytest.mark.parametrize("argv", [["W1q"], ["--scaling", "size"], ["--peer-python", "x=y"]])
def test_unknown_names_are_usage_errors(argv, capsys):
    assert main(["bench", *argv]) == 2
    assert "lsnn: error:" in capsys.readouterr().err


def test_a_training_iteration_is_measured_beside_its_kernels(tmp_path, capsys):
    out = tmp_path / "training.json"
    command = ["bench", "--training", "store-recall", "--batch", "4", "--repeats", "1"]

    assert main([*command, "--threads", "1", "--json", str(out)]) == 0
    (row,) = json.loads(out.read_text())["training"]
    assert row["recipe"] == "store-recall"
    assert row["iteration_s"] > row["kernels_s"] > 0
    assert "ratio" in capsys.readouterr().out


def test_rules_of_learning_are_measured_beside_the_forward_pass(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(workloads, "choose", lambda names: [TINY])
    out = tmp_path / "rules.json"
    command = ["bench", "--rules", "--repeats", "1", "--threads", "1", "--json", str(out)]

    assert main(command) == 0
    rows = json.loads(out.read_text())["rows"]
    assert [row["passes"] for row in rows] == ["forward", "gradient", "e-prop"]
    assert "times the forward pass: BPTT" in capsys.readouterr().out
