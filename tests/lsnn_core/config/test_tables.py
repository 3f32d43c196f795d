"""Every field refuses nonsense by name; what is accepted reads back from TOML as it was."""

from __future__ import annotations

import math
import tomllib
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.config.tables import (
    LossConfig,
    NetworkConfig,
    RewiringConfig,
    RunConfig,
    TrainingConfig,
    from_mapping,
    to_toml,
)
from lsnn_core.errors import UsageError

TABLES = (NetworkConfig, LossConfig, TrainingConfig, RewiringConfig)
FIELDS = [(table, field.name) for table in TABLES for field in fields(table)]
NONSENSE = [None, "3", "", [], {}, -1, -0.5, math.nan, math.inf, -math.inf, 10**400, object(), 1j]
COUNTS = [(t, f.name) for t in TABLES for f in fields(t) if f.type == "int"]
NUMBERS = [(t, f.name) for t in TABLES for f in fields(t) if "float" in str(f.type)]
TASK = {"name": "smnist"}


@pytest.mark.parametrize("value", NONSENSE, ids=lambda v: repr(v)[:20])
@pytest.mark.parametrize(("table", "key"), FIELDS)
def test_nonsense_is_refused_by_name(table, key, value):
    if key == "learn" and value == []:
        pytest.skip("nothing to learn is no nonsense")
    with pytest.raises(UsageError, match=rf"^{table.section}\.{key}: found .*(expected|known)"):
        table(**{key: value})


@pytest.mark.parametrize("value", [3.0, True, np.float64(3), np.True_])
@pytest.mark.parametrize(("table", "key"), COUNTS)
def test_counts_must_be_integers(table, key, value):
    with pytest.raises(UsageError, match=rf"{table.section}\.{key}: .*expected an integer"):
        table(**{key: value})


@pytest.mark.parametrize("value", [True, np.True_])
@pytest.mark.parametrize(("table", "key"), NUMBERS)
def test_a_truth_value_is_not_a_number(table, key, value):
    with pytest.raises(UsageError, match=rf"{table.section}\.{key}: .*expected a finite number"):
        table(**{key: value})


@pytest.mark.parametrize(
    ("table", "key", "value"),
    [
        (NetworkConfig, "tau_m_ms", 0.0),
        (NetworkConfig, "tau_a_ms", 0.99),
        (NetworkConfig, "tau_out_ms", 0.5),
        (NetworkConfig, "tau_a_ms", [200.0]),
        (NetworkConfig, "tau_a_ms", [700.0, 200.0]),
        (NetworkConfig, "tau_a_ms", [0.5, 200.0]),
        (NetworkConfig, "tau_a_ms", [200.0, math.nan]),
        (NetworkConfig, "b0", 0.0),
        (NetworkConfig, "connectivity", 0.0),
        (NetworkConfig, "connectivity", 1.01),
        (NetworkConfig, "delays", 0),
        (NetworkConfig, "n_regular", 2**31),
        (NetworkConfig, "inhibitory_fraction_in", 1.5),
        (NetworkConfig, "convention", "papre"),
        (NetworkConfig, "surrogate", "linear"),
        (NetworkConfig, "dale", 1),
        (TrainingConfig, "batch", 0),
        (TrainingConfig, "iterations", 0),
        (TrainingConfig, "lr", 0.0),
        (TrainingConfig, "adam_beta1", 1.0),
        (TrainingConfig, "dtype", "float16"),
        (RewiringConfig, "policy", "deep_r"),
    ],
)
def test_values_out_of_range_are_refused(table, key, value):
    with pytest.raises(UsageError, match=rf"^{table.section}\.{key}: found"):
        table(**{key: value})


def test_a_recipe_is_refused_for_a_soft_deep_r_that_nothing_moves():
    with pytest.raises(UsageError, match=r"^rewiring: soft-deep-r expects .*, found 0\.01 and 0"):
        from_mapping(RunConfig, {"task": TASK, "rewiring": {"policy": "soft-deep-r"}})


@pytest.mark.parametrize(
    "limit",
    [
        {"gamma": 0},
        {"connectivity": 1},
        {"n_ref": 0},
        {"beta": 0},
        {"delays": 1},
        {"n_adaptive": 0},
        {"n_regular": 0},
        {"tau_a_ms": 1},
        {"tau_a_ms": [200, 200]},
        {"noise_std": 0},
        {"n_regular": np.int64(3)},
    ],
)
def test_documented_limits_are_allowed(limit):
    NetworkConfig(**limit)


def test_numbers_take_the_type_of_their_field():
    network = NetworkConfig(beta=2, n_ref=np.int32(3), tau_a_ms=[1, 1000])

    assert type(network.beta) is float
    assert type(network.n_ref) is int
    assert network.tau_a_ms == (1.0, 1000.0)


def test_a_network_needs_a_neuron():
    with pytest.raises(UsageError, match="n_regular"):
        NetworkConfig(n_regular=0, n_adaptive=0)


def test_a_configuration_cannot_be_changed():
    with pytest.raises(AttributeError):
        NetworkConfig().beta = 3.0


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"task": TASK, "traning": {}}, "traning: unknown key; did you mean 'training'?"),
        ({"task": TASK, "training": {"bacth": 3}}, "training.bacth: unknown key.*'batch'"),
        ({"task": TASK, "network": {"zzz": 3}}, "network.zzz: unknown key; known: .*beta"),
        ({"task": TASK, "network": {"a\x1b[2J": 3}}, r"network.'a\\x1b\[2J': unknown key"),
        ({"task": TASK, "training": {"batch": 0}}, "training.batch: found 0"),
        ({"task": TASK, "network": {"surrogate": "fast_sigmoid"}}, "did you mean 'fast-sigmoid'"),
        (
            {"task": TASK, "network": {"surrogate": "fast-sigmoid", "model": "rnn"}},
            "network.surrogate: .*only model lsnn has it",
        ),
        ({"task": TASK, "network": 3}, "network: found 3, expected a table"),
        ({"task": TASK, "seed": -1}, "seed: found -1"),
        ({"task": TASK, "seed": "1"}, "seed: found '1'"),
        ({"task": TASK, "title": "two\nlines"}, "title: found"),
        ({}, "task: missing"),
        ({"task": "smnist"}, "task: found 'smnist', expected a table"),
        ({"task": {}}, "task.name: found None"),
        ({"task": {"name": "smnist", "extra": {"deep": 1}}}, "task.extra: found"),
        ({"task": {"name": "smnist", "extra": None}}, "task.extra: found None"),
        ({"task": {"name": "\udcff"}}, "task.name: found .*Unicode"),
        ([], "recipe: found"),
    ],
)
def test_a_wrong_recipe_is_refused_with_a_remedy(recipe, message):
    with pytest.raises(UsageError, match=message):
        from_mapping(RunConfig, recipe)


def test_a_seed_that_is_not_given_is_drawn_once_and_stored():
    config = RunConfig(task=TASK)

    assert tomllib.loads(to_toml(config))["seed"] == config.seed
    assert len({RunConfig(task=TASK).seed for _ in range(5)}) > 1


@pytest.mark.parametrize("seed", [0, 2**64, 10**1000])
def test_seeds_have_any_size(seed):
    assert (
        from_mapping(RunConfig, tomllib.loads(to_toml(RunConfig(task=TASK, seed=seed)))).seed
        == seed
    )


positive = st.floats(min_value=1.0, max_value=1e6)
plain = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"])),
    st.integers(),
    st.booleans(),
    st.floats(allow_nan=False),
)
run_configs = st.builds(
    RunConfig,
    name=st.text(st.characters(exclude_categories=["C", "Z"])),
    seed=st.integers(min_value=0),
    task=st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), plain | st.lists(plain, max_size=3)
    ).map(lambda keys: keys | TASK),
    network=st.builds(
        NetworkConfig,
        n_ref=st.integers(0, 20),
        b0=st.floats(min_value=1e-300, max_value=1e300),
        tau_a_ms=positive | positive.map(lambda low: [low, 2 * low]),
        dale=st.booleans(),
    ),
    training=st.builds(TrainingConfig, adam_eps=st.floats(1e-30, 1.0)),
)


@given(run_configs)
def test_toml_reads_back_to_the_same_configuration(config):
    again = from_mapping(RunConfig, tomllib.loads(to_toml(config)))

    assert again == config
    assert to_toml(again) == to_toml(config)


@pytest.mark.parametrize("minutes", [0, -1.0, float("inf"), "10", True])
def test_a_checkpoint_by_the_clock_needs_a_time(minutes):
    with pytest.raises(
        UsageError, match=r"training\.checkpoint_minutes: found .*, expected .* > 0"
    ):
        TrainingConfig(checkpoint_minutes=minutes)


def test_a_configuration_without_the_clock_is_still_read():
    older = to_toml(RunConfig(task=TASK, seed=1)).replace("checkpoint_minutes = 10.0\n", "")

    assert "checkpoint_minutes" not in older
    assert from_mapping(RunConfig, tomllib.loads(older)) == RunConfig(task=TASK, seed=1)


def test_dataclasses_without_rules_are_made_from_tables_too():
    from dataclasses import dataclass

    @dataclass(frozen=True)
    class Own:
        speed: float = 1.0

    assert from_mapping(Own, {"speed": 2.0}, "task").speed == 2.0
    with pytest.raises(UsageError, match=r"task\.sped: unknown key; did you mean 'speed'"):
        from_mapping(Own, {"sped": 2.0}, "task")


@pytest.mark.parametrize(
    ("section", "key", "value"),
    [
        ("network", "model", "lstm"),
        ("network", "connectivity", 0.5),
        ("network", "dale", True),
        ("rewiring", "policy", "deep-r"),
    ],
)
def test_muon_is_for_full_matrices_without_signs(section, key, value):
    muon = {"task": TASK, "training": {"optimiser": "muon"}}
    from_mapping(RunConfig, muon)
    with pytest.raises(UsageError, match=rf"^{section}\.{key}: found .* beside training.optimiser"):
        from_mapping(RunConfig, {**muon, section: {key: value}})


@pytest.mark.parametrize(
    ("training", "network", "message"),
    [
        ({"feedback": "random"}, {}, r"training\.feedback: found 'random', expected 'symmetric'"),
        ({"rule": "eprop"}, {}, r"training\.rule: found 'eprop'; did you mean 'e-prop'"),
        ({"rule": "e-prop"}, {"model": "lstm"}, r"network\.model: .* beside training\.rule"),
        ({"rule": "e-prop", "learn": ["b0"]}, {}, r"training\.learn: .* beside training\.rule"),
        ({"rule": "e-prop", "truncate": 9}, {}, r"training\.truncate: found 9, expected 0"),
        (
            {"rule": "e-prop"},
            {"convention": "lsnn-official"},
            r"network\.convention: found 'lsnn-official', expected 'paper'",
        ),
        ({"truncate": 50}, {"model": "rnn"}, r"network\.model: .* training\.truncate = 50"),
        ({"truncate": 50, "learn": ["b0"]}, {}, r"training\.learn: .* training\.truncate = 50"),
        ({"truncate": -1}, {}, r"training\.truncate: found -1"),
    ],
)
def test_a_rule_of_learning_is_refused_what_it_cannot_do(training, network, message):
    with pytest.raises(UsageError, match=message):
        RunConfig(task=TASK, network=network, training=training)


def test_rules_of_learning_are_taken_for_networks_that_they_can_learn():
    for training in ({"rule": "e-prop", "feedback": "random"}, {"truncate": 50}):
        official = {"convention": "lsnn-official"} if "truncate" in training else {}
        RunConfig(task=TASK, network=official, training=training, rewiring={"policy": "deep-r"})


def with_learned(learn, **network):
    return RunConfig(task=TASK, network=network, training={"learn": learn})


def test_constants_to_learn_are_kept_in_their_order():
    assert with_learned(["b0", "tau_m"]).training.learn == ("tau_m", "b0")


@pytest.mark.parametrize(
    ("learn", "network", "message"),
    [
        (["tau"], {}, r"^training\.learn: found 'tau'; did you mean 'tau_[am]'"),
        (["b0", "b0"], {}, r"^training\.learn: found \['b0', 'b0'\], expected .* each once"),
        ("b0", {}, r"^training\.learn: found 'b0', expected a list of some of tau_m"),
        ([3], {}, r"^training\.learn: found \[3\], expected a list"),
        (["b0"], {"model": "lstm"}, r"^training\.learn: .* expected \[\]: units of an lstm"),
        (["tau_a"], {"n_adaptive": 0}, r"^training\.learn: .* network\.n_adaptive"),
        (["tau_m", "beta"], {"beta": 0.0}, r"^training\.learn: .* network\.beta above 0"),
    ],
)
def test_constants_that_no_neuron_has_are_not_learned(learn, network, message):
    with pytest.raises(UsageError, match=message):
        with_learned(learn, **network)
