"""What is recorded is what went on: that of the reference, and of the run itself."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from lsnn_core.choices import SURROGATES
from lsnn_core.errors import UsageError
from lsnn_core.gradient_checks import Case, CaseOptions, random_case
from lsnn_core.gradient_checks.to_reference import reference_network, reference_state
from lsnn_core.random.streams import stream
from lsnn_core.reference import forward
from lsnn_core.simulation import record as module
from lsnn_core.simulation.record import NAMES, Record

CONVENTIONS = pytest.mark.parametrize("convention", ["paper", "lsnn-official"])


def drawn(**options: object) -> Case:
    return random_case("", stream(6, "record"), CaseOptions(**options))  # type: ignore[arg-type]


def recorded(case: Case, record: object, dtype: type = np.float64) -> dict[str, np.ndarray]:
    given = {"current": case.current, "initial": case.initial, "dtype": dtype}
    return dict(case.net.forward(case.x, **given, record=record).recorded)


def by_reference(case: Case) -> dict[str, np.ndarray]:
    net = reference_network(case.net)
    parts = []
    for example in range(case.x.shape[1]):
        state, x = reference_state(case.initial, example), case.x[:, example].astype(float)
        parts.append(forward(net, x, case.current[:, example], state))
    V, b, B, slope = (np.stack([getattr(p, k) for p in parts], 1) for k in ("V", "b", "B", "slope"))
    return {"V": V, "b": b, "B": B, "psi": slope * B}


@CONVENTIONS
@pytest.mark.parametrize("surrogate", SURROGATES)
@pytest.mark.parametrize("piece", [7, 256])
def test_it_is_what_the_reference_went_through(convention, surrogate, piece, monkeypatch):
    monkeypatch.setattr(module, "PIECE", piece)
    case = drawn(convention=convention, surrogate=surrogate, n_delays=5)
    found, expected = recorded(case, NAMES), by_reference(case)

    assert set(found) == set(NAMES)
    for name in NAMES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-10, atol=1e-12)
        assert found[name].any()


@CONVENTIONS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_neuron_fires_where_its_potential_is_above_its_threshold(convention, dtype):
    case = drawn(convention=convention, noise_std=0.02)
    given = {"current": case.current, "initial": case.initial, "dtype": dtype}
    run = case.net.forward(case.x, **given, record=("V", "B"))
    V, B = run.recorded["V"], run.recorded["B"]
    fired = V[:-1] > B[1:] if convention == "lsnn-official" else V[1:] > B[1:]

    assert V.dtype == dtype
    assert run.z[1:].any()
    assert np.all(fired[run.z[1:]])  # noise, initial states and delays are those of the run
    plain = case.net.forward(case.x, **given)
    np.testing.assert_array_equal(plain.y, run.y)
    np.testing.assert_array_equal(run.final.V, V[-1])


def test_some_neurons_at_some_steps():
    case = drawn()
    whole, steps = recorded(case, NAMES), [0, 3, 40]
    part = recorded(case, Record(("B", "V"), neurons=[9, 2], steps=steps))

    assert list(part) == ["B", "V"]
    for name, values in part.items():
        np.testing.assert_array_equal(values, whole[name][steps][:, :, [9, 2]])
    nothing = recorded(case, Record("V", steps=[]))
    assert nothing["V"].shape == (0, *whole["V"].shape[1:])


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ("v", "record: expected some of .*, found 'v'"),
        (["V", 3], "record: expected some of .*, found 3"),
        (7, "record: expected some of .*, or a Record, found 7"),
        (Record("V", neurons=[12]), r"record.neurons\[0\]: expected 0 to 11, found 12"),
        (Record("V", neurons=[True] * 12), "record.neurons: expected a list of numbers"),
        (Record("V", steps=[1, 1]), r"record.steps\[0\]: expected ascending steps"),
        (Record("V", steps=5), "record.steps: expected a list of numbers"),
    ],
)
def test_what_is_not_there_is_refused_by_name(record, message):
    with pytest.raises(UsageError, match=message):
        recorded(drawn(), record)


def test_what_no_memory_holds_is_refused_before_anything_is_run(monkeypatch):
    monkeypatch.setattr(module, "physical_bytes", lambda: 1000)
    case = drawn()
    with pytest.raises(UsageError, match=r"record: takes .* GB for 60 steps.*give a Record of"):
        recorded(case, "V")
    assert recorded(case, Record("V", neurons=[0], steps=[1]))["V"].size == case.x.shape[1]


def test_long_delays_and_pieces_that_are_shorter(monkeypatch):
    monkeypatch.setattr(module, "PIECE", 4)
    case = drawn(n_delays=30)
    short = replace(case, x=case.x[:45], current=case.current[:45])
    np.testing.assert_array_equal(recorded(short, "V")["V"], recorded(case, "V")["V"][:45])
