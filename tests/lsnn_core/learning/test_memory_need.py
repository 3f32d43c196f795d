"""What cannot fit is refused before anything is allocated; what is counted is there."""

from __future__ import annotations

import subprocess
import sys

import pytest

from lsnn_core.errors import UsageError
from lsnn_core.learning import memory_need as module
from lsnn_core.learning.build import build
from lsnn_core.learning.memory_need import connection_count, in_words, memory_need, require_memory
from lsnn_core.learning.models import make_task
from lsnn_core.memory import resident_bytes
from lsnn_core.ranks.exchange import Ranks
from tests.helpers.program import ROOT, lsnn, train
from tests.helpers.tiny_runs import tiny_config

MIB = 2**20
GROW = """
import sys
from lsnn_core.learning import memory_need as module
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from tests.helpers.tiny_runs import tiny_config

def highest():
    lines = open("/proc/self/status").read().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

changes = dict(pair.split("=") for pair in sys.argv[1:])
config = tiny_config("lsnn", seed=1, **changes)
task = make_task(config)
need = module.memory_need(config, task)
trainer = Trainer(config, task)
trainer.step()
trainer.step()
print(need.total, highest())
"""


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        ({"network__n_regular": 99_990, "network__connectivity": 1.0}, ["network.connectivity"]),
        ({"training__batch": 10_000_000, "network__n_regular": 1000}, ["training.batch"]),
        ({"network__delays": 1_000_000_000}, ["network.delays"]),
        (
            {
                "network__n_regular": 100_000,
                "network__connectivity": 0.002,
                "training__batch": 4096,
            },
            ["training.batch", "network.n_regular"],
        ),
    ],
)
def test_what_cannot_fit_is_refused_by_name(tmp_path, settings, named):
    done = lsnn(*train(tmp_path / "run.h5", **settings))
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    assert "memory: the run would take at least" in done.stderr
    for name in named:
        assert f"{name} (now " in done.stderr
    assert done.stderr.count("(now ") == 2
    assert list(tmp_path.iterdir()) == []


def test_connections_are_counted_as_they_are_drawn():
    config = tiny_config("lsnn", seed=1)
    task = make_task(config)
    assert connection_count(config, task) == len(build(config, task).net.connections.weight)


@pytest.mark.parametrize(
    "changes",
    [
        ("network.n_regular=10",),
        ("network.n_regular=4000", "network.connectivity=0.05"),
        ("network.n_regular=4000", "network.connectivity=0.05", "training.batch=1"),
        ("network.n_regular=20000", "network.connectivity=0.0005"),
    ],
)
def test_a_network_takes_what_was_counted(changes):
    """The steps themselves, without a task's recordings: within a quarter."""
    done = subprocess.run(
        [sys.executable, "-c", GROW, *changes],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr
    need, real = map(int, done.stdout.split())
    assert 0.75 < need / real < 1.25, (need / MIB, real / MIB)


def test_rate_networks_have_a_need_too():
    config = tiny_config("lstm", seed=1)
    task = make_task(config)
    need = memory_need(config, task)
    larger = memory_need(tiny_config("lstm", seed=1, **{"network.n_regular": 1000}), task)
    assert resident_bytes() < need.total < larger.total


def test_the_limit_is_the_machine_s(monkeypatch):
    config = tiny_config("lsnn", seed=1)
    task = make_task(config)
    require_memory(config, task)
    monkeypatch.setattr(module, "usable_bytes", lambda: None)
    require_memory(config, task)
    monkeypatch.setattr(module, "usable_bytes", lambda: 100 * MIB)
    with pytest.raises(UsageError, match="this machine has 100 MiB"):
        require_memory(config, task)


@pytest.mark.parametrize(
    ("count", "text"),
    [(5, "5 bytes"), (2**21, "2 MiB"), (3.5 * 2**30, "3.5 GiB"), (2**60, "1,048,576 TiB")],
)
def test_bytes_in_words(count, text):
    assert in_words(count) == text


def test_ranks_share_a_batch_and_each_holds_the_network(monkeypatch):
    config = tiny_config("lsnn", seed=1, **{"training.batch": 1024})
    task = make_task(config)
    alone = memory_need(config, task)
    them = Ranks()
    them.size = them.on_host = 4
    monkeypatch.setattr(module, "current", lambda: them)
    shared = memory_need(config, task)
    monkeypatch.setattr(module, "usable_bytes", lambda: 3 * shared.total)

    assert shared.examples < alone.examples / 3
    assert shared.connections > 0
    with pytest.raises(UsageError, match="for each of its 4 ranks"):
        require_memory(config, task)
    monkeypatch.setattr(module, "usable_bytes", lambda: shared.connections)
    with pytest.raises(UsageError, match="holds the whole network, so that more machines do not"):
        require_memory(config, task)
