"""Networks of every size, numbers that lose their meaning, and arrays that change in between."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import (
    Case,
    CaseOptions,
    kernel_difference,
    neuron_difference,
    random_case,
)
from lsnn_core.model.connections import Connections, Layout
from lsnn_core.model.neurons import NeuronParameters
from lsnn_core.random.streams import stream
from lsnn_core.simulation.lsnn import LSNN
from lsnn_core.simulation.neuron_arrays import neuron_arrays
from lsnn_core.simulation.run import Run
from tests.helpers.gradients import EVERYTHING, arrays_of
from tests.helpers.plans import example_plan
from tests.tolerances import ROUNDING

SIZES = [
    {"n_out": 0},
    {"n": 0, "n_regular": 0},
    {"n": 0, "n_out": 0, "n_regular": 0},
    {"n_in": 0},
    {"n_in": 0, "n": 0, "n_out": 0, "n_regular": 0},
    {"connectivity": 0.0},
    {"n": 1, "n_regular": 0},
    {"n": 1, "n_regular": 1},
    {"n_steps": 1, "batch": 1},
    {"n_regular": 0},
    {"n_regular": 12},
]


def drawn(**options: object) -> Case:
    return random_case("", stream(6, "edges"), CaseOptions(**options))  # type: ignore[arg-type]


def run(case: Case, **options: object) -> Run:
    chosen = {"current": case.current, "initial": case.initial, **options}
    return case.net.forward(case.x, **chosen)  # type: ignore[arg-type]


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_has_a_result(size, convention):
    case = drawn(convention=convention, noise_std=0.05, **size)
    plan = example_plan(case.x.shape[1], segment=7)

    assert max(kernel_difference(case, plan).values()) <= ROUNDING


@pytest.mark.parametrize("n_delays", [1, 3])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_has_a_result_where_vectors_hold_neurons(size, n_delays):
    assert max(neuron_difference(drawn(n_delays=n_delays, **size)).values()) <= ROUNDING


@pytest.mark.parametrize("wanted", [(), ("constants", "initial", "inputs")])
@pytest.mark.parametrize("size", SIZES, ids=str)
def test_any_size_has_its_shapes(size, wanted):
    case = drawn(**size)
    found = run(case, gradient_of=wanted)
    g = case.net.backward(found, case.d_y)

    assert found.y.shape == case.d_y.shape
    assert g.current is not None
    assert found.z.shape == g.current.shape == case.current.shape
    assert (g.x is None) == (not wanted)
    assert g.x is None or g.x.shape == case.x.shape
    assert g.weight.shape == case.net.connections.weight.shape


def tiny_network(**change: object) -> LSNN:
    connections = Connections.from_dense(
        Layout(1, 2, 1), [[1.0, 1.0]], [[0, 1], [1, 0]], [[1], [1]]
    )
    neurons = NeuronParameters.create(1, 1)
    parts: dict = {"connections": connections, "neurons": neurons, "b_out": np.zeros(1)}
    return LSNN(**{**parts, **change})


def with_weight(value: float) -> LSNN:
    listed = tiny_network().connections
    weight = np.ones(6)
    weight[2] = value
    return tiny_network(connections=replace(listed, weight=weight))


TOO_MUCH = {
    r"weight\[2\]: expected at most 3.4e\+38 in float32, found 1e\+39": with_weight(1e39),
    r"b_out\[0\]: expected at most": tiny_network(b_out=np.array([1e39])),
    r"gamma: expected at most": tiny_network(gamma=1e39),
    r"noise_std: expected at most": tiny_network(noise_std=1e39),
    r"tau_out_ms: expected a decay per step .* below 1": tiny_network(tau_out_ms=1e9),
    **{
        message: tiny_network(neurons=NeuronParameters.create(1, 1, **change))
        for message, change in {
            r"b0\[1\]: expected at most": {"b0": [0.01, 1e39]},
            r"b0\[0\]: expected at least 1.2e-26, far enough": {"b0": [1e-50, 0.01]},
            r"b0\[1\]: expected at least 1.2e-26": {"b0": [0.01, 1e-40]},
            r"beta\[1\]: expected at most": {"beta": 1e39},
            r"beta\[1\]: expected a threshold b0 \+ beta b": {"beta": 3e38, "b0": 3e38},
            r"tau_m_ms\[1\]: expected a decay per step below 1": {"tau_m_ms": [20, 1e9]},
            r"tau_a_ms\[1\]: expected a decay per step below 1": {"tau_a_ms": [20, 1e9]},
        }.items()
    },
}


@pytest.mark.parametrize("message", TOO_MUCH)
def test_what_single_precision_cannot_hold_is_refused_by_both_kinds_of_kernels(message):
    net = TOO_MUCH[message]

    with pytest.raises(UsageError, match=f"^{message}"):
        net.forward(np.zeros((1, 1, 1)))
    with pytest.raises(UsageError, match=f"^{message}"):
        neuron_arrays(net, np.float32)


def test_what_double_precision_holds_runs():
    for net in TOO_MUCH.values():
        assert net.forward(np.zeros((1, 1, 1)), dtype=np.float64).y.dtype == np.float64


def test_a_time_constant_that_nothing_reads_may_be_endless():
    net = tiny_network(neurons=NeuronParameters.create(1, 1, tau_a_ms=[1e9, 20]))

    assert np.isfinite(net.forward(np.ones((5, 1, 1))).y).all()


def test_inputs_too_large_for_single_precision_are_refused():
    case = drawn()
    for name, give in {
        r"current\[0, 0, 0\]": lambda large: run(case, current=large * (1 + case.current)),
        r"d_y\[0, 0, 0\]": lambda large: case.net.backward(run(case), large + case.d_y),
        r"d_z\[0\]": lambda large: case.net.backward(run(case), case.d_y, large + case.d_z),
        "d_z": lambda large: case.net.backward(run(case), case.d_y, large),
    }.items():
        with pytest.raises(UsageError, match=rf"^{name}: expected at most .* use float64"):
            give(1e39)


@pytest.mark.parametrize(
    ("d_z", "message"),
    [
        (np.zeros(11), r"d_z: expected shape \(12,\), .*found float64 \(11,\)"),
        (np.zeros((60, 12)), "d_z: expected shape"),
        (np.zeros(1), "d_z: expected shape"),
        (np.full(12, np.nan), r"d_z\[0\]: expected a finite number"),
        (np.nan, "d_z: expected a finite number"),
        ("a", "d_z: expected real numbers"),
        (None, "d_z: expected real numbers"),
    ],
)
def test_a_loss_of_spikes_that_does_not_fit_is_refused(d_z, message):
    case = drawn()
    once = run(case)

    with pytest.raises(UsageError, match=message):
        case.net.backward(once, case.d_y, d_z)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"dtype": np.float16}, "dtype: expected float32 or float64"),
        ({"dtype": int}, "dtype: expected float32 or float64"),
        ({"dtype": None}, "dtype: expected float32 or float64"),
        ({"dtype": "single precision"}, "dtype: expected float32 or float64"),
        ({"plan": example_plan(3, True)}, r"plan\.width: expected"),
        ({"plan": replace(example_plan(3), width=4.0)}, r"plan\.width: expected"),
        ({"plan": example_plan(3, segment=2.5)}, r"plan\.segment: expected"),
        ({"plan": example_plan(3, segment=True)}, r"plan\.segment: expected"),
        ({"plan": replace(example_plan(3), sizes=(3.0,))}, r"plan\.sizes\[0\]: expected"),
        ({"plan": replace(example_plan(3), sizes=(4, -1))}, r"plan\.sizes\[1\]: expected"),
        ({"x": [[[0, 1]], [[1]]]}, "x: expected real numbers"),
        ({"x": np.zeros((2, 3, 6), complex)}, "x: expected real numbers"),
        ({"x": np.zeros((2, 3, 6), object)}, "x: expected real numbers"),
        ({"current": np.zeros((60, 3, 12), complex)}, "current: expected real numbers"),
    ],
)
def test_arguments_of_other_types_are_refused(change, message):
    case = drawn()

    with pytest.raises(UsageError, match=f"^{message}"):
        case.net.forward(**{"x": case.x, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"connections": None}, "connections: expected Connections"),
        ({"neurons": 3}, "neurons: expected NeuronParameters"),
        ({"b_out": None}, "b_out: expected real numbers"),
        ({"b_out": np.zeros(1, object)}, "b_out: expected real numbers"),
        ({"b_out": 0.0}, "b_out: expected shape"),
        ({"b_out": [np.nan]}, r"b_out\[0\]: expected a finite number"),
        ({"tau_out_ms": "20"}, "tau_out_ms: expected"),
        ({"tau_out_ms": True}, "tau_out_ms: expected"),
        ({"gamma": None}, "gamma: expected"),
        ({"gamma": np.ones(2)}, "gamma: expected"),
        ({"noise_std": "much"}, "noise_std: expected"),
        ({"convention": ["paper"]}, "convention: expected"),
        ({"convention": np.array(["paper", "paper"])}, "convention: expected"),
        ({"through_reset": "False"}, "through_reset: expected True or False"),
        ({"through_reset": 0}, "through_reset: expected True or False"),
        ({"max_delay": -1}, "max_delay: expected a whole number"),
        ({"max_delay": 2.5}, "max_delay: expected a whole number"),
        ({"max_delay": 2**31 - 1}, "max_delay: expected fewer than"),
    ],
)
def test_a_field_of_another_type_is_refused(change, message):
    with pytest.raises(UsageError, match=f"^{message}"):
        tiny_network(**change)


def test_delays_whose_offsets_would_overflow_are_refused():
    net = tiny_network()
    delay = net.connections.delay.copy()
    delay[0] = 2**30  # times three targets: 2**32 is 0 in 32 bits

    with pytest.raises(UsageError, match=r"max_delay: expected fewer than .*found 1073741824"):
        tiny_network(connections=replace(net.connections, delay=delay))


def test_a_list_is_as_good_as_an_array():
    net = tiny_network(b_out=[1])

    assert net.b_out.dtype == np.float64
    np.testing.assert_array_equal(net.forward(np.zeros((1, 1, 1))).y, [[[1.0]]])


def test_the_run_of_another_network_is_refused():
    case = drawn()
    other = replace(case.net, gamma=0.1)
    once = run(case)

    with pytest.raises(UsageError, match=r"^run: expected one of this network"):
        other.backward(once, case.d_y)
    with pytest.raises(UsageError, match=r"^run: expected Run"):
        case.net.backward(once.y, case.d_y)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nothing_that_a_caller_changes_reaches_a_run(dtype):
    """Arrays stay the caller's own, and a run's gradient is that of what the run saw."""
    case = drawn()
    listed, p = case.net.connections, case.net.neurons
    names = ("indptr", "target", "delay", "sign")
    lists = {name: getattr(listed, name).copy() for name in names}
    weight = listed.weight.astype(dtype)
    constants = {
        name: getattr(p, name).copy() for name in ("tau_m_ms", "tau_a_ms", "beta", "b0", "n_ref")
    }
    b_out = case.net.b_out.astype(dtype)
    x, current, initial = case.x.astype(float), case.current.astype(dtype), case.initial
    state = replace(initial, **{k: v.copy() for k, v in vars(initial).items() if k != "step"})
    net = replace(
        case.net,
        connections=Connections(listed.layout, **lists, weight=weight),
        neurons=NeuronParameters(**constants, n_regular=6),
        b_out=b_out,
    )
    keys = np.arange(3)

    def gradient(spoil: bool) -> dict[str, np.ndarray]:
        given = {"current": current, "initial": state, "noise_keys": keys, "dtype": dtype}
        once = net.forward(x, **given, plan=example_plan(3, segment=7), **EVERYTHING)
        if spoil:
            mine = [*lists.values(), weight, *constants.values(), b_out, x, current, keys]
            for array in [*mine, *(v for k, v in vars(state).items() if k != "step")]:
                array[...] = 1  # would fail, had the array been made read-only
        g = net.backward(once, case.d_y, case.d_z)
        return {"y": once.y, **arrays_of(g)}

    before, after = gradient(False), gradient(True)
    for name, value in before.items():
        np.testing.assert_array_equal(after[name], value, name)


def test_a_network_does_not_change():
    net = drawn().net
    arrays = [getattr(net.connections, name) for name in ("indptr", "target", "delay", "sign")]
    arrays += [net.connections.weight, net.connections.source, net.b_out, net.neurons.n_ref]
    arrays += [net.neurons.tau_m_ms, net.neurons.tau_a_ms, net.neurons.beta, net.neurons.b0]
    for array in arrays:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1
