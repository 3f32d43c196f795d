from __future__ import annotations

import csv
import io
import re

import numpy as np
import pytest

from analysis.figures.paper import table1
from analysis.figures.paper.table1_words import remarks
from analysis.reading import published
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.run_files import series
from tests.helpers.task_runs import navigation_run, teacher_run
from tests.helpers.whole_runs import rate_run, whole_run


@pytest.fixture
def paths(write):
    trees = {
        "a": whole_run(seed=1, accuracy=0.80),
        "b": whole_run(seed=2, accuracy=0.90),
        "c": rate_run("smnist-lstm", accuracy=0.40),
    }
    return [write(tree, name) for name, tree in trees.items()]


def read_csv(data):
    return list(csv.DictReader(io.StringIO(table1.to_csv(data))))


def rows_of(data, recipe):
    return [row for row in read_csv(data) if row["recipe"] == recipe]


def lines_of(data, model):
    return [line for line in data.lines if line.row.model == model]


def with_test(tree, metric, value):
    tree["metrics"]["test"] = {metric: series(np.array([40]), np.array([value]))}
    return tree


def test_csv_holds_published_numbers_beside_ours(paths):
    data = table1.load(paths)

    (deepr,) = rows_of(data, "smnist-deepr")
    assert (deepr["published mean"], deepr["published sd"], deepr["published best"]) == (
        "94.2", "0.3", "94.7",
    )  # fmt: skip
    assert (deepr["certainty of mean"], deepr["certainty of best"]) == ("Q", "P")
    assert (float(deepr["our mean"]), float(deepr["our best"])) == pytest.approx((85.0, 90.0))
    assert deepr["our seeds"] == "1 2"
    assert deepr["our values"] == "1:80 2:90"
    command = "lsnn train smnist-deepr ... (the file does not tell all)"
    assert deepr["commands"] == f"{command}; {command}"
    assert rows_of(data, "smnist-lif")[0]["our mean"] == ""


def test_the_best_error_is_the_lowest_and_the_best_navigator_finds_most_goals():
    assert not published.row_of("timit-lsnn").higher_is_better
    assert published.row_of("navigation").higher_is_better


def test_kinds_have_lines_of_their_own_and_what_is_beyond_the_paper_no_published_number(write):
    paths = [
        write(whole_run(seed=1, accuracy=0.9, batch=256), "a"),
        write(whole_run(seed=1, accuracy=0.8), "b"),
        write(whole_run("smnist-deepr-trained", seed=2, accuracy=0.85), "c"),
        write(whole_run("smnist-deepr", seed=1, accuracy=0.97, delays=150), "d"),
    ]

    lines = lines_of(table1.load(paths), "DEEP R LSNN")

    assert [(line.kind, line.group.values[0]) for line in lines[:4]] == [
        ("a", pytest.approx(90.0)), ("b", pytest.approx(80.0)), ("b", pytest.approx(85.0)),
        ("c", pytest.approx(97.0)),
    ]  # fmt: skip
    assert [line.is_beside_published for line in lines[:4]] == [True, True, True, False]


def test_a_run_beyond_the_paper_stands_before_its_control_and_names_its_number(write):
    paths = [
        write(whole_run("smnist-delays-lif", n_adaptive=0, delays=150, accuracy=0.9), "lif"),
        write(whole_run("smnist-delays-learned", delays=150, accuracy=0.98), "learned"),
        write(whole_run("smnist-delays", delays=150, accuracy=0.95), "lsnn"),
    ]

    data = table1.load(paths)

    beyond = [line for line in data.lines if line.kind == "c"]
    recipes = [line.results[0].recipe for line in beyond]
    assert recipes == ["smnist-delays", "smnist-delays-lif", "smnist-delays-learned"]
    said = " ".join(remarks(beyond[0], data))
    assert "Control, DEEP R LIF, delays to 150 ms: 90.00" in said

    alone = table1.load(paths[2:])
    (line,) = [line for line in alone.lines if line.kind == "c"]
    assert "Its control, smnist-delays-lif, has no run yet" in remarks(line, alone)


def test_where_a_mean_falls_short_is_said_with_the_size_and_the_training(write):
    short = table1.load([write(whole_run(accuracy=0.80), "a")])
    (line,) = lines_of(short, "DEEP R LSNN")[:1]
    assert "Falls short: 14.20 below the published mean, on 0.28 % of its examples" in remarks(
        line, short
    )

    reached = table1.load([write(whole_run(accuracy=0.943), "b")])
    (line,) = lines_of(reached, "DEEP R LSNN")[:1]
    assert "Reaches the published mean" in remarks(line, reached)


def test_cost_is_processor_time_where_the_file_tells_and_else_the_clock_marked(write):
    times = '{"train_seconds": 600, "train_cpu_seconds": 240}', '{"train_seconds": 600}'
    shown = []
    for k, environment in enumerate(times):
        data = table1.load([write(whole_run(accuracy=0.8) | {"environment": environment}, str(k))])
        shown.append(table1.to_markdown(data))

    assert f"| 400 {table1.TIMES} 64 | 4 min |" in shown[0]
    assert f"| 400 {table1.TIMES} 64 | 10 min* |" in shown[1]


def test_averaged_weights_have_a_column_where_a_run_was_tested_with_them(write):
    tree = whole_run(accuracy=0.80)
    tree["metrics"]["test_average"] = {"accuracy": series(np.array([40]), np.array([0.82]))}
    paths = [write(tree, "a"), write(whole_run(seed=2, accuracy=0.8), "b")]

    assert rows_of(table1.load(paths[:1]), "smnist-deepr")[0]["our mean, averaged weights"] == "82"
    assert rows_of(table1.load(paths), "smnist-deepr")[0]["our mean, averaged weights"] == ""


def test_weights_are_counted_from_the_file(write):
    tree = whole_run(accuracy=0.8)
    lists = [matrix["indices"].size for matrix in tree["weights"].values()]
    tree["weights"]["b_out"] = np.zeros(10)

    (row,) = rows_of(table1.load([write(tree)]), "smnist-deepr")

    assert int(row["weights"]) == sum(lists) + 10


def test_predictors_stand_beside_the_networks_of_the_same_functions(write):
    tree = with_test(teacher_run(), "mse", 0.02)
    tree["config"] = tree["config"].replace('name = "l2l"', 'name = "l2l-tn"', 1)
    errors = tree["recordings"]["l2l"]["errors"]

    data = table1.load([write(tree)])

    (linear,) = [one for one in lines_of(data, "linear predictor of all pairs") if one.value]
    assert linear.value == pytest.approx(errors["linear_all"].mean())
    assert linear.shown == "target-networks, 30 examples"
    assert not linear.is_beside_published
    (network,) = [one for one in data.lines if one.group is not None]
    ours = ((errors["guess"] - errors["target"]) ** 2).mean(axis=1)
    theirs = errors["linear_all"].mean(axis=1)
    assert network.against.ratio == pytest.approx(ours.mean() / theirs.mean())
    assert network.against.better == (ours < theirs).sum()
    assert "Target-networks, 30 examples; Bernoulli input spikes" in remarks(network, data)


@pytest.mark.parametrize(
    ("recipe", "family", "code", "model"),
    [
        ("l2l-tn-regular", "target-networks", "regular", "regular spikes"),
        ("l2l-tn-phase", "target-networks", "random-phase", "random phase"),
        ("l2l-tn-bernoulli", "target-networks", "bernoulli", "Bernoulli spikes"),
        ("l2l-sine-regular", "sine", "regular", "regular spikes"),
    ],
)
def test_learning_to_learn_is_compared_by_recorded_errors_under_its_code(
    write, recipe, family, code, model
):
    tree = teacher_run(family, code=code)
    tree["config"] = tree["config"].replace('name = "l2l"', f'name = "{recipe}"', 1)
    data = table1.load([write(tree)])
    errors = tree["recordings"]["l2l"]["errors"]
    expected = np.mean((errors["guess"] - errors["target"]) ** 2)

    (found,) = rows_of(data, recipe)
    assert float(found["our mean"]) == pytest.approx(expected, rel=1e-5)
    assert found["model"] == f"LSNN, {model}, Muon"
    assert found["task"].endswith(", tested on 500 examples")
    (line,) = data.of_recipe(recipe)
    assert line.against.ratio == pytest.approx(expected / errors["linear_others"].mean())
    (floor,) = [line for line in data.lines if line.row.baseline == "gaussian_process"]
    assert floor.value == pytest.approx(errors["gaussian_process"].mean())
    del errors["guess"]
    with pytest.raises(BadFileError, match=r"no /recordings/l2l/errors/guess in it.*evaluate"):
        table1.load([write(tree, "other")])


def test_agents_stand_beside_the_navigator(write):
    data = table1.load([write(with_test(navigation_run(), "goals", 6.0))])

    found = {line.row.baseline: line.value for line in data.lines if line.value is not None}
    assert found == {"oracle": 50, "explorer": 20, "random_walk": 2}


def test_markdown_has_a_table_for_each_task(paths):
    text = table1.to_markdown(table1.load(paths))

    assert "\n## sequential MNIST, 1 ms a pixel: test accuracy (%)\n" in text
    assert "94.2 ± 0.3 Q | 94.7 P | 12 | 85.00 ± 7.07 | 90.00 |  | 2 |" in text
    assert "| LIF |  |  | 60.9 ± 2.7 Q | 63.3 Q |  | - |" in text
    fenced = "".join(re.findall(r"^```text\n(.*?)^```$", text, re.MULTILINE | re.DOTALL))
    assert "lsnn train smnist-lstm ... (the file does not tell all)\n" in fenced


def test_commands_are_whole_in_every_format(write):
    command = "lsnn train smnist-deepr " + " ".join(f"--set network.k{k}=1" for k in range(40))
    trees = [whole_run(seed=k, accuracy=0.8) for k in (1, 2)]
    for k, tree in enumerate(trees):
        tree["environment"] = f'{{"command": "{command} --set seed={k + 1}"}}'
    data = table1.load([write(tree, str(k)) for k, tree in enumerate(trees)])

    drawn = " ".join(t.get_text().strip() for t in picture(table1, data).axes[0].texts)
    for text in (table1.to_csv(data), table1.to_markdown(data), drawn):
        assert f"{command} --set seed=1" in text
    assert "seed=2" in table1.to_markdown(data)
    assert "seed=2" not in drawn  # differs in the seed alone


def test_every_published_number_has_a_known_certainty():
    for row in published.rows():
        given = {key for key in ("mean", "sd", "best", "runs") if getattr(row, key) is not None}
        assert given == set(row.certainty), row.recipe
        assert set(row.certainty.values()) <= set(published.CERTAINTY)


def test_every_recipe_has_one_row_and_every_control_exists():
    recipes = [recipe for row in published.rows() for recipe in row.recipes]

    assert len(set(recipes)) == len(recipes)
    assert {name for row in published.rows() for name in row.control} <= set(recipes)


def test_no_text_is_clipped_or_overlaps(paths):
    fig = picture(table1, table1.load(paths))

    assert flaws(fig) == []


@pytest.mark.parametrize("ending", ["csv", "md", "svg"])
def test_the_ending_chooses_the_format_and_bytes_repeat(paths, tmp_path, ending):
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    for out in (first, second):
        table1.figure.draw(paths, str(out))

    assert first.read_bytes() == second.read_bytes()


def test_a_recipe_without_a_line_is_refused(write):
    path = write(whole_run("store-recall", task="store-recall"))

    with pytest.raises(UsageError, match="'store-recall', which has no line; those that have"):
        table1.load([path])


def test_one_seed_twice_in_a_line_is_refused(write):
    same = [write(whole_run(accuracy=0.8), name) for name in "ab"]

    with pytest.raises(UsageError, match="both smnist-deepr with seed 1"):
        table1.load(same)
