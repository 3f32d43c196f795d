"""`lsnn evaluate` measures a trained network; asked twice, it says the same and keeps it once."""

from __future__ import annotations

import pytest

from lsnn_core.cli import main
from lsnn_core.files import read_run
from tests.helpers.training_runs import new_run


@pytest.mark.parametrize("split", ["validation", "test"])
def test_evaluated_twice_an_iteration_stands_once_in_the_file(tmp_path, capsys, split):
    path = tmp_path / "run.h5"
    new_run(path).save("running")
    printed = []
    for _ in range(2):
        assert main(["evaluate", str(path), "--split", split]) == 0
        printed.append(capsys.readouterr().out)

    assert printed[0] == printed[1]
    with read_run(path) as file:
        step, loss = file.series(f"metrics/{split}/loss")
    assert step.tolist() == [0]
    assert f"{split} loss {loss[0]:.4f}\n" in printed[0]
