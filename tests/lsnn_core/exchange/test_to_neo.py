"""Spikes and readouts go to Neo with nothing lost, silent neurons and units included."""

from __future__ import annotations

import builtins

import numpy as np
import pytest

from lsnn_core import LSNN, Layout, NeuronParameters, initial_connections, to_neo
from lsnn_core.errors import BadFileError, LsnnError, UsageError
from lsnn_core.files import read_run
from tests.helpers.run_files import a_run, write_run

N_REGULAR, N_ADAPTIVE, T, B = 7, 5, 60, 3


@pytest.fixture(scope="module")
def live():
    return a_live_run()


def a_live_run(dt_ms=1.0):
    layout = Layout(n_in=10, n=N_REGULAR + N_ADAPTIVE, n_out=2)
    connections = initial_connections(
        layout, connectivity=0.5, n_delays=2, source_sign=None, seed=1
    )
    neurons = NeuronParameters.create(N_REGULAR, N_ADAPTIVE, dt_ms=dt_ms)
    net = LSNN(connections, neurons, b_out=np.zeros(2))
    return net.forward(np.random.default_rng(2).random((T, B, 10)) < 0.1)


def raster(segment, population):
    """(time in ms, index) of every spike of a population, sorted."""
    return sorted(
        (float(time), train.annotations["index"])
        for train in segment.spiketrains
        if train.annotations["population"] == population
        for time in train.times.rescale("ms").magnitude
    )


def test_a_live_run_becomes_a_segment_per_example(live):
    pytest.importorskip("neo")
    block = to_neo(live)
    assert [segment.index for segment in block.segments] == [0, 1, 2]
    assert live.z.sum() > 20
    for b, segment in enumerate(block.segments):
        step, neuron = np.nonzero(live.z[:, b])
        expected = sorted(zip(step.astype(float), neuron.tolist(), strict=True))
        assert raster(segment, "R") == [spike for spike in expected if spike[1] < N_REGULAR]
        assert raster(segment, "A") == [spike for spike in expected if spike[1] >= N_REGULAR]
        assert len(segment.spiketrains) == N_REGULAR + N_ADAPTIVE
        assert {float(train.t_stop.rescale("ms")) for train in segment.spiketrains} == {T}
        (signal,) = segment.analogsignals
        assert np.array_equal(signal.magnitude, live.y[:, b])
        assert float(signal.sampling_period.rescale("ms")) == 1.0
        assert signal.annotations["population"] == "Y"


def test_times_are_those_of_the_network_s_steps():
    pytest.importorskip("neo")
    run = a_live_run(dt_ms=0.5)
    segment = to_neo(run).segments[1]
    step, neuron = np.nonzero(run.z[:, 1])
    times = raster(segment, "R") + raster(segment, "A")
    assert sorted(times) == sorted(zip(step * 0.5, neuron.tolist(), strict=True))
    assert float(segment.spiketrains[0].t_stop.rescale("ms")) == T / 2
    assert float(segment.analogsignals[0].sampling_period.rescale("ms")) == 0.5


def test_examples_can_be_chosen(live):
    pytest.importorskip("neo")
    (segment,) = to_neo(live, examples=[2]).segments
    assert segment.index == 2
    assert np.array_equal(segment.analogsignals[0].magnitude, live.y[:, 2])
    with pytest.raises(UsageError, match=r"examples\[1\]: expected 0 to 2, found 3"):
        to_neo(live, examples=[0, 3])


def test_the_recorded_example_of_a_file(tmp_path):
    pytest.importorskip("neo")
    tree = a_run(n_iterations=3)
    path = write_run(tmp_path / "run.h5", tree)
    with read_run(path) as run:
        block = to_neo(run)
    (segment,) = block.segments
    for name in ("X", "R", "A"):
        told = tree["spikes"][name]
        expected = sorted(zip(told["timestamps"].tolist(), told["node_ids"].tolist(), strict=True))
        assert raster(segment, name) == expected
    softmax = tree["recordings"]["example"]["softmax"]
    assert np.array_equal(segment.analogsignals[0].magnitude, softmax)
    assert len(segment.spiketrains) == 80 + 220


def test_a_file_without_spikes_is_refused(tmp_path):
    pytest.importorskip("neo")
    tree = a_run(n_iterations=3)
    del tree["spikes"]
    with (
        read_run(write_run(tmp_path / "run.h5", tree)) as run,
        pytest.raises(BadFileError, match="recordings/example is missing"),
    ):
        to_neo(run)


def test_spikes_outside_the_example_are_refused(tmp_path):
    pytest.importorskip("neo")
    tree = a_run(n_iterations=3)
    tree["spikes"]["R"]["node_ids"][:] = 219
    with (
        read_run(write_run(tmp_path / "run.h5", tree)) as run,
        pytest.raises(BadFileError, match="spikes/R has spikes outside"),
    ):
        to_neo(run)


def test_something_else_is_refused_by_name():
    pytest.importorskip("neo")
    with pytest.raises(UsageError, match=r"run: expected what `LSNN\.forward` returned"):
        to_neo(np.zeros(3))


def test_without_neo_it_says_what_to_install(live, monkeypatch):
    real = builtins.__import__

    def without(name, *args, **more):
        if name == "neo":
            raise ImportError(name)
        return real(name, *args, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LsnnError, match=r"pip install 'lsnn\[neo\]'"):
        to_neo(live)
