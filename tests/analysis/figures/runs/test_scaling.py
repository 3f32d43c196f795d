"""The scaling figure: drawn from measurements of `lsnn bench --scaling`, damaged ones refused."""

from __future__ import annotations

import json

import pytest

from analysis.figures.runs import scaling
from lsnn_core.errors import BadFileError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture

X = {"neurons": [1e3, 1e4, 1e5], "batch": [1, 16, 256], "connectivity": [0.05, 0.4, 1.0]}


def measurements(axes=tuple(X)):
    points = {
        axis: [
            {"x": x, "kernel": kernel, "us_per_example_ms": 2.0 * x**0.5}
            for kernel in (("list", "matrix") if axis == "connectivity" else ("",))
            for x in X[axis]
        ]
        for axis in axes
    }
    machine = {"processor": "a processor", "lsnn": "0", "created_utc": "2026-01-01T00:00:00"}
    options = {"threads": 2}
    return {"schema": "lsnn-bench", "environment": machine, "options": options, "scaling": points}


def written(tmp_path, content):
    path = tmp_path / "scaling.json"
    path.write_text(json.dumps(content))
    return str(path)


def drawn(data):
    return picture(scaling, data)


def test_points_are_read_in_order_of_size(tmp_path):
    content = measurements()
    content["scaling"]["batch"].reverse()

    data = scaling.load([written(tmp_path, content)])

    assert data.curves["batch", ""] == scaling.Curve((1.0, 16.0, 256.0), (2.0, 8.0, 32.0))
    assert data.about == "a processor, 2 threads, lsnn 0, 2026-01-01T00:00:00"


def test_an_axis_that_was_not_measured_has_no_panel(tmp_path):
    data = scaling.load([written(tmp_path, measurements(["batch"]))])

    assert [panel.axis for panel in data.panels] == ["batch"]
    assert len(drawn(data).axes) == 1


def test_list_and_matrix_share_a_panel(tmp_path):
    data = scaling.load([written(tmp_path, measurements(["connectivity"]))])
    (ax,) = drawn(data).axes

    assert [text.get_text() for text in ax.get_legend().get_texts()] == ["list", "matrix"]


def test_no_text_is_clipped_or_on_other_text(tmp_path):
    assert flaws(drawn(scaling.load([written(tmp_path, measurements())]))) == []


def test_it_is_a_picture_with_its_origin(tmp_path):
    out = tmp_path / "scaling.svg"

    scaling.figure.draw([written(tmp_path, measurements())], str(out))

    assert "a processor, 2 threads" in out.read_text()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"schema": "other"}, "no measurements"),
        ({"scaling": {}}, "no scaling in it"),
        ({"scaling": {"batch": [{"x": 1}]}}, "damaged"),
        ({"scaling": {"batch": [{"x": -1, "kernel": "", "us_per_example_ms": 1}]}}, "damaged"),
        ({"scaling": {"batch": 3}}, "damaged"),
        ({"scaling": {"batch": [{"x": True, "kernel": "", "us_per_example_ms": 1}]}}, "damaged"),
        ({"scaling": {"batch": [{"x": 1e99, "kernel": "", "us_per_example_ms": 1}]}}, "damaged"),
        ({"scaling": {"batch": [{"x": 1, "kernel": 0, "us_per_example_ms": 1}]}}, "damaged"),
        ({"scaling": {"batch": [3]}}, r"damaged \(scaling\.batch: expected a list of tables"),
        ({"scaling": []}, r"damaged \(scaling: expected a table\); make it with: lsnn bench"),
        ({"environment": None}, "damaged"),
        ({"environment": {"lsnn": "0"}}, r"damaged \(processor: expected something\)"),
    ],
)
def test_other_files_are_refused(tmp_path, change, words):
    path = written(tmp_path, {**measurements(), **change})

    with pytest.raises(BadFileError, match=words):
        scaling.load([path])


def test_a_mistake_in_the_figure_is_not_blamed_on_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr(scaling, "PANELS", (None,))

    with pytest.raises(AttributeError, match="axis"):
        scaling.load([written(tmp_path, measurements())])


@pytest.mark.parametrize(("content", "words"), [("{", "is no JSON"), ("[]", "no measurements")])
def test_what_is_no_json_object_is_refused(tmp_path, content, words):
    path = tmp_path / "scaling.json"
    path.write_text(content)

    with pytest.raises(BadFileError, match=words):
        scaling.load([str(path)])


def test_a_missing_file_is_named():
    with pytest.raises(BadFileError, match=r"none\.json: cannot be read"):
        scaling.load(["none.json"])
