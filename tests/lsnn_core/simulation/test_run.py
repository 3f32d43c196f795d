"""States that a run starts from and leaves: all true, all checked, and a run goes on from one."""

from __future__ import annotations

import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.model.state import PER_EXAMPLE, NetworkState
from lsnn_core.random.streams import stream
from lsnn_core.simulation.run import Run
from tests.helpers.networks import gradient_cases
from tests.helpers.plans import example_plan
from tests.helpers.toy_task import toy_network
from tests.tolerances import ROUNDING


def drawn(**options: object) -> Case:
    return random_case("", stream(5, "states"), CaseOptions(**options))  # type: ignore[arg-type]


def run(case: Case, part: slice = slice(None), **options: object) -> Run:
    chosen = {"initial": case.initial, "dtype": np.float64, **options}
    return case.net.forward(case.x[part], current=case.current[part], **chosen)  # type: ignore[arg-type]


def assert_same_state(found: NetworkState, expected: NetworkState) -> None:
    for field in fields(NetworkState):
        name = field.name
        np.testing.assert_array_equal(getattr(found, name), getattr(expected, name), name)


@given(
    gradient_cases(max_batch=5),
    st.lists(st.integers(1, 29), max_size=3),
    st.sampled_from([np.float32, np.float64]),
    st.sampled_from([(), "constants", "inputs"]),
)
def test_chunks_equal_the_whole_run(case, cuts, dtype, wanted):
    steps = len(case.x)
    options = {"dtype": dtype, "noise_keys": np.arange(5, 5 + case.x.shape[1])}
    whole = run(case, gradient_of=wanted, **options)
    bounds = [0, *sorted({cut for cut in cuts if cut < steps}), steps]
    parts, state = [], case.initial
    for start, stop in itertools.pairwise(bounds):
        parts.append(run(case, slice(start, stop), initial=state, **options))
        state = parts[-1].final

    np.testing.assert_array_equal(np.concatenate([part.y for part in parts]), whole.y)
    np.testing.assert_array_equal(np.concatenate([part.z for part in parts]), whole.z)
    assert_same_state(state, whole.final)


@pytest.mark.parametrize("cut", [1, 7, 40])
def test_what_fades_is_cleared_at_the_same_steps(cut):
    net = toy_network(n_in=6, n_out=3)
    x = np.zeros((1800, 1, 6))
    x[:20] = 1.0  # then silence, until potentials are below what is cleared
    cleared = [(net.forward(x[:length]).final.V == 0).mean() for length in (1400, 1800)]
    for length in range(1400, 1800, 9):  # some of these ends are between two clearings
        first = net.forward(x[:cut])
        second = net.forward(x[cut:length], initial=first.final)
        assert_same_state(second.final, net.forward(x[:length]).final)
    assert cleared[0] < cleared[1]


@pytest.mark.parametrize("convention", ["paper", "lsnn-official"])
def test_the_gradient_of_a_later_chunk_sees_the_noise_of_its_steps(convention):
    case = drawn(noise_std=0.05, convention=convention)
    first = run(case, slice(0, 23))
    rest = slice(23, None)
    whole_d_y = np.zeros_like(case.d_y)
    whole_d_y[rest] = case.d_y[rest]
    again = run(case, rest, initial=first.final, plan=example_plan(3, segment=5))
    found = case.net.backward(again, case.d_y[rest])
    expected = case.net.backward(run(case), whole_d_y)

    assert found.current is not None
    assert expected.current is not None
    np.testing.assert_allclose(found.current, expected.current[rest], rtol=ROUNDING, atol=1e-13)
    np.testing.assert_allclose(found.b_out, expected.b_out, rtol=ROUNDING)


@pytest.mark.parametrize("n_regular", [12, 6, 1])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_final_state_does_not_depend_on_what_is_asked_for(n_regular, dtype):
    case = drawn(n_regular=n_regular)
    plain, tracked = (run(case, dtype=dtype, gradient_of=g) for g in ((), "constants"))

    assert plain.final.b[:, :n_regular].any()
    assert_same_state(plain.final, tracked.final)


def test_the_gradient_of_beta_after_a_plain_run_is_that_of_one_run():
    case = drawn()
    first, kept = (run(case, slice(0, 30), gradient_of=g) for g in ((), "constants"))
    found, expected = (
        case.net.backward(
            run(case, slice(30, None), initial=r.final, gradient_of="constants"),
            case.d_y[30:],
        ).beta
        for r in (first, kept)
    )

    assert expected[:6].all()  # of neurons with beta = 0
    np.testing.assert_array_equal(found, expected)


def test_examples_of_a_state_go_on_as_they_would_have():
    case = drawn(noise_std=0.05)
    state = run(case, slice(0, 20)).final
    whole = run(case)
    keys = np.array([2, 0, 2])
    chosen = replace(case, x=case.x[:, keys], current=case.current[:, keys])
    again = run(chosen, slice(20, None), initial=state.examples(keys), noise_keys=keys)

    np.testing.assert_array_equal(again.y, whole.y[20:, keys])


def with_entry(state: NetworkState, name: str, value: float) -> NetworkState:
    array = np.array(getattr(state, name))
    array[(0,) * array.ndim] = value
    return replace(state, **{name: array})


BAD_VALUES = [
    *((name, value) for name in ("V", "b", "z", "pending", "u") for value in (np.nan, np.inf)),
    ("z", 0.5),
    ("b", -0.1),
    ("wait", -1),
    ("wait", 99),
]


@pytest.mark.parametrize(("name", "value"), BAD_VALUES)
def test_a_state_that_cannot_be_is_refused(name, value):
    case = drawn()

    with pytest.raises(UsageError, match=rf"^initial\.{name}\[0, 0(, 0)?\]: expected"):
        run(case, initial=with_entry(case.initial, name, value))


@pytest.mark.parametrize("name", ["V", "b", "pending", "u"])
def test_a_state_too_large_for_the_run_is_refused(name):
    case = drawn()

    with pytest.raises(UsageError, match=rf"^initial\.{name}\[0, 0.*float32, found 1e\+39; use"):
        run(case, initial=with_entry(case.initial, name, 1e39), dtype=np.float32)


@pytest.mark.parametrize("change", ["fewer", "more", "other network", "longer delays"])
@pytest.mark.parametrize("name", PER_EXAMPLE)
def test_a_state_of_another_shape_is_refused(name, change):
    case = drawn(batch=17)
    others = {
        "fewer": drawn(batch=1),
        "more": drawn(batch=33),
        "other network": drawn(batch=17, n=13, n_out=4),
        "longer delays": drawn(batch=17, n_delays=9),
    }
    if change == "longer delays" and name != "pending":
        pytest.skip("has no axis of delays")
    wrong = replace(case.initial, **{name: getattr(others[change].initial, name)})

    with pytest.raises(
        UsageError, match=rf"^initial\.{name}: expected shape \(17, .*found \w+64 \("
    ):
        run(case, initial=wrong)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"V": None}, r"initial\.V: expected real numbers"),
        ({"u": [["a"] * 3] * 3}, r"initial\.u: expected real numbers"),
        ({"wait": np.zeros((3, 12))}, r"initial\.wait: expected integers"),
        ({"step": -1}, r"initial\.step: expected a whole number"),
        ({"step": 1.5}, r"initial\.step: expected a whole number"),
        ({"step": 2**62}, r"initial\.step: expected a whole number"),
    ],
)
def test_a_state_of_the_wrong_type_is_refused(change, message):
    case = drawn()

    with pytest.raises(UsageError, match=f"^{message}"):
        run(case, initial=replace(case.initial, **change))


def test_what_is_no_state_is_refused():
    with pytest.raises(
        UsageError, match=r"^initial: expected NetworkState, found .*; give `final`"
    ):
        run(drawn(), initial=vars(drawn().initial))


@pytest.mark.parametrize(
    "keys",
    [
        np.arange(2),
        np.arange(4),
        [0.0, 1.0, 2.0],
        np.array([0, -1, 2]),
        np.arange(3)[:, None],
        np.array(["a", "b", "c"]),
        [True, False, True],
        3,
        [[1], [2, 3], [4]],
    ],
    ids=str,
)
def test_keys_that_are_not_one_for_each_example_are_refused(keys):
    with pytest.raises(UsageError, match=r"^noise_keys(\[1\])?: expected"):
        run(drawn(noise_std=0.05), noise_keys=keys)


def test_keys_may_be_any_integers():
    case = drawn(noise_std=0.05)
    given_as = [1, 200, 0], np.array([1, 200, 0], np.uint8), np.array([1, 200, 0], np.uint64)
    found = [run(case, noise_keys=keys).y for keys in given_as]
    largest = run(case, noise_keys=np.array([1, 2**64 - 1, 0], np.uint64)).y

    np.testing.assert_array_equal(found[0], found[1])
    np.testing.assert_array_equal(found[0], found[2])
    assert (largest != found[0]).any()
