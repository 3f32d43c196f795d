from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from analysis.figures.paper import table1
from analysis.reading import published
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.task_runs import teacher_run
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
    return {row["recipe"]: row for row in csv.DictReader(io.StringIO(table1.to_csv(data)))}


def test_csv_holds_published_numbers_beside_ours(paths):
    rows = read_csv(table1.load(paths))

    deepr = rows["smnist-deepr"]
    assert (deepr["published mean"], deepr["published sd"], deepr["published best"]) == (
        "94.2", "0.3", "94.7",
    )  # fmt: skip
    assert (deepr["certainty of mean"], deepr["certainty of best"]) == ("Q", "P")
    assert (float(deepr["our mean"]), float(deepr["our best"])) == pytest.approx((85.0, 90.0))
    assert deepr["our seeds"] == "1 2"
    assert deepr["our values"] == "1:80 2:90"
    assert deepr["command"] == "lsnn train smnist-deepr ... (the file does not tell all)"
    assert rows["smnist-lif"]["our mean"] == ""


def test_the_best_error_is_the_lowest():
    row = published.row_of("timit-lsnn")

    assert not row.higher_is_better


def test_markdown_has_a_table_for_each_task(paths):
    text = table1.to_markdown(table1.load(paths))

    assert "### sequential MNIST, 1 ms a pixel: test accuracy (%)" in text
    assert "| DEEP R LSNN | 94.2 ± 0.3 Q | 94.7 P | 12 | 85.0 ± 7.1 | 90.0 | 2 |" in text
    assert "| LIF | 60.9 ± 2.7 Q | 63.3 Q |  | - |" in text
    assert "    lsnn train smnist-lstm ... (the file does not tell all)" in text


def test_every_published_number_has_a_known_certainty():
    for row in published.rows():
        given = {key for key in ("mean", "sd", "best", "runs") if getattr(row, key) is not None}
        assert given == set(row.certainty), row.recipe
        assert set(row.certainty.values()) <= set(published.CERTAINTY)


def test_no_text_is_clipped_or_overlaps(paths):
    fig = picture(table1, table1.load(paths))

    assert flaws(fig) == []


@pytest.mark.parametrize("ending", ["csv", "md", "svg"])
def test_the_ending_chooses_the_format_and_bytes_repeat(paths, tmp_path, ending):
    first, second = tmp_path / f"a.{ending}", tmp_path / f"b.{ending}"
    for out in (first, second):
        table1.figure.draw(paths, str(out))

    assert first.read_bytes() == second.read_bytes()


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

    found = read_csv(data)[recipe]
    assert float(found["our mean"]) == pytest.approx(expected, rel=1e-5)
    assert found["model"] == f"LSNN, {model}, Muon"
    assert found["task"].endswith(", tested on 500 examples")
    del errors["guess"]
    with pytest.raises(BadFileError, match=r"no /recordings/l2l/errors/guess in it.*evaluate"):
        table1.load([write(tree, "other")])


def test_a_recipe_without_a_line_is_refused(write):
    path = write(whole_run("store-recall", task="store-recall"))

    with pytest.raises(UsageError, match="'store-recall', which has no line; those that have"):
        table1.load([path])
