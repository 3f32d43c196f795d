"""A trainer from a run file: absurd settings are the file's fault, a mistake in code is not."""

from __future__ import annotations

import pytest

from lsnn_core.errors import BadFileError
from lsnn_core.files import read_run
from lsnn_core.runs import restore
from tests.helpers.training_runs import new_run


def restored(path, monkeypatch, error):
    def fail(config):
        raise error

    new_run(path).save("running")
    monkeypatch.setattr(restore, "make_task", fail)
    with read_run(path) as file:
        return restore.restored_trainer(file)


@pytest.mark.parametrize(
    "mistake",
    [KeyError("loss"), IndexError(3), TypeError("unhashable"), AttributeError("n_inn")],
    ids=lambda error: type(error).__name__,
)
def test_a_mistake_in_a_task_is_not_blamed_on_the_file(tmp_path, monkeypatch, mistake):
    with pytest.raises(type(mistake)) as caught:
        restored(tmp_path / "run.h5", monkeypatch, mistake)
    assert caught.value is mistake


@pytest.mark.parametrize(
    "error", [ValueError("too\nlarge"), OverflowError("int"), MemoryError("2 EiB")]
)
def test_what_absurd_settings_make_of_a_network_is_one_line(tmp_path, monkeypatch, error):
    with pytest.raises(BadFileError, match="does not fit its own configuration"):
        restored(tmp_path / "run.h5", monkeypatch, error)
