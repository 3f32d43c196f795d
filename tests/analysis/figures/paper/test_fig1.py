from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.paper import fig1
from analysis.panels.bars import WIDTH
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.whole_runs import rate_run, whole_run


def drawn(*paths):
    return picture(fig1, fig1.load(paths))


def bars(fig):
    """Return the panels of B: 1 ms a pixel, then 2 ms."""
    return [ax for ax in fig.axes if ax.get_title().endswith("ms a pixel")]


def test_runs_are_grouped_by_recipe_and_ordered_by_seed(write):
    paths = [
        write(whole_run("smnist-deepr", 2, accuracy=0.9), "b"),
        write(rate_run("smnist-lstm", accuracy=0.4), "c"),
        write(whole_run("smnist-deepr", 1, accuracy=0.8), "a"),
    ]

    bars = fig1.load(paths).bars

    assert {k: g.values for k, g in bars.items()} == {"smnist-deepr": pytest.approx((80.0, 90.0))}
    assert bars["smnist-deepr"].sd == pytest.approx(np.std([80, 90], ddof=1))


def test_published_recipes_are_crosses_and_what_is_beyond_the_paper_stands_apart(write):
    paths = [
        write(whole_run(seed=1, accuracy=0.94, batch=256), "a"),
        write(whole_run("smnist-deepr-trained", seed=1, accuracy=0.95), "b"),
        write(whole_run(seed=2, accuracy=0.75), "short", iteration=100),
        write(whole_run("smnist-delays-lif", n_adaptive=0, delays=150, accuracy=0.97), "c"),
    ]

    data = fig1.load(paths)
    fig = picture(fig1, data)

    one_ms, _ = bars(fig)
    (cross,) = [line.get_ydata() for line in one_ms.lines if line.get_marker() == "x"]
    np.testing.assert_allclose(cross, [94.0])
    assert data.bars["smnist-deepr"].values == pytest.approx((95.0,))  # the longer training
    (beyond,) = [ax for ax in fig.axes if ax.get_title() == "beyond"]
    assert [bar.get_height() for bar in beyond.patches] == pytest.approx([97.0])
    assert 97.0 not in [bar.get_height() for ax in bars(fig) for bar in ax.patches]
    caption = " ".join(text.get_text() for part in fig.subfigs for text in part.texts)
    assert "Beyond the paper: 1 DEEP R LIF, delays to 150 ms." in " ".join(caption.split())


def test_of_a_percentage_nothing_is_drawn_above_100(write):
    paths = [write(whole_run(seed=k, accuracy=a), str(k)) for k, a in enumerate((1.0, 0.9))]

    for ax in bars(drawn(*paths)):
        tops = [s[:, 1].max() for c in ax.collections for s in c.get_segments()]
        tops += [np.max(line.get_ydata()) for line in ax.lines]
        assert max(tops) <= 100.0


def test_bars_are_means_and_dots_are_seeds(write):
    seeds = [0.8, 0.9]
    paths = [write(whole_run(seed=k, accuracy=a), str(k)) for k, a in enumerate(seeds)]

    ax, _ = bars(drawn(*paths))

    ours = [bar for bar in ax.patches if bar.get_x() == pytest.approx(2 - WIDTH)]
    assert [bar.get_height() for bar in ours] == pytest.approx([85.0])
    dots = [line.get_ydata() for line in ax.lines if line.get_marker() == "o"]
    np.testing.assert_allclose(dots, [[80.0, 90.0]])


def test_a_model_without_a_run_shows_the_published_value_and_is_named(write):
    fig = drawn(write(whole_run("smnist-lif")))

    one_ms, two_ms = bars(fig)
    assert [text.get_text() for text in one_ms.texts].count("no run") == 4
    assert [text.get_text() for text in two_ms.texts].count("no run") == 5
    best = [line.get_ydata()[0] for line in one_ms.lines if line.get_marker() == "D"]
    assert best == [63.3, 93.3, 94.7, 89.0, 98.5]
    caption = " ".join(text.get_text() for part in fig.subfigs for text in part.texts)
    assert "smnist-lstm-2ms" in caption


def test_what_no_run_has_is_said_with_its_command(write):
    texts = [t.get_text() for ax in drawn(write(rate_run("smnist-lstm"))).axes for t in ax.texts]

    assert "no network rewired by DEEP R:\nlsnn train smnist-deepr" in texts
    assert "no recorded digit:\nlsnn evaluate RUN.h5" in texts


@pytest.mark.parametrize("recipes", [("smnist-deepr", "smnist-lif"), ("smnist-lif",)])
def test_no_text_is_clipped_or_overlaps(write, recipes):
    assert flaws(drawn(*(write(whole_run(r), r) for r in recipes))) == []


def test_a_run_of_another_task_is_refused(write):
    path = write(whole_run("store-recall", task="store-recall"))

    with pytest.raises(BadFileError, match="task 'store-recall'; fig1 shows sequential MNIST"):
        fig1.load([path])


def test_a_run_of_permuted_digits_is_refused(write):
    tree = whole_run()
    tree["config"] = tree["config"].replace("[network]", "permuted = true\n[network]")

    with pytest.raises(UsageError, match=r"of permuted digits \(task\.permuted\)"):
        fig1.load([write(tree)])


def test_an_unknown_recipe_and_a_second_run_of_a_seed_are_refused(write):
    with pytest.raises(UsageError, match="recipe 'smnist-mine', which is none of the figure's"):
        fig1.load([write(whole_run("smnist-mine"))])
    same = [write(whole_run(), "a"), write(whole_run(), "b")]
    with pytest.raises(UsageError, match=r"a\.h5 and .*b\.h5 are both smnist-deepr with seed 1"):
        fig1.load(same)


def test_an_untested_run_is_refused_with_the_command(write):
    tree = whole_run()
    del tree["metrics"]["test"]

    with pytest.raises(BadFileError, match=r"no /metrics/test/accuracy.*lsnn evaluate"):
        fig1.load([write(tree)])


def test_drawn_twice_the_bytes_are_equal(write, tmp_path):
    path = write(whole_run())

    pictures = []
    for name in ("a.svg", "b.svg"):
        fig1.figure.draw([path], str(tmp_path / name))
        pictures.append((tmp_path / name).read_bytes())

    assert pictures[0] == pictures[1]
