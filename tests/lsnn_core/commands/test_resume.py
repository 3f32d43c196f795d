"""`lsnn resume` says in one line what is not as it was when the file was written."""

from __future__ import annotations

import pytest

from lsnn_core.cli import main
from lsnn_core.runs import training_run
from tests.helpers.training_runs import new_run


@pytest.mark.parametrize("changed", [True, False])
def test_other_kernels_are_told_on_stderr(tmp_path, monkeypatch, capsys, changed):
    path = tmp_path / "run.h5"
    with monkeypatch.context() as there:
        if changed:
            there.setattr(training_run, "source_hash", lambda: "00")
        new_run(path).save("running")
    monkeypatch.setattr("lsnn_core.commands.going_on.train", lambda run, metrics: 0)

    assert main(["resume", str(path)]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert len([line for line in err.splitlines() if "other kernels" in line]) == changed
    assert len(err.splitlines()) == 1 + changed
