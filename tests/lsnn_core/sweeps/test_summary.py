"""Mean, spread and best over the seeds of each setting, in words, CSV and JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lsnn_core.sweeps import summary
from lsnn_core.sweeps.job import Outcome
from lsnn_core.sweeps.plan import of_recipe
from tests.helpers.run_files import write_run


def test_scores_of_complete_runs(tmp_path):
    jobs = of_recipe("smnist-lif", "1..3", ["training.lr=0.1,0.2"], str(tmp_path)).jobs
    values = [0.5, 0.7, 0.9, 0.1, 0.2, 0.3]
    outcomes = {job.name: Outcome("complete") for job in jobs}
    outcomes[jobs[5].name] = Outcome("failed", "MemoryError")
    for job, value in zip(jobs[:5], values, strict=False):
        both = {"accuracy": value, "loss": 1 - value}
        tests = {name: {"step": [1], "value": [v]} for name, v in both.items()}
        write_run(Path(job.path), {"config": "", "metrics": {"test": tests}})

    rows = summary.scores(jobs, outcomes)
    best = {(row.setting, row.metric): (row.runs, row.best, row.best_run) for row in rows}
    assert best["smnist-lif-lr=0.1", "test/accuracy"] == (3, 0.9, "smnist-lif-lr=0.1-3")
    assert best["smnist-lif-lr=0.1", "test/loss"][2] == "smnist-lif-lr=0.1-3"
    assert best["smnist-lif-lr=0.2", "test/accuracy"] == (2, 0.2, "smnist-lif-lr=0.2-2")
    assert (rows[0].mean, rows[0].spread) == (pytest.approx(0.7), pytest.approx(0.2))
    assert len(rows) == 4
    assert summary.text(rows)[1].split() == [
        "smnist-lif-lr=0.1", "test/accuracy", "3", "0.7", "0.2", "0.9", "smnist-lif-lr=0.1-3"
    ]  # fmt: skip

    written = summary.write(tmp_path, jobs, outcomes, rows)
    assert [path.name for path in written] == ["summary.csv", "summary.json"]
    assert len(written[0].read_text().splitlines()) == 5
    told = json.loads(written[1].read_text())
    assert told["runs"][jobs[5].name]["message"] == "MemoryError"
    assert told["scores"][0]["best_run"] == "smnist-lif-lr=0.1-3"


def test_a_single_run_has_no_spread_and_none_no_table(tmp_path):
    (job,) = of_recipe("smnist-lif", "1", [], str(tmp_path)).jobs
    tests = {"loss": {"step": [1], "value": [float("nan")]}}
    write_run(Path(job.path), {"config": "", "metrics": {"test": tests}})
    (row,) = summary.scores([job], {job.name: Outcome("complete")})
    assert row.spread is None
    summary.write(tmp_path, [job], {job.name: Outcome("complete")}, [row])
    assert json.loads((tmp_path / "summary.json").read_text())["scores"][0]["mean"] is None
    assert summary.text([]) == []
