"""Other frameworks: which are there, what they refuse, and how they are compared with us."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from lsnn_core.bench import measure, peers, workloads
from lsnn_core.errors import UsageError
from tests.helpers.workloads import QUICK, TINY


@pytest.mark.parametrize("name", peers.PEERS)
def test_a_peer_has_a_module(name):
    assert importlib.util.find_spec(peers.peer_module(name)) is not None


def test_without_peers_it_says_what_is_missing():
    lines = peers.missing({"jax": "python"})

    assert [line.split(":")[0] for line in lines] == [name for name in peers.PEERS if name != "jax"]
    assert (
        lines[-3]
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

    assert peers.interpreters(["jax=other"]) == dict.fromkeys(
        ("jax", "jax-autodiff", "jax-lstm"), "other"
    )


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
        peers, "_start", lambda n, py, problem, f, o: measure.start_ours(TINY, problem, o)
    )

    (found,) = peers.ratios(TINY, 3, str(tmp_path), QUICK, {"self": sys.executable})

    assert (found.peer, found.workload, found.batch) == ("self", "tiny", 3)
    assert found.difference == 0.0
    assert not found.same_network  # TINY has delays, and the peer is not told to know them
    assert found.least_ratio <= found.ratio <= found.most_ratio
