from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.paper import fig1d
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.run_files import a_digit, a_run


@pytest.fixture
def tree():
    unused = {"metrics": {}, "rewiring": {}}
    return a_run(n_iterations=2) | unused


@pytest.fixture
def load(write):
    return lambda tree: fig1d.load(write(tree))


def drawn(data):
    return picture(fig1d, data)


def panels(fig):
    return fig.axes[1::2]


def raster_times(ax, which=0):
    return np.array([s[0, 0] for s in ax.collections[which].get_segments()])


def test_load_reads_the_example(load, tree):
    data = load(tree)

    np.testing.assert_array_equal(data.image, a_digit())
    assert (data.label, data.prediction) == (7, tree["recordings"]["example"]["prediction"])
    assert (data.ms_per_pixel, data.duration_ms) == (1.0, 840.0)
    assert data.readout_start_ms == 812.0
    np.testing.assert_array_equal(data.threshold, tree["recordings"]["example"]["threshold"])
    np.testing.assert_allclose(data.baseline, 0.01)


def test_neurons_are_parted_by_sign_and_adaptation(load, tree):
    data = load(tree)

    assert [(p.name, p.remark) for p in data.neurons] == [
        ("R", "66 excitatory"),
        ("R", "54 inhibitory"),
        ("A", "100 adaptive"),
    ]
    assert [p.nodes.tolist() for p in data.neurons] == [
        list(range(54, 120)),
        list(range(54)),
        list(range(120, 220)),
    ]


def test_the_last_input_is_a_prompt_if_it_waits_for_the_image(load, tree):
    assert load(tree).prompt.nodes.tolist() == [79]

    tree["spikes"]["X"]["node_ids"][:] = 79  # now it fires during the image, too
    data = load(tree)
    assert data.prompt is None
    assert data.channels.nodes.tolist() == list(range(80))


def test_permuted_pixels_are_drawn_in_the_order_shown_and_the_digit_as_it_looks(load, tree):
    order = np.random.default_rng(0).permutation(784)
    tree["recordings"]["example"]["pixel_order"] = order
    fig = drawn(load(tree))
    looks, sequence = fig.axes[:2]

    np.testing.assert_array_equal(looks.images[0].get_array(), a_digit())
    np.testing.assert_array_equal(sequence.images[0].get_array()[0], a_digit().ravel()[order])
    assert "pixels of a 7, permuted" in sequence.get_title(loc="left")
    assert flaws(fig) == []


def test_an_order_that_is_none_is_refused(load, tree):
    tree["recordings"]["example"]["pixel_order"] = np.zeros(784, np.int16)
    with pytest.raises(BadFileError, match="pixel_order: expected each of the pixels 0 to 783"):
        load(tree)


def test_every_spike_is_drawn_in_its_populations_panel(load, tree):
    x, excitatory, inhibitory, adaptive = panels(drawn(load(tree)))[1:5]

    spikes = tree["spikes"]
    r_ids = spikes["R"]["node_ids"]
    x_ids = spikes["X"]["node_ids"]
    assert raster_times(x).size == np.sum(x_ids < 79)
    assert raster_times(x, 1).tolist() == list(range(784, 840))
    assert raster_times(excitatory).size == np.sum(r_ids >= 54)
    assert raster_times(inhibitory).size == np.sum(r_ids < 54)
    np.testing.assert_array_equal(raster_times(adaptive), spikes["A"]["timestamps"])


def test_thresholds_and_softmax_are_drawn_as_stored(load, tree):
    threshold, softmax = panels(drawn(load(tree)))[5:]

    example = tree["recordings"]["example"]
    traces = [line.get_ydata() for line in threshold.lines if len(line.get_ydata()) == 840]
    np.testing.assert_array_equal(traces, example["threshold"].T)
    np.testing.assert_array_equal(
        [line.get_ydata() for line in softmax.lines], example["softmax"].T
    )


def test_all_panels_share_the_time_axis_and_the_readout_window(load, tree):
    axes = panels(drawn(load(tree)))

    assert [ax.get_xlim() for ax in axes] == [(0, 840)] * 7
    windows = [ax.patches[-1] for ax in axes]
    assert [(w.get_x(), w.get_width()) for w in windows] == [(812, 28)] * 7


@pytest.mark.parametrize(
    "options",
    [
        {"seed": 0},  # a wrong answer
        {"ms_per_pixel": 2},
        {"n_adaptive": 0, "signed": False, "policy": "none"},
        {"n_adaptive": 3},
    ],
    ids=["paper", "2 ms", "LIF", "few adaptive"],
)
def test_no_text_is_clipped_or_overlaps(load, options):
    fig = drawn(load(a_run(**options)))

    assert flaws(fig) == []


def test_a_network_without_adaptive_neurons_has_no_panels_for_them(load):
    data = load(a_run(n_adaptive=0, signed=False))

    assert data.threshold is None
    assert [p.remark for p in data.neurons] == ["120 regular"]
    assert len(panels(drawn(data))) == 4


def test_a_silent_population_says_so(load, tree):
    for part in tree["spikes"]["A"]:
        tree["spikes"]["A"][part] = tree["spikes"]["A"][part][:0]

    notes = [[text.get_text() for text in ax.texts] for ax in panels(drawn(load(tree)))]

    assert notes == [[], ["prompt"], [], [], ["no spikes"], [], []]


@pytest.mark.parametrize(
    "dataset",
    [
        "recordings/example/image",
        "recordings/example/label",
        "recordings/example/prediction",
        "recordings/example/softmax",
        "recordings/example/readout_start",
        "recordings/example/steps_per_pixel",
        "recordings/example/threshold",
        "recordings/example/threshold_nodes",
        "spikes/X",
        "spikes/R",
        "spikes/A",
        "recordings",
        "spikes",
    ],
)
def test_missing_data_is_named_with_the_command_that_records_it(load, tree, dataset):
    *groups, last = dataset.split("/")
    home = tree
    for group in groups:
        home = home[group]
    del home[last]

    with pytest.raises(BadFileError, match=rf"run\.h5: no /{dataset}.*lsnn evaluate") as error:
        load(tree)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("label", np.int64(10), "whole number from 0 to 9, found 10"),
        ("prediction", np.float64(0.5), "whole number from 0 to 9, found 0.5"),
        ("prediction", np.float64(np.nan), "whole number from 0 to 9, found nan"),
        ("label", np.arange(3), "whole number from 0 to 9"),
        ("readout_start", np.int64(840), "from 0 to 839"),
        ("steps_per_pixel", np.int64(2), "from 1 to 1"),
        ("threshold", np.ones((839, 5), np.float32), "expected 840 rows, found 839"),
        ("threshold_nodes", np.arange(5), "expected adaptive neurons, 120 to 219"),
        ("softmax", np.ones((700, 10), np.float32), "cannot be of one example"),
        ("softmax", np.ones(840, np.float32), "softmax"),
    ],
)
def test_contradictions_are_refused_by_name(load, tree, name, value, said):
    tree["recordings"]["example"][name] = value

    with pytest.raises(BadFileError, match=said):
        load(tree)


def test_more_than_one_run_is_refused(tmp_path):
    with pytest.raises(UsageError, match="fig1d: expected one run file, found 2"):
        fig1d.figure.draw(["a.h5", "b.h5"], str(tmp_path / "a.pdf"))
