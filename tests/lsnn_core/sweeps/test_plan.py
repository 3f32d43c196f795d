"""Every combination of what varies is a run, with a name of its own."""

from __future__ import annotations

from pathlib import Path

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.sweeps.plan import of_file, of_recipe


def names(*arguments: object) -> list[str]:
    return [job.name for job in of_recipe(*arguments).jobs]


def test_seeds_and_lists_make_all_combinations(tmp_path):
    sets = ["training.lr=0.005,0.01", "network.dale=true,false", "training.batch=8"]
    sweep = of_recipe("smnist-lsnn", "1..2", sets, str(tmp_path))
    assert [job.name for job in sweep.jobs] == [
        f"smnist-lsnn-lr={lr}-dale={dale}-{seed}"
        for lr in ("0.005", "0.01")
        for dale in ("true", "false")
        for seed in (1, 2)
    ]
    last = sweep.jobs[-1].configured()
    assert (last.training.lr, last.network.dale, last.training.batch) == (0.01, False, 8)
    assert (last.seed, sweep.jobs[0].configured().seed) == (2, 1)
    assert sweep.jobs[0].path == str(tmp_path / f"{sweep.jobs[0].name}.h5")
    assert sweep.jobs[0].command == (
        "lsnn train smnist-lsnn --set training.lr=0.005 --set network.dale=true"
        " --set training.batch=8 --set seed=1"
    )


def test_values_are_read_as_toml_or_as_words():
    (one, two) = of_recipe("smnist-lsnn", None, ["network.tau_a_ms=[200, 700],[1, 2]"], ".").jobs
    assert one.configured().network.tau_a_ms == (200.0, 700.0)
    assert two.name == "smnist-lsnn-tau_a_ms=_1_2"
    assert names("smnist-lsnn", None, ["training.lr_schedule=step,cosine"], ".")[1].endswith(
        "lr_schedule=cosine"
    )


def test_keys_of_one_name_are_told_apart():
    sets = ["network.model=lsnn,rnn", "task.name=smnist"]
    assert names("smnist-lif", "3,4", sets, ".")[-1] == "smnist-lif-model=rnn-4"


def test_a_sweep_without_a_seed_means_the_same_each_time():
    assert of_recipe("l2l-sine", None, [], ".").jobs == of_recipe("l2l-sine", None, [], ".").jobs


def test_a_file_may_hold_several_sweeps(tmp_path):
    path = tmp_path / "SWEEP.toml"
    path.write_text(
        'out = "runs"\n[[runs]]\nrecipe = ["smnist-lif", "smnist-lsnn"]\nseeds = "1..2"\n'
        '[[runs]]\nrecipe = "navigation"\nname = "nav"\nminutes = 30\n'
        '[runs.set]\n"training.iterations" = [10]\n'
    )
    sweep = of_file(str(path), None)
    assert [job.name for job in sweep.jobs] == [
        "smnist-lif-1", "smnist-lif-2", "smnist-lsnn-1", "smnist-lsnn-2", "nav"
    ]  # fmt: skip
    assert Path(sweep.jobs[0].path).parent == tmp_path / "runs"
    assert sweep.jobs[4].configured().training.iterations == 10
    assert sweep.minutes == {"nav": 30.0}
    assert Path(of_file(str(path), str(tmp_path)).jobs[0].path).parent == tmp_path


def test_the_names_of_several_runs_begin_as_the_file_says(tmp_path):
    path = tmp_path / "SWEEP.toml"
    path.write_text(
        '[[runs]]\nrecipe = "smnist-deepr"\nname = "lif"\nseeds = [1, 2]\n'
        'set = { "network.n_adaptive" = 0, "network.delays" = [10, 60] }\n'
        '[[runs]]\nrecipe = "smnist-deepr"\nname = "lsnn"\nset = { "network.delays" = [10, 60] }\n'
    )
    assert [job.name for job in of_file(str(path), None).jobs] == [
        "lif-delays=10-1", "lif-delays=10-2", "lif-delays=60-1", "lif-delays=60-2",
        "lsnn-delays=10", "lsnn-delays=60",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "recipe: missing"),
        ('recipe = "smnist-lif"\nseed = 1', "seed: unknown key; did you mean 'seeds'"),
        ('recipe = "smnist-lif"\nseeds = "1-5"', r"found '1-5', expected such as"),
        ('recipe = "smnist-lif"\nseeds = []', "such as"),
        ('recipe = "smnist-lif"\nseeds = [-1]', "such as"),
        ('recipe = "smnist-lyf"', "smnist-lif"),
        ('recipe = "smnist-lif"\nset = 3', "a table, such as"),
        ('recipe = "smnist-lif"\n[set]\n"training.lrr" = 3', r"training\.lrr: unknown key"),
        ('recipe = "smnist-lif"\nname = "../x"', "letters, digits"),
        ('recipe = ["smnist-lif", "smnist-lsnn"]\nname = "x"', "2 have the name 'x'"),
        ('recipe = "smnist-lif"\nminutes = -1', "in minutes"),
        ("runs = 3", r"\[\[runs\]\]"),
        ('seeds = [1]\n[[runs]]\nrecipe = "smnist-lif"', r"beside \[\[runs\]\]"),
        ('recipe = "smnist-lif"\nseeds = "0..10000"', "over 10000"),
    ],
)
def test_what_is_no_sweep_is_refused(tmp_path, content, message):
    path = tmp_path / "SWEEP.toml"
    path.write_text(content)
    with pytest.raises(UsageError, match=message):
        of_file(str(path), None)


@pytest.mark.parametrize("text", ["training.lr", "=1", ""])
def test_a_setting_without_a_value_is_refused(text):
    with pytest.raises(UsageError, match="--set"):
        of_recipe("smnist-lif", None, [text], ".")
