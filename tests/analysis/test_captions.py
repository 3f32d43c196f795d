"""What the gallery says of its pictures, computed again from the shipped files."""

from __future__ import annotations

import functools
import json

import numpy as np
import pytest

from analysis.commands.gallery import IN_CLONE
from analysis.figures.paper import fig1, fig1d, fig2, fig3, figs1, timit
from analysis.figures.runs import bptt, memory
from analysis.gallery_page import files_of, pictures
from analysis.reading.connectivity import ages, connectivity, degrees
from analysis.reading.published import row_of
from analysis.reading.run import open_run

pytestmark = pytest.mark.skipif(not IN_CLONE.is_dir(), reason="results are in a clone only")


@functools.cache
def shown(figure):
    """Return the files that a picture is drawn from."""
    (picture,) = [one for one in pictures() if one.figure == figure]
    return [str(file.path) for file in files_of(picture, IN_CLONE)]


def see(figure):
    (picture,) = [one for one in pictures() if one.figure == figure]
    return picture.see


def inhibition_is_denser(path):
    """Whether to each population an inhibitory source is connected more densely than another."""
    with open_run(path) as run:
        parts = connectivity(run).connections
    for target in {c.target for c in parts}:
        of_target = [c for c in parts if c.target == target and c.source != c.target]
        inhibitory = [c.probability for c in of_target if c.source.endswith("_I")]
        excitatory = [c.probability for c in of_target if not c.source.endswith("_I")]
        if inhibitory and not max(excitatory) < min(inhibitory):
            return False
    return True


def test_fig1_b_says_what_is_published():
    lsnn, lstm, lif = (row_of(f"smnist-{name}") for name in ("deepr", "lstm", "lif"))

    said = see("fig1")
    assert f"is {lstm.best - lsnn.best:.1f} points below the LSTM's" in said
    assert f"spread over {lsnn.sd} points where the LSTM's spread over {lstm.sd}" in said
    assert f"without adaptive neurons the mean is {lif.mean}" in said


def test_fig1_c_and_d():
    data = fig1.load(shown("fig1"))
    with open_run(shown("fig1")[0]) as run:
        density = {
            name: run.weights(name).indices.size / np.prod(run.weights(name).shape)
            for name in ("W_in", "W_rec", "W_out")
        }

    assert density["W_out"] > 1.2 * max(density["W_in"], density["W_rec"])
    assert inhibition_is_denser(shown("fig1")[0])
    window = data.example.softmax[int(data.example.readout_start_ms) :]
    rival = np.delete(window, data.example.label, axis=1).mean(axis=0).max()
    assert window[:, data.example.label].mean() > 0.5 > 2 * rival


def test_fig1d_thresholds_rise_during_the_digit_and_stay_up():
    (path,) = shown("fig1d")
    data = fig1d.load(path)
    with open_run(path) as run:
        prompt = run.integer("recordings/example/prompt_start", 1, 10**6, made_by="evaluate")

    rise = data.threshold / data.baseline - 1
    assert data.threshold.shape[1] == 5
    assert np.all(rise[:prompt].max(axis=0) > 1)
    assert np.all(rise[prompt] > 0.8 * rise[:prompt].max(axis=0))


def test_bptt_says_what_holds_an_error():
    walk = bptt.load(shown("bptt"))
    left = {key: norm[300] / norm[0] for key, norm in walk.reach.items()}
    first_V, first_b = np.abs(walk.d_V[0]).max(), np.abs(walk.d_b[0]).max()

    assert left["e-prop", "R"] < 1e-5
    assert left["e-prop", "A"] > 0.01
    assert min(left["BPTT", "R"], left["BPTT", "A"]) > 0.05
    assert first_b > 0.1 > 1e-4 > first_V


def test_memory_fades_from_spikes_not_from_thresholds():
    adaptive, lif = memory.load(shown("memory")).runs
    left = {}
    for run in (adaptive, lif):
        for source in run.ink:
            lag, told = run.held(source)
            at = int(np.argmin(np.abs(lag - 400)))
            left[run.name, source] = told[at] / told.max()

    assert left[adaptive.name, "B"] > 2 / 3
    assert max(left[adaptive.name, "R"], left[adaptive.name, "A"]) < 0.5
    assert left[lif.name, "R"] < 0.1


def test_rewiring_settles_and_one_birth_in_ten_stays():
    with open_run(shown("rewiring")[0]) as run:
        dropped = run.series("rewiring/dropped", made_by="lsnn train").value
        age = np.concatenate(list(ages(run).values()))
        _, sent = degrees(run.weights("W_in"))
        n_targets, done = run.weights("W_in").shape[1], run.iteration

    tenth = len(dropped) // 10
    assert dropped[-tenth:].mean() < 0.1 * dropped[:tenth].mean()
    assert (age < done).sum() / dropped.sum() == pytest.approx(0.1, abs=0.02)
    chance = sent.mean() / n_targets
    deviation = np.sqrt(n_targets * chance * (1 - chance))
    assert (sent > sent.mean() + 4 * deviation).sum() > 5


def test_dashboard_shows_a_readout_that_grows_at_the_cost_of_the_rest():
    with open_run(shown("dashboard")[0]) as run:
        ends = {
            name: run.series(f"rewiring/connectivity_{name}", made_by="lsnn train").value[[0, -1]]
            for name in ("W_in", "W_rec", "W_out")
        }

    assert ends["W_out"][1] > ends["W_out"][0]
    assert ends["W_in"][1] < ends["W_in"][0]
    assert ends["W_rec"][1] < ends["W_rec"][0]


def test_scaling_says_what_a_connection_costs():
    with open(shown("scaling")[0]) as file:
        rows = json.load(file)["scaling"]["neurons"]
    cost = {row["neurons"]: row["seconds"] / row["connection_events"] for row in rows}

    said = see("scaling")
    assert f"{cost[30000] / cost[10000]:.1f} times as much at 30,000" in said
    assert f"{cost[100000] / cost[10000]:.1f} times at 100,000" in said


def test_fig2_c_says_where_the_network_is_beside_the_linear_predictor():
    errors = fig2.load(shown("fig2")).networks.errors
    ratio = errors.lsnn.mean() / errors.linear.mean()

    where = "not below it" if ratio > 1 else "below it"
    assert f"{ratio:.2f} times that of the best linear predictor: {where}" in see("fig2")
    assert errors.other_codes
    for error in errors.other_codes.values():  # "it errs more than that predictor"
        assert error.mean() > errors.linear.mean()


def test_fig2_errors_fall_and_a_sinus_stays_the_guess():
    data = fig2.load(shown("fig2"))
    for learner in (data.networks, data.sinus):
        error = learner.errors.lsnn.mean(axis=0)
        assert error[-10:].mean() < 0.25 * error[0]
    assert data.sinus.errors.lsnn.mean() < 0.2 * data.sinus.errors.linear_all.mean()

    few = data.sinus.probes
    assert all(sinus_line(few.x, guess)[0] > 0.8 for guess in few.guess[few.after <= 2])
    line = data.sinus.adversarial
    of_sinus, of_line = np.array([sinus_line(line.x, guess) for guess in line.guess]).T
    assert of_line.max() < 0.2
    assert (of_sinus > 0.7).mean() > 0.5


def sinus_line(x, guess):
    """Return R squared of the best sinus and of the best line through a guess."""
    left = []
    for basis in (np.stack([np.sin(x), np.cos(x)]), np.stack([x, np.ones_like(x)])):
        weight = np.linalg.lstsq(basis.T, guess, rcond=None)[0]
        left.append(((guess - weight @ basis) ** 2).sum())
    return 1 - np.array(left) / ((guess - guess.mean()) ** 2).sum()


def test_fig3_memory_is_told_from_fast_searching():
    players = fig3.load(shown("fig3")[0]).players
    network, moves = players["network"], players["network_goal_moves"]

    assert network.steps[1:].max() < 0.5 * network.steps[0]
    assert np.all(moves.steps[1:] > moves.steps[0] - 2 * moves.error[1:])
    assert network.goals > players["explorer"].goals


def test_figs1():
    (path,) = shown("figS1")
    data = figs1.load(path)

    assert inhibition_is_denser(path)
    for population in data.inputs[2:]:
        mine = np.isin(population.node_ids, population.nodes)
        _, volleys = np.unique(population.times_ms[mine], return_counts=True)
        assert volleys.size
        assert np.all(volleys == 40)
        assert population.nodes.size == 40


def test_timit_adaptation_helps_in_each_seed():
    groups = timit.load(shown("timit")).groups
    lsnn, lif = (
        {r.seed: r.value for r in groups[f"timit-standin-{kind}"].results}
        for kind in ("lsnn", "lif")
    )
    assert set(lsnn) == set(lif)
    gain = np.array([lif[seed] - lsnn[seed] for seed in lsnn])

    assert gain.size == 3
    assert np.all(gain > 0)
    assert f"by {gain.min():.1f} to {gain.max():.1f} points" in see("timit")
