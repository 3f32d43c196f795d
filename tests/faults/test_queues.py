"""One command for a queue that stops jobs and starts them again; and a run trained longer."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsnn_core.files import read_run
from lsnn_core.runs.metrics_file import read_lines
from tests.helpers.program import killed, lsnn, results, train

pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("undisturbed") / "run.h5"
    done = lsnn(*train(path))
    assert done.returncode == 0, done.stderr
    return path


def test_one_command_starts_goes_on_and_has_nothing_to_do(undisturbed, tmp_path):
    path = tmp_path / "run.h5"
    command = [*train(path), "--resume-or-start", "--metrics"]
    assert killed("training", 7, command).returncode == -9
    assert killed("training", 5, command, "SIGUSR1").returncode == 130
    done = lsnn(*command)
    assert done.returncode == 0, done.stderr
    assert "going on from iteration" in done.stderr
    assert results(path) == results(undisturbed)
    lines = list(read_lines(tmp_path / "run.metrics.jsonl"))
    assert [line["iteration"] for line in lines] == list(range(1, 31))
    assert "nothing to do" in lsnn(*command).stderr


def test_a_run_with_other_settings_is_not_gone_on_with(undisturbed):
    before = undisturbed.read_bytes()
    done = lsnn(*train(undisturbed, training__lr=0.5), "--resume-or-start")
    assert done.returncode == 2
    assert "was begun with training.lr = " in done.stderr
    assert undisturbed.read_bytes() == before


def test_a_run_trained_longer_is_the_longer_run(undisturbed, tmp_path):
    path, longer = tmp_path / "run.h5", tmp_path / "longer.h5"
    path.write_bytes(undisturbed.read_bytes())
    done = lsnn("resume", str(path), "--set", "training.iterations=40")
    assert done.returncode == 0, done.stderr
    assert "40 iterations instead of 30" in done.stderr
    with read_run(path) as run:
        (step,) = run.environment["history"]
        assert (step["iteration"], step["set"]) == (30, {"training.iterations": [30, 40]})
        assert list(run.metric("test", "loss")[0]) == [30, 40]
    assert lsnn(*train(longer, training__iterations=40)).returncode == 0
    one, other = results(path), results(longer)
    assert {name for name in one if one[name] != other[name]} == {
        "metrics/test/loss/step", "metrics/test/loss/value",
        "metrics/test/recall_error/step", "metrics/test/recall_error/value",
    }  # fmt: skip


def test_only_the_length_may_change(undisturbed):
    done = lsnn("resume", str(undisturbed), "--set", "training.lr=0.5")
    assert done.returncode == 2
    assert "--set training.lr" in done.stderr
