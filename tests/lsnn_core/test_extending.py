"""The page on a rule and an export of one's own tells the truth: its code runs and is right."""

from __future__ import annotations

import re
import sys
import tomllib
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import lsnn_core
from lsnn_core import (
    LSNN,
    Connections,
    Layout,
    NeuronParameters,
    cli,
    initial_connections,
    mean_squared_error,
    read_run,
)
from lsnn_core.runs.restore import restored_trainer
from tests.helpers.program import lsnn, train
from tests.tolerances import ROUNDING

PAGE = Path(lsnn_core.__file__).parent / "EXTENDING.md"
PYTHON = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
N_IN, N, T = 20, 30, 100


def module(*blocks):
    """Return a module of some of the page's blocks."""
    made = types.ModuleType("module_of_the_page")
    exec(compile("\n\n".join(blocks), PAGE.name, "exec"), made.__dict__)
    return made


@pytest.fixture(scope="module")
def rule():
    return module(*PYTHON[:2])


def a_network(recurrent):
    layout = Layout(n_in=N_IN, n=N, n_out=2)
    c = initial_connections(layout, 0.5, 5, None, 1, np.float64)
    if not recurrent:
        weights = c.dense("W_in"), np.zeros((N, N)), c.dense("W_out")
        delays = np.maximum(c.delays("W_in"), 1)
        c = Connections.from_dense(layout, *weights, delay_in=delays)
    neurons = NeuronParameters.create(n_regular=15, n_adaptive=15, tau_a_ms=100.0)
    return LSNN(c, neurons, b_out=np.zeros(2), through_reset=False)


def a_batch():
    """Return inputs that make neurons fire, and a target of two waves."""
    x = np.random.default_rng(2).random((T, 4, N_IN)) < 0.05
    t = np.arange(T)[:, None, None]
    return x, 0.2 * np.sin(t / [20.0, 10.0])


def bptt(net, x, d_y):
    return net.backward(net.forward(x, dtype=np.float64), d_y).weight


def distance(found, expected):
    return np.abs(found - expected).max() / np.abs(expected).max()


def test_without_recurrence_the_page_s_rule_is_bptt(rule):
    net, (x, target) = a_network(recurrent=False), a_batch()
    run = net.forward(x, dtype=np.float64)
    _, d_y = mean_squared_error(run.y, target)

    assert (run.z.sum((0, 1)) > 0).mean() > 0.9
    assert distance(rule.eprop(net, x, d_y), bptt(net, x, d_y)) < ROUNDING
    with_reset = replace(net, through_reset=True)
    assert distance(rule.eprop(net, x, d_y), bptt(with_reset, x, d_y)) > 0.01


def test_with_recurrence_it_lacks_what_passes_from_neuron_to_neuron(rule):
    net, (x, target) = a_network(recurrent=True), a_batch()
    x = x[:, :1]
    _, d_y = mean_squared_error(net.forward(x, dtype=np.float64).y, target)
    found, full = rule.eprop(net, x, d_y), bptt(net, x, d_y)
    cut = rule.cut(net, x[:, 0].astype(float), d_y[:, 0])

    c = net.connections
    for name, first in (("W_in", 0), ("W_rec", N_IN)):
        at = c.select(name)
        expected = getattr(cut, name)[c.delay[at], c.source[at] - first, c.target[at]]
        assert distance(found[at], expected) < ROUNDING
        assert distance(found[at], full[at]) > 0.01
    at = c.select("W_out")
    assert distance(found[at], full[at]) < ROUNDING


FEEDBACK = 'np.random.default_rng(3).normal(0, 0.2, c.dense("W_out").shape)'


@pytest.mark.parametrize("feedback", ['c.dense("W_out")', FEEDBACK], ids=["symmetric", "random"])
def test_training_with_the_page_s_rule_lowers_the_loss(feedback):
    rule = module(PYTHON[0].replace('c.dense("W_out")', feedback))

    losses = list(rule.train(a_network(recurrent=True), *a_batch(), iterations=20))

    assert losses[-1] < 0.8 * losses[0]


def test_the_page_s_rule_is_as_short_as_it_says():
    body = PYTHON[0].partition("def eprop")[2].partition("def train")[0]

    assert len([line for line in body.splitlines() if line.strip()]) <= 30


# -- an export of one's own ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    """A folder with the page's package, as `pip install` leaves it, and a run."""
    folder = tmp_path_factory.mktemp("export")
    (folder / "mypackage").mkdir()
    (folder / "mypackage" / "__init__.py").touch()
    (folder / "mypackage" / "export.py").write_text(PYTHON[2])
    (block,) = re.findall(r"```toml\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    points = tomllib.loads(block)["project"]["entry-points"]["lsnn.commands"]
    about = folder / "mypackage-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: mypackage\nVersion: 1.0\n")
    lines = [f"{name} = {value}" for name, value in points.items()]
    (about / "entry_points.txt").write_text("\n".join(["[lsnn.commands]", *lines]))
    done = lsnn(*train(folder / "run.h5", training__iterations=3, rewiring__policy="none"))
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def installed(here, monkeypatch):
    monkeypatch.syspath_prepend(here)
    monkeypatch.chdir(here)
    yield here
    for name in [name for name in sys.modules if name.partition(".")[0] == "mypackage"]:
        del sys.modules[name]


def test_the_page_s_verb_is_listed(installed, capsys):
    assert cli.main(["--help"]) == 0

    line = r"^  matlab +write weights, delays and neurons as a MATLAB file$"
    assert re.search(line, capsys.readouterr().out, re.MULTILINE)


def test_the_network_built_again_is_the_run_s(installed):
    assert cli.main(["matlab", "run.h5", "-o", "run.mat"]) == 0

    found = module(*PYTHON[2:]).network("run.mat")
    with read_run("run.h5") as file:
        trainer = restored_trainer(file, to_learn=False)
    net = trainer.learner.net
    trainer.close()
    assert distance(found.connections.dense("W_rec"), net.connections.dense("W_rec")) == 0
    x = np.random.default_rng(4).random((200, 3, net.layout.n_in)) < 0.1
    run, again = net.forward(x), found.forward(x)
    assert run.z.any()
    np.testing.assert_array_equal(again.z, run.z)
    np.testing.assert_array_equal(again.y, run.y)


def test_an_error_of_the_page_s_verb_is_one_line(installed, capsys):
    assert cli.main(["matlab", "missing.h5", "-o", "run.mat"]) == 3

    assert capsys.readouterr().err.count("\n") == 1
