"""`lsnn bench`: problems, counts, the protocol of measured processes, tables and files."""

from __future__ import annotations

import dataclasses
import importlib.util
import json
import sys

import numpy as np
import pytest

from lsnn_core.bench import (
    make,
    measure,
    peers,
    report,
    scaling,
    training,
    workloads,
)
from lsnn_core.bench.child import Child
from lsnn_core.bench.environment import measured_environment
from lsnn_core.bench.problem import Problem
from lsnn_core.bench.task import BenchTask
from lsnn_core.bench.worker import Ours
from lsnn_core.cli import main
from lsnn_core.config.recipes import configure
from lsnn_core.errors import LsnnError, UsageError

TINY = workloads.Workload("tiny", 8, 6, 5, 3, 90, (3,), connectivity=0.6, n_delays=4, p_in=0.1)
CURVE = dataclasses.replace(TINY, n_out=1, window=0)
QUICK = measure.Options(repeats=1, threads=1)
PRINTER = "import sys; from lsnn_core.bench.serve import serve; print('noise'); serve({actions})"


@pytest.fixture(scope="module")
def row(tmp_path_factory):
    folder = str(tmp_path_factory.mktemp("bench"))
    (found,) = measure.rows(TINY, 3, folder, QUICK, 50.0)
    return found


def child(actions):
    return Child("toy", [sys.executable, "-c", PRINTER.format(actions=actions)], 1)


@pytest.mark.parametrize("load", [TINY, CURVE])
def test_a_problem_survives_its_file(tmp_path, load):
    problem = make.make(load, 2)

    problem.save(str(tmp_path / "p.npz"))
    again = Problem.load(str(tmp_path / "p.npz"))

    for field in dataclasses.fields(Problem):
        np.testing.assert_array_equal(getattr(again, field.name), getattr(problem, field.name))


def test_an_example_is_the_same_in_a_batch_of_any_size():
    one, three = make.make(CURVE, 1), make.make(CURVE, 3)

    np.testing.assert_array_equal(one.x(), three.x()[:, :1])
    np.testing.assert_array_equal(one.curve, three.curve[:, :1])
    np.testing.assert_array_equal(one.weight, three.weight)


def test_only_the_prompt_spikes_at_the_end():
    x = make.make(TINY, 2).x()

    assert x[-TINY.window :, :, -1].all()
    assert not x[-TINY.window :, :, :-1].any()
    assert not x[: -TINY.window, :, -1].any()
    assert x[: -TINY.window, :, :-1].mean() == pytest.approx(TINY.p_in, rel=0.3)


def test_events_of_a_block_hold_the_same_spikes():
    problem = make.make(TINY, 3)

    events = BenchTask(problem).batch().events(1, 3)

    np.testing.assert_array_equal(events.to_dense(TINY.n_in), problem.x(bool)[:, 1:3])


def test_connection_events_are_spikes_times_fan_out():
    problem = make.make(TINY, 3)
    ours = Ours(problem, np.float64, 1)
    z = ours.net.forward(problem.x(), dtype=np.float64).z

    ours.forward()

    fan_in = (problem.dense("W_in") != 0).sum(1)
    fan = (problem.dense("W_rec") != 0).sum(1) + (problem.dense("W_out") != 0).sum(1)
    expected = problem.x().sum((0, 1)) @ fan_in + z.sum((0, 1)) @ fan
    assert z.any()
    assert ours.about()["connection_events"] == pytest.approx(expected)


@pytest.mark.parametrize("load", [TINY, CURVE])
@pytest.mark.parametrize("kernel", ["list", "matrix"])
def test_list_and_matrix_are_the_same_network(load, kernel):
    problem = make.make(dataclasses.replace(load, n_delays=1), 2).without_delays()
    as_it_is = Ours(problem, np.float64, 1)
    other = Ours(problem, np.float64, 1, kernel)

    assert other.gradient()["loss"] == pytest.approx(as_it_is.gradient()["loss"], rel=1e-12)
    assert other.about()["gradient"] == pytest.approx(as_it_is.about()["gradient"], rel=1e-9)
    assert other.engine.plan.delay == (1 if kernel == "matrix" else 0)


def test_a_row_holds_what_was_run(row):
    assert (row.workload, row.batch, row.passes, row.steps) == ("tiny", 3, "gradient", 90)
    assert 0 < row.least_s <= row.seconds < row.start_s + row.first_s
    assert 30 < row.peak_mb < 2000
    assert row.of_peak == pytest.approx(row.gflop_s / 50.0)
    assert row.gflop_s == pytest.approx(4e-9 * row.connection_events / row.seconds)
    assert row.us_per_example_ms == pytest.approx(1e6 * row.seconds / (3 * 90))


def test_columns_stand_under_their_headings(row):
    heading, line = report.row_line(), report.row_line(row)

    assert len(heading) == len(line)
    assert line.split()[:3] == ["tiny", "3", "gradient"]
    assert len(line.split()) == len(
        heading.replace("peak MB", "MB").replace("of peak", "of").replace("as dense", "as").split()
    )


def a_ratio(**changes):
    facts = peers.Ratio(
        peer="jax", version="1", workload="W1d", batch=16, passes="gradient", ours_s=0.01,
        peer_s=0.05, ratio=5.0, least_ratio=4.0, most_ratio=6.0, peer_peak_mb=400.0,
        compared="loss", difference=1e-7, gradient_difference=1e-6, same_network=True,
    )  # fmt: skip
    return dataclasses.replace(facts, **changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "loss to 1e-07, gradient to 1e-06"),
        ({"difference": 1e-3}, "loss to 1e-03, gradient to 1e-06: DIFFERS"),
        (
            {"compared": "spikes", "difference": 1e-3, "gradient_difference": None},
            "spikes to 1e-03",
        ),
        ({"compared": "", "difference": None, "gradient_difference": None}, "equations of its own"),
        ({"same_network": False}, "loss to 1e-07, gradient to 1e-06, without delays"),
    ],
)
def test_a_comparison_says_how_far_both_agree(changes, words):
    line = report.ratio_line(a_ratio(**changes))

    assert line.endswith(f"  {words}")
    assert "50.00     10.00     5.0     4.0     6.0" in line


def test_the_file_holds_all_that_was_measured(tmp_path, row):
    path = tmp_path / "out.json"
    point = scaling.Measured("batch", 3.0, "", row)

    report.write_json(str(path), QUICK, {1: 50.0}, [row], [a_ratio()], scaling.by_axis([point]))
    found = json.loads(path.read_text())

    assert (found["schema"], found["schema_version"]) == ("lsnn-bench", 1)
    assert found["environment"]["processors"] >= 1
    assert found["options"] == {"repeats": 1, "threads": 1, "dtype": "float32"}
    assert found["rows"][0]["us_per_example_ms"] == pytest.approx(row.us_per_example_ms)
    assert found["ratios"][0]["ratio"] == 5.0
    assert found["scaling"]["batch"][0]["x"] == 3.0


def test_a_file_that_cannot_be_written_is_an_error():
    with pytest.raises(LsnnError, match="choose another folder"):
        report.write_json("/no/such/folder/out.json", QUICK, {})


def test_what_a_framework_prints_is_no_answer():
    with child("{'one': lambda: {'value': 1}}") as toy:
        assert toy.ask("one")["value"] == 1
        assert toy.ask("memory")["peak_mb"] > 1


def test_quick_actions_are_repeated_and_may_time_themselves():
    with child("{'quick': lambda: {}, 'own': lambda: {'seconds': 0.25}}") as toy:
        assert sum(toy.ask("quick", 0.01)["seconds"]) >= 0.01
        assert toy.ask("own", 0.6)["seconds"] == [0.25, 0.25, 0.25]


def test_the_last_words_of_a_dead_process_are_told():
    with child("{'fail': lambda: 1 / 0}") as toy, pytest.raises(LsnnError) as caught:
        toy.ask("fail")

    assert "toy: the measured process ended with code 1: ZeroDivisionError" in str(caught.value)


def test_measured_processes_do_not_inherit_what_slows_blas(monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")

    found = measured_environment(2)

    assert "OPENBLAS_CORETYPE" not in found
    assert found["OPENBLAS_NUM_THREADS"] == "2"


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_has_a_module(name):
    assert importlib.util.find_spec(peers.peer_module(name)) is not None


def test_without_peers_it_says_what_is_missing():
    lines = peers.missing({"jax": "python"})

    assert [line.split(":")[0] for line in lines] == [name for name in peers.PEERS if name != "jax"]
    assert (
        lines[-1]
        == "brian2: brian2 is not installed; --peer-python brian2=PYTHON names where it is"
    )


@pytest.mark.parametrize("entry", ["jax", "jaxx=python", "=python"])
def test_a_malformed_interpreter_is_refused(entry):
    with pytest.raises(UsageError, match="expected NAME=PYTHON"):
        peers.interpreters([entry])


def test_an_interpreter_that_does_not_exist_is_refused():
    with pytest.raises(UsageError, match="cannot be run"):
        peers.interpreters(["jax=/no/such/python"])


def test_an_interpreter_counts_only_with_its_package(monkeypatch):
    monkeypatch.setattr(peers, "_has", lambda python, package: package == "jax")

    assert peers.interpreters(["jax=other"]) == {"jax": "other", "jax-autodiff": "other"}


@pytest.mark.parametrize(
    ("peer", "load", "batch", "passes", "why"),
    [
        ("jax", workloads.W1D, 256, "gradient", ""),
        ("jax", workloads.W4, 16, "gradient", "would keep 14 GB"),
        ("torch", workloads.W3[2], 1, "gradient", "is not made for more than 4,000 neurons"),
        ("brian2", workloads.W3[2], 1, "gradient", "has no gradient"),
        ("brian2", workloads.W1P, 16, "forward", "runs one example at a time"),
        ("brian2", workloads.W3[2], 1, "forward", ""),
    ],
)
def test_peers_refuse_what_they_cannot_do(peer, load, batch, passes, why):
    assert peers.PEERS[peer].refusal(load, batch, passes) == why


def test_a_peer_sees_only_this_package_and_takes_turns(tmp_path, monkeypatch):
    """Our own process stands in for a framework's."""
    monkeypatch.setitem(peers.PEERS, "self", peers.Peer("numpy"))
    monkeypatch.setattr(
        peers, "_start", lambda n, py, problem, f, o: measure.start_ours(problem, o)
    )

    (found,) = peers.ratios(TINY, 3, str(tmp_path), QUICK, {"self": sys.executable})

    assert (found.peer, found.workload, found.batch) == ("self", "tiny", 3)
    assert found.difference == 0.0
    assert not found.same_network  # TINY has delays, and the peer is not told to know them
    assert found.least_ratio <= found.ratio <= found.most_ratio


def start_peer(name, python, problem, folder, options):
    """In the place of a framework: our own process, or one whose first pass fails."""
    if name == "living":
        return measure.start_ours(problem, options)
    command = "from lsnn_core.bench.serve import serve; serve({'gradient': lambda: [].ptp})"
    return Child(name, [sys.executable, "-c", command], 1)


def test_a_peer_that_fails_is_a_line_of_the_table_and_ends_nothing(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(peers, "_start", start_peer)
    monkeypatch.setattr(peers, "PEERS", dict.fromkeys(("dying", "living"), peers.Peer("numpy")))
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    out = tmp_path / "out.json"
    command = ["bench", "tiny", "--peers", "--repeats", "1", "--threads", "1", "--json", str(out)]

    assert main(command) == 0
    printed, found = capsys.readouterr().out, json.loads(out.read_text())
    why = "tiny, batch 3, gradient: dying: the measured process ended with code 1: AttributeError"
    assert why in printed
    assert found["not_compared"][0].startswith(why)
    assert [row["peer"] for row in found["ratios"]] == ["living"]


def test_what_was_measured_is_kept_when_we_fail_ourselves(tmp_path, monkeypatch):
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    monkeypatch.setattr(peers, "PEERS", {"dying": peers.Peer("numpy")})
    monkeypatch.setattr(peers, "ratios", lambda *given: 1 / 0)
    out = tmp_path / "out.json"
    command = ["bench", "tiny", "--peers", "--repeats", "1", "--threads", "1", "--json", str(out)]

    with pytest.raises(ZeroDivisionError):
        main(command)
    assert json.loads(out.read_text())["rows"][0]["workload"] == "tiny"


def test_every_workload_and_axis_can_be_named():
    assert [w.name for w in workloads.choose(["W3", "W1p", "W3-1000"])] == [
        "W3-1000", "W3-4000", "W3-10000", "W3-100000", "W1p",
    ]  # fmt: skip
    assert len(workloads.choose([])) == len(workloads.WORKLOADS)
    assert scaling.choose([]) == list(scaling.AXES)


@pytest.mark.parametrize("argv", [["W1q"], ["--scaling", "size"], ["--peer-python", "x=y"]])
def test_unknown_names_are_usage_errors(argv, capsys):
    assert main(["bench", *argv]) == 2
    assert "lsnn: error:" in capsys.readouterr().err


@pytest.mark.parametrize("axis", scaling.AXES)
def test_points_of_an_axis_rise(axis):
    x = [point.x for point in scaling.AXES[axis]() if point.x is not None]

    assert x == sorted(x)
    assert all(isinstance(point.load, workloads.Workload) for point in scaling.AXES[axis]())


def test_a_firing_rate_is_measured_not_set(tmp_path):
    (found,) = scaling.scale("rate", str(tmp_path), QUICK, 50.0, [scaling.Point(None, TINY, 1)])

    assert found.x == found.row.rate_hz > 0


def test_the_verb_prints_a_table_and_writes_the_file(tmp_path, capsys, monkeypatch):
    monkeypatch.setitem(workloads.WORKLOADS, "tiny", TINY)
    out = tmp_path / "out.json"

    code = main(["bench", "tiny", "--repeats", "1", "--threads", "1", "--json", str(out)])

    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert lines[0].startswith("matrix product, 1 thread: ")
    assert lines[1] == report.row_line()
    assert len(lines[2]) == len(lines[1])
    assert json.loads(out.read_text())["rows"][0]["workload"] == "tiny"


def test_a_training_iteration_is_measured_beside_its_kernels(tmp_path, capsys):
    out = tmp_path / "training.json"
    command = ["bench", "--training", "store-recall", "--batch", "4", "--repeats", "1"]

    assert main([*command, "--threads", "1", "--json", str(out)]) == 0
    (row,) = json.loads(out.read_text())["training"]
    assert row["recipe"] == "store-recall"
    assert row["iteration_s"] > row["kernels_s"] > 0
    assert "ratio" in capsys.readouterr().out


@pytest.mark.parametrize("rate_weight", [0.01, 0.0])
def test_kernels_alone_find_a_gradient(rate_weight, monkeypatch):
    settings = [f"loss.rate_weight={rate_weight}"]
    monkeypatch.setattr(training, "configure", lambda name, more: configure(name, more + settings))
    measured = training.Iterations("store-recall", 4, 1)
    block = measured.blocks[0]
    with measured.engine.at_work(block):
        block.scratch.adjoint.weight[:] = 0
    measured.kernels()

    assert measured.engine.at_once == (rate_weight == 0.0)
    with measured.engine.at_work(block):
        assert block.scratch.adjoint.weight.any()


def test_only_recipes_of_spiking_networks_with_spikes_are_measured():
    from lsnn_core.bench.training import Iterations

    with pytest.raises(UsageError, match="smnist-lstm: expected the recipe of an LSNN"):
        Iterations("smnist-lstm", 2, 1)
