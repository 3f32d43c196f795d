"""What every run of a network promises, whatever its numbers are."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.model.state import NetworkState
from lsnn_core.random.streams import stream
from lsnn_core.reference import adjoint, forward
from lsnn_core.simulation.example_arrays import FLUSHED
from lsnn_core.simulation.neuron_arrays import neuron_arrays
from lsnn_core.simulation.neuron_block import NeuronBlock
from lsnn_core.simulation.plan import BlockShape
from lsnn_core.simulation.run import Run
from lsnn_core.task.spikes import SpikeEvents
from tests.helpers.gradients import EVERYTHING, arrays_of
from tests.helpers.plans import example_plan
from tests.helpers.toy_task import toy_network
from tests.tolerances import DRAWN_ROUNDING

CONVENTIONS = pytest.mark.parametrize("convention", ["paper", "lsnn-official"])


def drawn(**options: object) -> Case:
    return random_case("", stream(5, "network"), CaseOptions(**options))  # type: ignore[arg-type]


def run(case: Case, part: slice = slice(None), **options: object) -> Run:
    chosen = {"initial": case.initial, "dtype": np.float64, **options}
    return case.net.forward(case.x[part], current=case.current[part], **chosen)  # type: ignore[arg-type]


def gradient(case: Case, scale: float = 1.0, **options: object) -> dict[str, np.ndarray]:
    """All gradients by name."""
    once = run(case, **EVERYTHING, **options)
    return arrays_of(case.net.backward(once, scale * case.d_y, scale * case.d_z))


def test_delays_that_offsets_of_32_bits_cannot_tell_are_refused():
    net = drawn().net
    with pytest.raises(UsageError, match="shorten the delays"):
        replace(net, max_delay=2**31 // net.layout.n_target)


@CONVENTIONS
def test_recomputed_segments_give_the_same_bits(convention):
    case = drawn(convention=convention, noise_std=0.05)
    cut, whole = (gradient(case, plan=example_plan(3, segment=s)) for s in (7, 60))

    # a weight's sum runs forwards in a segment, the segments come backwards: other rounding
    np.testing.assert_allclose(cut.pop("weight"), whole.pop("weight"), atol=1e-13, rtol=1e-13)
    for name, value in whole.items():
        np.testing.assert_array_equal(cut[name], value, err_msg=name)


@CONVENTIONS
def test_walking_back_twice_gives_the_same_bits(convention):
    case = drawn(convention=convention)
    once = run(case, plan=example_plan(3, segment=7))
    first, second = (case.net.backward(once, case.d_y, case.d_z) for _ in range(2))

    np.testing.assert_array_equal(first.weight, second.weight)
    np.testing.assert_array_equal(first.current, second.current)


def test_walking_back_leaves_the_run_as_it_was():
    case = drawn()
    once = run(case, plan=example_plan(3, segment=7))
    y, z = once.y.copy(), once.z.copy()
    case.net.backward(once, case.d_y, case.d_z)

    np.testing.assert_array_equal(once.y, y)
    np.testing.assert_array_equal(once.z, z)


def test_runs_share_nothing():
    case = drawn()
    first = run(case)
    other = run(replace(case, x=~case.x))
    case.net.backward(other, case.d_y)

    expected = case.net.backward(run(case), case.d_y).weight
    np.testing.assert_array_equal(case.net.backward(first, case.d_y).weight, expected)


def test_without_a_loss_there_is_no_gradient():
    for name, value in gradient(drawn(), scale=0.0).items():
        assert not value.any(), name


def test_the_gradient_is_linear_in_the_loss():
    case = drawn()
    other = replace(case, d_y=case.d_y[::-1], d_z=case.d_z[::-1])
    both = replace(case, d_y=2 * case.d_y - 3 * other.d_y, d_z=2 * case.d_z - 3 * other.d_z)
    a, b, sum_ = gradient(case), gradient(other), gradient(both)

    for name in a:
        np.testing.assert_allclose(
            sum_[name], 2 * a[name] - 3 * b[name], atol=DRAWN_ROUNDING, err_msg=name
        )


@CONVENTIONS
@pytest.mark.parametrize("step", [0, 17, 59])
def test_the_past_does_not_depend_on_the_future(convention, step):
    case = drawn(convention=convention)
    changed = case.x.copy()
    changed[step:] = ~changed[step:]
    before, after = run(case), run(replace(case, x=changed))

    # the shortest delay is one step
    np.testing.assert_array_equal(before.y[: step + 1], after.y[: step + 1])
    np.testing.assert_array_equal(before.z[: step + 1], after.z[: step + 1])
    assert step == 59 or (before.y[step + 1 :] != after.y[step + 1 :]).any()


@CONVENTIONS
@pytest.mark.parametrize("step", [1, 4, 30])
def test_a_run_can_be_cut_in_two(convention, step):
    case = drawn(convention=convention, n_delays=9)
    whole, first = run(case), run(case, slice(0, step))
    second = run(case, slice(step, None), initial=first.final)

    np.testing.assert_array_equal(np.concatenate((first.y, second.y)), whole.y)
    np.testing.assert_array_equal(np.concatenate((first.z, second.z)), whole.z)
    for field in fields(NetworkState):
        np.testing.assert_array_equal(
            getattr(second.final, field.name), getattr(whole.final, field.name), field.name
        )


@pytest.mark.parametrize("lanes", [1, 4])
def test_examples_do_not_depend_on_their_block(lanes):
    case = drawn(batch=6, noise_std=0.05)
    narrow, wide = (run(case, plan=example_plan(len(case.x[0]), n)) for n in (lanes, 16))

    np.testing.assert_array_equal(narrow.y, wide.y)
    np.testing.assert_array_equal(narrow.z, wide.z)


def test_noise_follows_its_key():
    case = drawn(noise_std=0.05)
    keys = np.array([7, 8, 9], np.uint64)
    first, moved = run(case, noise_keys=keys), run(case, noise_keys=keys + np.uint64(1))

    assert (first.y != moved.y).any(axis=(0, 2)).all()
    np.testing.assert_array_equal(first.y, run(case, noise_keys=keys).y)


@CONVENTIONS
def test_the_path_through_the_reset_can_be_stopped(convention):
    case = drawn(convention=convention, batch=1)
    net = reference_network(case.net)
    trace = forward(net, case.x[:, 0] * 1.0, case.current[:, 0], reference_state(case.initial, 0))
    expected = adjoint(net, trace, case.d_y[:, 0], case.d_z, through_reset=False)
    stopped = replace(case, net=replace(case.net, through_reset=False))
    found = gradient(stopped)

    for name in ("alpha", "rho", "beta", "b0"):
        np.testing.assert_allclose(
            found[name], getattr(expected, name), atol=DRAWN_ROUNDING, err_msg=name
        )
    np.testing.assert_allclose(found["current"][:, 0], expected.current, atol=DRAWN_ROUNDING)
    assert not np.allclose(found["b0"], gradient(case)["b0"])


def test_single_precision_is_close_to_double():
    case = drawn()
    double, single = run(case), run(case, dtype=np.float32, plan=example_plan(3, 8))
    d_double, d_single = (case.net.backward(r, case.d_y, case.d_z).weight for r in (double, single))

    np.testing.assert_array_equal(
        single.z, double.z
    )  # no potential of this case is at its threshold
    np.testing.assert_allclose(single.y, double.y, atol=1e-5)
    np.testing.assert_allclose(d_single, d_double, atol=1e-4 * np.abs(d_double).max())
    assert single.y.dtype == d_single.dtype == np.float32


def test_a_silent_network_has_no_gradient_but_that_of_the_bias():
    case = drawn()
    silent = case.net.forward(np.zeros_like(case.x), dtype=np.float64)
    g = case.net.backward(silent, case.d_y, case.d_z)

    assert not silent.z.any()
    assert not g.weight.any()
    np.testing.assert_allclose(g.b_out, case.d_y.sum((0, 1)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"x": np.zeros((60, 6), bool)}, "x: expected shape"),
        (
            {"x": np.full((60, 3, 6), 0.5)},
            r"x\[0, 0, 0\]: expected spikes, 0 or 1, found 0.5; Analog\(x\) gives real numbers",
        ),
        ({"x": np.full((60, 3, 6), np.nan)}, r"x\[0, 0, 0\]: expected a finite number, found nan"),
        ({"x": np.zeros((0, 3, 6), bool)}, "at least one step"),
        ({"current": np.zeros((3, 60, 12))}, "current: expected shape"),
        (
            {"current": np.full((60, 3, 12), np.inf)},
            r"current\[0, 0, 0\]: expected a finite number, found inf",
        ),
        ({"plan": example_plan(3, 32)}, "plan: expected blocks of 3 examples"),
        ({"plan": replace(example_plan(3), width=3)}, "plan: expected blocks of 3 examples"),
        ({"plan": replace(example_plan(3, 4), width=2)}, "plan: expected blocks of 3 examples"),
        ({"plan": replace(example_plan(3), width=0)}, "in vectors of examples, found"),
        ({"plan": example_plan(4)}, "make it by `plan_run` for this batch"),
        ({"plan": replace(example_plan(3), sizes=())}, "plan: expected blocks of 3 examples"),
        (
            {"plan": example_plan(3, segment=0)},
            r"plan\.segment: expected a whole number, at least 1",
        ),
        ({"plan": 4}, "plan: expected Plan, found 4; give what `plan_run` returned"),
    ],
)
def test_bad_input_is_refused(change, message):
    case = drawn()

    with pytest.raises(UsageError, match=message):
        case.net.forward(**{"x": case.x, "dtype": np.float64, **change})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"convention": "tensorflow"}, "convention"),
        ({"tau_out_ms": 0.5}, "tau_out_ms"),
        ({"gamma": -0.1}, "gamma"),
        ({"gamma": np.nan}, "gamma"),
        ({"noise_std": np.inf}, "noise_std"),
        ({"b_out": np.zeros(4)}, "b_out"),
    ],
)
def test_a_network_that_cannot_be_is_refused(change, message):
    with pytest.raises(UsageError, match=message):
        replace(drawn().net, **change)


def test_a_loss_of_the_wrong_shape_is_refused():
    case = drawn()

    with pytest.raises(UsageError, match="d_y: expected shape"):
        case.net.backward(run(case), case.d_y[:, :, :1])


@pytest.mark.parametrize("lanes", [1, 4])
def test_what_fades_becomes_zero_and_not_subnormal(lanes):
    net = toy_network(n_in=6, n_out=3)
    x = np.zeros((6000, 1, 6))
    x[:20] = 1.0  # then silence for 300 membrane time constants
    run = net.forward(x, plan=example_plan(1, lanes))
    state = run.final

    assert run.z.any()
    assert not run.z[-2000:].any()
    for values in (state.V, state.b, state.u):
        assert (np.abs(values[values != 0]) > np.finfo(np.float32).tiny).all()
    assert (state.V == 0).all()


@pytest.mark.parametrize("neurons_in_lanes", [False, True])
def test_an_adjoint_that_fades_becomes_zero_and_not_subnormal(neurons_in_lanes):
    net = toy_network(n_in=6, n_out=3)
    x = stream(5, "fading").random((6000, 1, 6)) < 0.1
    d_y = np.zeros((6000, 1, 3), np.float32)
    d_y[-20:] = 1e-20  # far from 1, not from what is cleared
    if neurons_in_lanes:
        block = NeuronBlock(net, BlockShape(6000, 1, 0, 0, 6000), np.float32)
        arrays = neuron_arrays(net, np.float32)
        block.forward(arrays, SpikeEvents.from_dense(x))
        block.set_d_y(d_y.transpose(0, 2, 1))
        block.backward(arrays, np.zeros(net.layout.n))
        d_current = block.tape.number.reshape(-1, block.pad.length * block.pad.width)
        d_current = d_current[:6000, : net.layout.n]
    else:
        once = net.forward(x, current=np.zeros((6000, 1, net.layout.n)))
        d_current = net.backward(once, d_y).current

    assert d_current[-500:].any()
    assert not d_current[:2000].any()
    least = FLUSHED * np.finfo(np.float32).tiny * (1 - net.neurons.alpha).min()
    assert np.abs(d_current[d_current != 0]).min() > 0.999 * least


def test_a_block_made_for_an_empty_list_has_room_for_any_list():
    # given: the same network before and after connections were made, as a restored run has it
    net = drawn().net
    bare = drawn(connectivity=0.0).net
    x = SpikeEvents.from_dense(stream(5, "bare").random((30, 1, net.layout.n_in)) < 0.3)
    found = []
    for made_for in (bare, net):
        block = NeuronBlock(made_for, BlockShape(30, 1, 0, 0, 30), np.float64)
        arrays = neuron_arrays(net, np.float64)
        block.forward(arrays, x)
        block.set_d_y(np.ones((30, net.layout.n_out, 1)))
        found.append(block.backward(arrays, np.zeros(net.layout.n)))

        assert len(block.adjoint.queue) >= net.layout.n  # the kernels index without bounds
    assert found[1].any()
    np.testing.assert_array_equal(*found)
