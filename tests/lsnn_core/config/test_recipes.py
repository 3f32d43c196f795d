"""Recipes are found by name or path, and overridden key by key."""

from __future__ import annotations

import pytest

from lsnn_core.config.recipes import apply_overrides, configure, find_recipes, load_recipe
from lsnn_core.config.tables import RunConfig
from lsnn_core.config.toml import read_toml
from lsnn_core.errors import UsageError

SHIPPED = ["smnist-deepr", "smnist-deepr-2ms", "smnist-lif", "smnist-lsnn", "store-recall"]


def test_the_shipped_recipes_are_found():
    assert set(SHIPPED) <= set(find_recipes())


@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_recipe_is_valid_and_says_what_it_is(name):
    config = configure(name)

    assert config.name == name
    assert len(config.title) > 20


def test_the_main_recipe_has_the_published_values():
    config = configure("smnist-deepr")

    assert (config.network.n_regular, config.network.n_adaptive) == (120, 100)
    assert config.network.connectivity == 0.12
    assert (config.network.beta, config.network.b0, config.network.tau_a_ms) == (1.8, 0.01, 700.0)
    assert (config.training.batch, config.training.iterations) == (256, 36_000)
    assert (config.rewiring.policy, config.rewiring.l1) == ("deep-r", 0.01)


def test_a_misspelt_recipe_gets_the_nearest_name():
    with pytest.raises(
        UsageError, match="'smnist-deper' does not exist; did you mean 'smnist-deepr"
    ):
        load_recipe("smnist-deper")


def test_a_path_is_read_and_names_the_run(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("seed = 3\n[task]\nname = 'smnist'\n")

    assert configure(str(path)) == RunConfig(name="mine", seed=3, task={"name": "smnist"})


def test_a_file_with_a_base_says_what_differs(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("base = 'smnist-deepr'\nseed = 3\n[training]\nlr = 0.5\n[loss]\n")
    shipped = load_recipe("smnist-deepr")

    assert load_recipe(str(path)) == {
        **{key: value for key, value in shipped.items() if key != "title"},
        "name": "mine",
        "seed": 3,
        "training": {**shipped["training"], "lr": 0.5},
    }


def test_a_shipped_recipe_is_shown_in_full_by_its_own_name():
    variant, base = configure("smnist-lif-2ms"), configure("smnist-deepr")

    assert (variant.name, variant.title[:27]) == ("smnist-lif-2ms", "sequential MNIST, 2 ms a pi")
    assert (variant.network.n_adaptive, variant.rewiring.policy) == (0, "none")
    assert (variant.seed, variant.training, variant.loss) == (base.seed, base.training, base.loss)


@pytest.mark.parametrize("name", find_recipes())
def test_a_shipped_variant_states_nothing_that_its_base_says_already(name):
    recipe = read_toml(find_recipes()[name])
    base = read_toml(find_recipes()[recipe["base"]]) if "base" in recipe else {}

    assert flat(recipe) & flat(base) == set()


def flat(recipe):
    tables = {key: value for key, value in recipe.items() if isinstance(value, dict)}
    plain = {("", key, value) for key, value in recipe.items() if key not in tables}
    return plain | {(t, k, str(v)) for t, table in tables.items() for k, v in table.items()}


@pytest.mark.parametrize(
    ("base", "message"),
    [
        ("'smnist-deper'", "'smnist-deper' is no shipped recipe; did you mean 'smnist-deepr'"),
        ("'./mine.toml'", "'./mine.toml' is no shipped recipe"),
        ("''", "'' is no shipped recipe; known: l2l-sine, "),
        ("'smnist-lif'", "found 'smnist-lif', expected a recipe without a base, such as 'smnist-d"),
        ("3", "found 3, expected the name of a shipped recipe"),
        ("['smnist-deepr']", ".*expected the name of a shipped recipe"),
    ],
)
def test_a_base_that_cannot_be_one_is_refused(tmp_path, base, message):
    path = tmp_path / "mine.toml"
    path.write_text(f"base = {base}\n[task]\nname = 'smnist'\n")

    with pytest.raises(UsageError, match=rf"mine\.toml: base:? {message}"):
        configure(str(path))


def test_what_a_variant_says_is_checked_as_in_any_recipe(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("base = 'smnist-deepr'\n[training]\nbacth = 3\n")

    with pytest.raises(UsageError, match=r"training.*bacth.*did you mean 'batch'"):
        configure(str(path))


@pytest.mark.parametrize("path", ["./absent", "absent.toml", "folder/absent"])
def test_an_absent_file_is_refused_by_name(path):
    with pytest.raises(UsageError, match=r"absent.*cannot be read"):
        load_recipe(path)


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("training.batch=64", "training", "batch", 64),
        ("training.lr = 1e-3", "training", "lr", 1e-3),
        ("network.tau_a_ms=[200, 700]", "network", "tau_a_ms", [200, 700]),
        ("network.dale=true", "network", "dale", True),
        ("task.name=store-recall", "task", "name", "store-recall"),
        ('task.name="3"', "task", "name", "3"),
        ("task.code=a=b", "task", "code", "a=b"),
        ("task.code=", "task", "code", ""),
        ("task.code=1\nname = 2", "task", "code", "1\nname = 2"),
        ("network.dale=True", "network", "dale", "True"),
        ("new.key=1", "new", "key", 1),
    ],
)
def test_an_override_is_toml_or_text(override, section, key, value):
    assert apply_overrides({"task": {}}, [override])[section][key] == value


def test_overrides_reach_the_top_and_leave_the_recipe_alone():
    recipe = {"seed": 1, "task": {"name": "smnist"}}

    assert apply_overrides(recipe, ["seed=7", "seed=8", "task.x=1"])["seed"] == 8
    assert recipe == {"seed": 1, "task": {"name": "smnist"}}


@pytest.mark.parametrize(
    "override", ["", "batch", "training.batch", "a.b.c=1", "=1", ".x=1", "x.=1"]
)
def test_a_malformed_override_is_refused(override):
    with pytest.raises(UsageError, match=r"--set: found .*expected section\.key=value"):
        apply_overrides({}, [override])


def test_an_override_cannot_go_into_a_plain_value():
    with pytest.raises(UsageError, match="seed is not a table"):
        apply_overrides({"seed": 1}, ["seed.x=1"])


@pytest.mark.parametrize("override", ["training.bacth=1", "trainng.batch=1", "training=3"])
def test_overrides_are_checked_as_the_recipe_is(override):
    with pytest.raises(UsageError, match="training"):
        configure("smnist-deepr", [override])
