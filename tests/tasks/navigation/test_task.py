"""Navigation as the trainer sees it: acting, replaying, and what is counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.random.counter import normal
from lsnn_core.random.streams import example_keys, stream
from lsnn_core.simulation.engine import Engine
from lsnn_core.task.protocol import ActingNetwork
from tasks.navigation.arena import ACTIONS, PLACES, SPIKES, move, streams
from tasks.navigation.place_code import N_IN, input_spikes
from tasks.navigation.ppo import N_OUT
from tasks.navigation.rollout import Rollout
from tasks.navigation.settings import NavigationSettings
from tasks.navigation.task import (
    RECORDED_EPISODES,
    SPLITS,
    Navigation,
    NavigationBatch,
    searches,
)

NOISE_KEY = 11
OPTIONS = [
    {},
    {"hold_ms": 7, "goal_moves": True, "min_variance": 0.2, "max_variance": 3.0},
    {"action_scale": 0.2, "max_step": 0.3, "goal_radius": 0.6},
]


def network(noise_std=0.0):
    rng = stream(0, "navigation test")
    return random_case("", rng, CaseOptions(n_in=N_IN, n_out=N_OUT, n=20, noise_std=noise_std)).net


def task(**options) -> Navigation:
    return Navigation(NavigationSettings(**{"episode_ms": 150, **options}))


def acting(net, dtype=np.float64, threads=1, progress=0.0) -> ActingNetwork:
    return ActingNetwork(net, dtype, threads, NOISE_KEY, progress)


def episode_keys(size, iteration=0, seed=1):
    return example_keys(seed, (SPLITS.index("train"), iteration), np.arange(size))


def dense(batch, *cuts):
    blocks = zip((0, *cuts), (*cuts, batch.size), strict=True)
    return np.concatenate([batch.events(a, b).to_dense(N_IN) for a, b in blocks], axis=1)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_places_and_rewards_are_the_readable_arenas(options):
    tried = task(**options)
    e, place = tried.rollout(acting(network()), 0, 5, 1).episodes, streams(episode_keys(5))
    goal, met = e.goal, 0
    for t in range(tried.n_steps):
        action = e.action[t // tried.settings.hold_ms]
        position, goal, reward = move(
            tried.settings.arena, e.position[t], goal, action, place[:, PLACES], t
        )
        np.testing.assert_allclose(e.position[t + 1], position, rtol=0, atol=1e-12)
        np.testing.assert_array_equal(e.reward[t], reward)
        met += (reward != 0.0).sum()
    assert met > 0


@pytest.mark.parametrize("size", [1, 5])
def test_inputs_are_the_readable_place_code(size):
    batch = task(**OPTIONS[2]).rollout(acting(network()), 0, size, 1)
    e, spikes, last = batch.episodes, streams(episode_keys(size))[:, SPIKES], np.zeros(size)
    found = batch.events(0, size).to_dense(N_IN)
    for t in range(len(found)):
        np.testing.assert_array_equal(found[t], input_spikes(e.position[t], last, spikes, t))
        last = e.reward[t]
    assert found[:, :, N_IN // 2 :].any()


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_actions_are_drawn_from_the_readable_policy(options):
    tried = task(**options)
    e, hold = tried.rollout(acting(network()), 0, 5, 1).episodes, tried.settings.hold_ms
    policy = tried.settings.at(0.0).policy(e.y[::hold])
    counter = np.arange(2 * len(e.action)).reshape(-1, 1, 2)
    draws = normal(streams(episode_keys(5))[:, ACTIONS, None], counter).transpose(0, 2, 1)

    expected = (policy.mean + np.sqrt(policy.variance) * draws).transpose(0, 2, 1)
    np.testing.assert_allclose(e.action, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("noise_std", [0.0, 0.1])
@pytest.mark.parametrize(("size", "dtype"), [(3, "float64"), (17, "float32"), (40, "float32")])
def test_a_replay_does_the_very_same(size, dtype, noise_std):
    net, tried, dtype = network(noise_std), task(), np.dtype(dtype).type
    batch = tried.rollout(acting(net, dtype), 0, size, 1)
    engine = Engine(net, tried, size, dtype, 1)
    outcome = engine.evaluate(net, batch, NOISE_KEY)
    engine.close()
    y = [block.y["lane"].reshape(tried.n_steps, N_OUT, -1) for block in engine.blocks]
    y = np.concatenate([v[:, :, : b - a] for v, (a, b) in zip(y, engine.slices, strict=True)], 2)

    np.testing.assert_array_equal(y, batch.episodes.y)
    assert outcome.sums["clipped"][0] == 0.0


def test_a_replay_by_the_network_alone_does_the_same():
    net = network()
    batch, about = task().recorded_rollout(acting(net, np.float32), 5)
    run = net.forward(batch.events(0, 1).to_dense(N_IN))

    np.testing.assert_array_equal(run.y[:, 0].T, batch.episodes.y[:, :, 0].T)
    assert about["position"].shape == (150, 2)


def test_episodes_depend_on_neither_threads_nor_cuts():
    one = task().rollout(acting(network()), 3, 20, 1)
    two = task().rollout(acting(network(), threads=2), 3, 20, 1)

    np.testing.assert_array_equal(one.episodes.position, two.episodes.position)
    np.testing.assert_array_equal(dense(one, 10), dense(two, 1, 4, 12))


def test_held_out_arenas_are_the_same_at_each_look_and_new_to_training():
    tried = task(held_out_episodes=6)
    net, keys = acting(network()), {}
    for split in ("validation", "test"):
        looks = [[b.episodes.goal for b in tried.rollouts(net, split, n, 1)] for n in (6, 4)]
        np.testing.assert_array_equal(*map(np.concatenate, looks))
        keys[split] = looks[0][0]
    keys["train"] = tried.rollout(net, 0, 6, 1).episodes.goal
    assert len(np.unique(np.concatenate(list(keys.values())), axis=0)) == 18


def test_the_loss_has_its_derivative():
    batch = task(hold_ms=3).rollout(acting(network()), 0, 6, 1)
    rng, h = stream(0, "readouts"), 1e-6
    y = batch.episodes.y[:, :, 2:5] + 0.05 * rng.normal(size=(150, N_OUT, 3))
    direction = rng.normal(size=y.shape)
    after, before = (batch.loss(y + s * direction, 2, 5).loss for s in (h, -h))

    found = np.sum(batch.loss(y, 2, 5).d_y * direction)
    assert found == pytest.approx((after - before) / (2 * h), rel=1e-6)


@pytest.mark.parametrize("progress", [0.0, 0.5, 1.0])
def test_a_floor_that_falls_is_that_of_the_moment_in_acting_and_in_the_loss(progress):
    tried = task(min_variance=[0.9, 0.1], entropy_weight=[1.0, 0.0], hold_ms=[11, 2])
    e = tried.rollout(acting(network(), progress=progress), 0, 5, 1).episodes
    batch = next(tried.rollouts(acting(network(), progress=progress), "test", 5, 1))
    floor = 0.9 - 0.8 * progress
    hold = {0.0: 11, 0.5: 6, 1.0: 2}[progress]
    constant = task(min_variance=floor, entropy_weight=1.0 - progress, hold_ms=hold)
    expected = constant.rollout(acting(network()), 0, 5, 1)

    np.testing.assert_allclose(e.action, expected.episodes.action, rtol=0, atol=1e-12)
    assert batch.episodes.objective.min_variance == pytest.approx(floor)
    y = expected.episodes.y
    found = NavigationBatch(tried.settings, e).loss(y, 0, 5)
    np.testing.assert_allclose(found.d_y, expected.loss(y, 0, 5).d_y, rtol=0, atol=1e-12)


def test_a_batch_asks_for_as_many_updates_as_the_recipe():
    assert task().rollout(acting(network()), 0, 2, 1).updates == 1
    assert task(updates=3).rollout(acting(network()), 0, 2, 1).updates == 3


def test_recordings_are_of_the_end_and_before_training_of_the_start():
    net = network()
    falling = task(episode_ms=60, min_variance=[0.9, 0.1], hold_ms=[20, 1])
    found = falling.record(net, 5, untrained=net)["navigation"]
    for names, floor, hold in (("network",), 0.1, 1), (("untrained", "random_walk"), 0.9, 20):
        constant = task(episode_ms=60, min_variance=floor, hold_ms=hold)
        expected = constant.record(net, 5, untrained=net)["navigation"]
        for name in names:
            np.testing.assert_allclose(
                found[name]["path"], expected[name]["path"], rtol=0, atol=1e-6
            )


def test_block_losses_add_up_to_the_batchs():
    batch = task(hold_ms=3).rollout(acting(network()), 0, 6, 1)
    y = batch.episodes.y
    whole = batch.loss(y, 0, 6)
    parts = [batch.loss(y[:, :, a:b], a, b) for a, b in ((0, 4), (4, 6))]

    assert sum(part.loss for part in parts) == pytest.approx(whole.loss)
    np.testing.assert_allclose(np.concatenate([p.d_y for p in parts], axis=2), whole.d_y)
    for name in ("goals", "entropy", "steps_to_first_goal"):
        summed = np.sum([part.metrics[name] for part in parts], axis=0)
        np.testing.assert_allclose(summed, whole.metrics[name])


def test_episodes_that_do_not_fit_the_stage_are_refused():
    net, tried = network(), task()
    rollout = Rollout(net, tried.settings, 5, np.float64)
    for keys in (episode_keys(4), episode_keys(6), episode_keys(5).astype(np.int64)):
        with pytest.raises(UsageError, match=r"keys: expected uint64 \(5,\), found"):
            rollout.run(net, keys)
    other = replace(net, neurons=replace(net.neurons, beta=net.neurons.beta + 1.0, n_regular=0))
    with pytest.raises(UsageError, match="net: expected n_regular"):
        rollout.run(other, episode_keys(5))
    other = random_case("", stream(0, "other"), CaseOptions(n_in=N_IN, n_out=N_OUT - 1, n=20)).net
    with pytest.raises(UsageError, match="net: expected 160 inputs and 5 outputs, found"):
        Rollout(other, tried.settings, 5, np.float64)


def test_a_network_with_more_adaptive_neurons_acts_on_a_stage_of_its_own():
    net, tried = network(), task()
    p = net.neurons
    other = replace(net, neurons=replace(p, beta=p.beta + 1.0, n_regular=0))
    tried.rollout(acting(net), 0, 5, 1)
    found = tried.rollout(acting(other), 0, 5, 1).episodes

    assert len(tried._rollouts) == 2
    np.testing.assert_array_equal(found.y, task().rollout(acting(other), 0, 5, 1).episodes.y)


def test_searches_are_compared_within_episodes():
    reward = np.zeros((10, 3))
    reward[[2, 5, 6], 0] = 1.0  # first after 3 steps; then 7 steps, 2 goals
    reward[[9], 1] = 1.0  # first with the last step: no later search to compare with
    reward[4, 2] = -0.02  # never

    found = searches(reward, 1.0)
    assert found["goals"] == (4.0, 3.0)
    assert found["found"] == (2.0, 3.0)
    assert found["steps_to_first_goal"] == (2 * 3.0, 2.0)
    assert found["steps_to_later_goal"] == (7.0, 2.0)
    assert found["return"] == (pytest.approx(3.98), 3.0)


def test_an_agent_with_a_favourite_side_seems_to_have_no_memory():
    rng = stream(0, "favourite side")
    chance = rng.choice([0.001, 0.02], size=400)  # of meeting the goal in a step
    reward = (rng.random((2000, 400)) < chance).astype(float)

    found = searches(reward, 1.0)
    first, later = (np.divide(*found[f"steps_to_{which}_goal"]) for which in ("first", "later"))
    assert first < later < 1.5 * first


def test_recordings_hold_the_networks_and_the_agents_in_the_same_arenas():
    net = network()
    found = task(episode_ms=60).record(net, 5, untrained=net)["navigation"]
    players = {"oracle", "explorer", "random_walk", "network", "network_goal_moves", "untrained"}

    assert set(found) == {"arena", *players}
    starts = np.array([found[name]["path"][:, 0] for name in players])
    assert (starts == starts[0]).all()
    for name in players:
        counted = np.bincount(found[name]["found_episode"], minlength=RECORDED_EPISODES)
        np.testing.assert_array_equal(counted, found[name]["goals"])
    np.testing.assert_array_equal(found["untrained"]["path"], found["network"]["path"])
