from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.paper import fig3, fig3_data, figs1
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture
from tests.helpers.run_files import a_run
from tests.helpers.task_runs import T, navigation_run


def drawn(module, path):
    return picture(module, module.load(path))


def panel(fig, ylabel, which=0):
    return [ax for ax in fig.axes if ax.get_ylabel() == ylabel][which]


def test_search_lengths_count_cut_searches_with_their_steps():
    goals = np.array([2, 0])
    episode, step = np.array([0, 0]), np.array([9, 29])

    lengths, error = fig3_data.search_lengths(goals, episode, step, 100)

    # Episode 0: 10 steps, 20 steps, 70 cut off; episode 1: 100 cut off.
    np.testing.assert_array_equal(lengths[:2], [110.0, 20.0])
    assert np.isnan(lengths[2:]).all()
    assert np.isnan(error[2:]).all()


def test_the_error_of_a_search_is_that_of_a_mean_where_all_were_completed():
    goals, episode = np.array([2, 2, 2]), np.array([0, 0, 1, 1, 2, 2])
    step = np.array([9, 20, 29, 31, 49, 70])

    lengths, error = fig3_data.search_lengths(goals, episode, step, 100)

    first = np.array([10.0, 30.0, 50.0])
    assert lengths[0] == first.mean()
    assert error[0] == pytest.approx(first.std(ddof=1) / np.sqrt(3))


def test_searches_that_exist_in_no_episode_have_no_length():
    everything, _ = fig3_data.search_lengths(np.array([8]), np.zeros(8, int), np.arange(8), 8)

    np.testing.assert_array_equal(everything, np.ones(6))


def test_goals_are_drawn_over_episodes_with_the_scale(write):
    tree = navigation_run()

    ax = panel(drawn(fig3, write(tree)), "goals per episode")

    goals = tree["metrics"]["train"]["goals"]
    line = next(one for one in ax.lines if one.get_zorder() == 3)
    np.testing.assert_array_equal(line.get_xdata(), 64 * goals["step"])
    np.testing.assert_array_equal(line.get_ydata(), goals["value"])
    scale = {text.get_text(): text.get_position()[1] for text in ax.texts}
    assert scale == {"oracle": 50.0, "no memory": 20.0, "random": 2.0}


def test_paths_are_cut_where_the_agent_is_put_elsewhere(write):
    tree = navigation_run()

    fig = drawn(fig3, write(tree))

    network = tree["recordings"]["navigation"]["network"]
    ax = next(ax for ax in fig.axes if ax.get_title() == "6 goals")
    pieces = [line.get_xdata() for line in ax.lines if line.get_marker() == "None"]
    ends = network["found_step"][:6] + 1
    expected = np.split(network["path"][0, :, 0], ends)
    assert [len(piece) for piece in pieces] == [len(piece) for piece in expected]
    np.testing.assert_array_equal(np.concatenate(pieces), network["path"][0, :, 0])


@pytest.mark.parametrize(("untrained", "who"), [(True, "before"), (False, "before: random walk")])
def test_before_training_is_the_untrained_network_if_it_was_recorded(write, untrained, who):
    fig = drawn(fig3, write(navigation_run(untrained=untrained)))

    titles = [part.get_suptitle() for row in fig.subfigs for part in row.subfigs]
    assert [title for title in titles if title] == [who, "after"]


@pytest.mark.parametrize("module", [fig3, figs1])
def test_no_text_is_clipped_or_overlaps(write, module):
    assert flaws(drawn(module, write(navigation_run()))) == []


def test_panels_without_a_recording_say_what_records_it(write):
    tree = navigation_run()
    del tree["recordings"]["navigation"]
    del tree["metrics"]["train"]["steps_to_first_goal"]
    del tree["metrics"]["train"]["steps_to_later_goal"]

    fig = drawn(fig3, write(tree, status="running"))

    notes = [text.get_text() for ax in fig.axes for text in ax.texts]
    assert sum("lsnn evaluate RUN.h5" in note for note in notes) == 3
    assert sum("lsnn resume RUN.h5" in note for note in notes) == 1
    assert flaws(fig) == []


@pytest.mark.parametrize("name", ["arena/goal", "network/path", "oracle/goals", "explorer"])
def test_a_recording_in_parts_is_refused_by_name(write, name):
    tree = navigation_run()
    home, _, last = name.rpartition("/")
    group = tree["recordings"]["navigation"]
    del (group[home] if home else group)[last]

    with pytest.raises(BadFileError, match=rf"no /recordings/navigation/{name}.*lsnn evaluate"):
        fig3.load(write(tree))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("goals", np.arange(6)),
        ("found_step", np.zeros(36, int)),
        ("found_episode", np.ones(36, int)),
    ],
)
def test_goals_that_contradict_each_other_are_refused(write, name, value):
    tree = navigation_run()
    tree["recordings"]["navigation"]["network"][name] = value

    with pytest.raises(BadFileError, match=r"/network: goals, .* contradict each other"):
        fig3.load(write(tree))


@pytest.mark.parametrize(("module", "name"), [(fig3, "fig3"), (figs1, "figS1")])
def test_a_run_of_another_task_is_refused(write, module, name):
    with pytest.raises(BadFileError, match=f"task 'smnist'; {name} shows navigation"):
        module.load(write(a_run(n_iterations=2)))
    with pytest.raises(UsageError, match=f"figure {name}: expected one run file, found 2"):
        module.figure.draw(["a.h5", "b.h5"], "out.pdf")


def test_figs1_reads_the_policy_and_the_way_to_the_goal(write):
    tree = navigation_run()

    data = figs1.load(write(tree))

    example = tree["recordings"]["example"]
    np.testing.assert_allclose(data.action, np.tanh(example["y"][:, :2]))
    away = np.linalg.norm(example["position"] - example["goal"], axis=1)
    np.testing.assert_allclose(data.distance, away - 0.3)
    assert data.reached.tolist() == [100, 250]
    assert [p.nodes.size for p in data.inputs] == [20] * 4
    assert data.duration_ms == T


@pytest.mark.parametrize("name", ["y", "position", "goal", "reward"])
def test_figs1_names_what_is_missing(write, name):
    tree = navigation_run()
    del tree["recordings"]["example"][name]

    with pytest.raises(BadFileError, match=rf"no /recordings/example/{name} in it; record it with"):
        figs1.load(write(tree))


def test_drawn_twice_the_bytes_are_equal(write, tmp_path):
    path = write(navigation_run())
    outs = [tmp_path / name for name in ("a.svg", "b.svg")]

    for out in outs:
        fig3.figure.draw([path], str(out))

    assert outs[0].read_bytes() == outs[1].read_bytes()
