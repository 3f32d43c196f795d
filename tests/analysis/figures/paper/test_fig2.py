from __future__ import annotations

import numpy as np
import pytest

from analysis.figures.paper import fig2, fig2_data
from lsnn_core.errors import BadFileError, UsageError
from tests.helpers.axes import flaws
from tests.helpers.figures import picture, words
from tests.helpers.run_files import a_run
from tests.helpers.task_runs import AFTER, HOLD, N_EXAMPLES, teacher_run

NETWORKS = "target-networks"


def drawn(*paths):
    return picture(fig2, fig2.load(paths))


def texts(fig):
    """Return all notes of a figure, those of its parts included."""
    return " ".join(" ".join(words(fig)).split())


def test_each_file_goes_to_its_family(write):
    paths = [write(teacher_run("sine"), "s"), write(teacher_run(), "n")]

    data = fig2.load(paths)

    assert data.networks.family.name == "target networks"
    assert data.sinus.family.name == "sinus functions"
    assert data.networks.iteration == 400
    assert data.networks.errors.backprop is not None
    assert data.sinus.errors.backprop is None


def test_errors_are_squared_differences_of_guess_and_target(write):
    tree = teacher_run()

    errors = fig2.load([write(tree)]).networks.errors

    stored = tree["recordings"]["l2l"]["errors"]
    np.testing.assert_allclose(errors.lsnn, (stored["guess"] - stored["target"]) ** 2)
    np.testing.assert_array_equal(errors.linear_preceding, stored["linear_preceding"])


@pytest.mark.parametrize("family", ["sine", "target-networks"])
def test_guesses_are_the_readouts_counts_in_the_familys_range(write, family):
    tree = teacher_run(family)

    data = fig2.load([write(tree)])

    episode = (data.sinus if family == "sine" else data.networks).episode
    example = tree["recordings"]["example"]
    counts = example["y"].reshape(N_EXAMPLES, HOLD).sum(axis=1)
    expected = 5 * counts if family == "sine" else 0.5 + 0.5 * counts
    np.testing.assert_allclose(episode.guess, expected[:25])
    np.testing.assert_array_equal(episode.target, example["target"][:25])
    assert episode.duration_ms == 500.0


def test_inputs_are_parted_by_signal(write):
    signals = fig2.load([write(teacher_run())]).networks.episode.signals

    assert [p.name for p in signals] == ["$x_1$", "$x_2$", "$C(x')$"]
    assert [p.nodes.tolist() for p in signals] == [
        list(range(k, k + 30)) for k in (0, 30, 60)
    ]  # fmt: skip


def test_internal_models_are_of_the_function_with_the_widest_range(write):
    tree = teacher_run()

    probes = fig2.load([write(tree)]).networks.probes

    stored = tree["recordings"]["l2l"]["probes"]
    np.testing.assert_array_equal(probes.guess, stored["guess"][3])
    np.testing.assert_array_equal(probes.shown_x, stored["shown_x"][3])


def test_a_function_is_known_from_the_first_of_five_good_guesses():
    target = np.zeros(12)
    guess = np.array([1, 0, 0, 1, 0.05, 0, 0, 0, 0, 1, 0, 0.0])
    episode = fig2_data.Episode(20, target, guess, (), ())

    family = fig2_data.FAMILIES["target-networks"]

    assert fig2_data.learned_at(episode, family) == 4
    assert fig2_data.learned_at(episode, family, run_length=6) is None


def test_models_are_drawn_as_stored_with_the_examples_seen(write):
    tree = teacher_run("sine")

    fig = drawn(write(tree))

    (ax,) = [ax for ax in fig.axes if ax.get_title() == "3 examples"]
    stored = tree["recordings"]["l2l"]["probes"]
    value, guess, before, last = [line.get_ydata() for line in ax.lines]
    np.testing.assert_array_equal(guess, stored["guess"][3, list(AFTER).index(3)])
    np.testing.assert_array_equal(value, stored["value"][3])
    np.testing.assert_array_equal([*before, *last], stored["shown_value"][3, :3])


@pytest.mark.parametrize(
    ("families", "said"),
    [
        (["sine"], "lsnn train l2l-tn"),
        (["target-networks"], "lsnn train l2l-sine"),
        (["target-networks", "sine"], "Sinus functions: 400 iterations"),
    ],
)
def test_no_text_overlaps_and_rows_without_a_run_say_what_makes_one(write, families, said):
    fig = drawn(*(write(teacher_run(name), name) for name in families))

    assert flaws(fig) == []
    assert said in texts(fig)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("regular", "regular input spikes (exact patterns: the network does not stand other"),
        ("random-phase", "examples an episode, input spikes of random phase. On 12"),
        ("bernoulli", "examples an episode, Bernoulli input spikes. On 12 new functions of 30"),
    ],
)
def test_the_caption_names_the_code_and_the_figure_shows_the_floor(write, code, said):
    fig = drawn(*(write(teacher_run(name, code=code), name) for name in ("sine", NETWORKS)))

    assert said in texts(fig)
    assert "Floor: a Gaussian process" in texts(fig)
    assert [ax for ax in fig.axes if "floor" in ax.get_legend_handles_labels()[1]] != []
    assert flaws(fig) == []


def test_the_guess_is_the_first_of_several_readouts(write):
    plain, more = teacher_run(), teacher_run(code="regular")
    assert more["recordings"]["example"]["y"].shape[1] == 10

    guesses = [fig2.load([write(one)]).networks.episode.guess for one in (plain, more)]
    np.testing.assert_array_equal(*guesses)


def test_rows_without_a_recording_say_what_records_it(write):
    tree = teacher_run()
    del tree["recordings"]

    fig = drawn(write(tree, status="running"))

    assert "record it with: lsnn evaluate RUN.h5" in texts(fig)
    assert "400 iterations (running)" in texts(fig)
    assert flaws(fig) == []


@pytest.mark.parametrize(
    "dataset",
    [
        "example/target", "example/y", "example/hold_ms", "l2l/errors/guess",
        "l2l/errors/backprop", "l2l/samples/x", "l2l/probes/after", "l2l/adversarial/guess",
    ],
)  # fmt: skip
def test_a_recording_in_parts_is_refused_by_name(write, dataset):
    tree = teacher_run()
    *groups, last = dataset.split("/")
    home = tree["recordings"]
    for group in groups:
        home = home[group]
    del home[last]

    with pytest.raises(BadFileError, match=rf"no /recordings/{dataset}.*lsnn evaluate") as error:
        fig2.load([write(tree)])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("home", "name", "value", "said"),
    [
        ("example", "y", np.ones((7, 1)), "expected 600 x any, found"),
        ("errors", "linear_others", np.ones(11), "expected 12, found"),
        ("errors", "gaussian_process", np.ones(31), "expected 30, found"),
        ("other_codes", "bernoulli", np.ones(13), "expected 12, found"),
        ("errors", "linear_all", np.ones((2, 3)), "expected 12 x 30, found"),
        ("probes", "guess", np.ones((4, 6, 2)), "expected any x 6 x 11, found"),
        ("probes", "after", np.array([1, 2, 3, 5, 10, 21]), "from 1 to 20, found 1 to 21"),
        ("samples", "value", np.ones((3, 0)), "expected any x 11"),
    ],
)
def test_contradictions_are_refused_by_name(write, home, name, value, said):
    tree = teacher_run(code="regular")
    recordings = tree["recordings"]
    (recordings["l2l"].get(home) or recordings[home])[name] = value

    with pytest.raises(BadFileError, match=said):
        fig2.load([write(tree)])


def test_a_run_of_another_task_is_refused(write):
    with pytest.raises(BadFileError, match="task 'smnist'; fig2 shows learning to learn"):
        fig2.load([write(a_run(n_iterations=2))])


def test_an_unknown_family_is_refused(write):
    with pytest.raises(BadFileError, match=r"task\.family: expected one of .* found 'cosine'"):
        fig2.load([write(teacher_run("cosine"))])
    tree = teacher_run()
    tree["config"] = tree["config"].replace('"target-networks"', "[1]")
    with pytest.raises(BadFileError, match=r"task\.family: expected one of .* found \[1\]"):
        fig2.load([write(tree)])


def test_two_runs_of_one_family_and_three_files_are_refused(write):
    path = write(teacher_run())

    with pytest.raises(UsageError, match="second run of target networks"):
        fig2.load([path, path])
    with pytest.raises(UsageError, match="expected one run file of l2l-tn"):
        fig2.load([path] * 3)


def test_drawn_twice_the_bytes_are_equal(write, tmp_path):
    paths = [write(teacher_run("sine"))]
    first, second = tmp_path / "a.png", tmp_path / "b.png"

    for out in (first, second):
        fig2.figure.draw(paths, str(out))

    assert first.read_bytes() == second.read_bytes()
