"""What a run goes on with, and what would be another run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.runs.continuing import about_length, changed, differences, require_same
from tests.helpers.tiny_runs import tiny_config


def test_differences_are_named_with_both_values():
    config = tiny_config("lsnn", seed=1)
    other = tiny_config("lsnn", seed=2, **{"training.batch": 8})
    assert differences(config, config) == {}
    assert differences(config, other) == {"seed": [1, 2], "training.batch": [16, 8]}


def test_a_longer_training_may_be_asked_for():
    config = tiny_config("lsnn", seed=1)
    longer = changed(config, ["training.iterations=60", "training.threads=2"], 6)
    assert differences(config, longer).keys() == {"training.iterations", "training.threads"}


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("training.lr=0.5", r"--set training\.lr: is 0\.02 in the run, found 0\.5"),
        ("seed=9", r"--set seed: is 1 .* begin one with `lsnn train`"),
        ("training.iterations=3", "expected at least 6, which the run has done"),
        ("training.iteration=9", "training.iteration: unknown key"),
    ],
)
def test_another_run_is_refused(override, message):
    with pytest.raises(UsageError, match=message):
        changed(tiny_config("lsnn", seed=1), [override], 6)


def test_a_file_of_another_run_is_not_gone_on_with():
    found = tiny_config("lsnn", seed=1)
    require_same("run.h5", found, tiny_config("lsnn", seed=1, name="other"), True)
    require_same("run.h5", found, tiny_config("lsnn", seed=7), seed_given=False)
    with pytest.raises(UsageError, match=r"run\.h5: was begun with seed = 1, not 7"):
        require_same("run.h5", found, tiny_config("lsnn", seed=7), seed_given=True)
    longer = tiny_config("lsnn", seed=1, **{"training.iterations": 9})
    with pytest.raises(UsageError, match=r"lsnn resume --set training\.iterations=9"):
        require_same("run.h5", found, longer, True)


def test_what_a_length_does_to_a_schedule_is_said():
    config = tiny_config("lsnn", seed=1, **{"training.lr_schedule": "cosine"})
    t = config.training
    longer = replace(config, training=replace(t, iterations=12))
    told = about_length(config, longer, 6)
    assert "12 iterations instead of 6" in told
    assert "lr is 0.01 from here, not 0;" in told
    assert about_length(config, config, 6) == ""
    plain = replace(longer, training=replace(longer.training, lr_schedule="constant"))
    assert "numbers of a run of this length" in about_length(config, plain, 6)
