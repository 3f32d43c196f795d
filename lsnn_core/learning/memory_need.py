"""How much memory a run takes at least, before anything is allocated.

An LSNN takes bytes for each connection (lists, moments, what rewiring and the kernels make of them,
gradients), and for each neuron, step and example (what is kept for the way back). What a connection
takes was measured, what blocks take is counted as `ExampleBlock` and `NeuronBlock` allocate it. Not
counted is what a task and the recordings at the end take beside it: whole runs took 1.4 to 2.3
times as much (220 to 100,000 neurons, measured). So this refuses what cannot fit, and nothing that
can.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any, Final, cast

import numpy as np

from ..config.tables import RunConfig
from ..errors import UsageError
from ..memory import resident_bytes, usable_bytes
from ..model.layout import Layout
from ..model.network import Network
from ..ranks.exchange import current
from ..rate.engine import BLOCK
from ..simulation.plan import BlockShape, Plan, plan_gradient
from ..task.protocol import Task, is_analog
from ..threads import processor_count

MIB: Final = 2**20
COMPILED: Final = 63 * MIB  # code and the compiler; measured after the program has started
CONNECTION: Final = {"none": (85, 8.5)}
REWIRED: Final = (92, 12.0)
"""Bytes of integers, and real numbers, that a connection takes at the peak (measured)."""
FIRED: Final = (
    0.25  # of all (neuron, step) that a block's record of spikes has room for (our choice)
)


@dataclass(frozen=True)
class Need:
    """Bytes that a run takes at least, at its peak.

    Parameters
    ----------
    program
        Python, packages, compiled code, and the task's data.
    connections
        Lists, moments and gradients.
    examples
        What is kept of a batch for the way back.
    """

    program: int
    connections: int
    examples: int

    @property
    def total(self) -> int:
        """All of it."""
        return self.program + self.connections + self.examples


def memory_need(config: RunConfig, task: Task) -> Need:
    """Return what training takes at least; the task's data are in memory already."""
    program = resident_bytes() + COMPILED
    if config.network.model != "lsnn":
        return Need(program, *_rate_network(config, task))
    size = np.dtype(config.training.dtype).itemsize
    count = connection_count(config, task)
    listed = CONNECTION["none"] if config.rewiring.policy == "none" else REWIRED
    own = listed[0] + listed[1] * size + (size if config.training.average else 0)
    net = _stand_in(config, task, count)
    whole, ranks = _plan(config, task, net), current().size
    plan = whole.part(range(-(-len(whole.sizes) // ranks)))  # the most that a rank has
    rows = len(plan.sizes) + 1 if len(whole.sizes) > 1 else 0  # gradients of blocks, and their sum
    rows += -(-len(whole.sizes) // ranks) if ranks > 1 else 0  # a slice of that of each block
    copies = len(plan.sizes) if plan.in_neurons else plan.workers
    connections = count * (own + size * (rows + copies))
    if plan.delay:
        connections += 2 * size * net.layout.n_source * net.layout.n_target
    return Need(program, int(connections), _blocks(config, task, net, plan))


def require_memory(config: RunConfig, task: Task) -> None:
    """Raise `UsageError` if a run will not fit this machine, and name what would help most."""
    machine, ranks, need = usable_bytes(), current(), memory_need(config, task)
    if machine is None or need.total * ranks.on_host <= machine:
        return
    remedies = " and ".join(f"{name} (now {value})" for name, value in _remedies(config, task))
    of_each = f" for each of its {ranks.on_host} ranks" if ranks.on_host > 1 else ""
    whole = ""
    if need.program + need.connections > machine:
        whole = "; every rank holds the whole network, so that more machines do not help"
    raise UsageError(
        f"memory: the run would take at least {in_words(need.total)}{of_each} "
        f"({in_words(need.connections)} for its connections, {in_words(need.examples)} for a "
        f"batch), this machine has {in_words(machine)}{whole}; "
        f"most is saved by a lower {remedies}"
    )


def in_words(count: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "kiB", "MiB", "GiB"):
        if count < 1024:
            return f"{count:.3g} {unit}"
        count /= 1024
    return f"{count:,.0f} TiB"


def connection_count(config: RunConfig, task: Task) -> int:
    """How many connections the network of a configuration has."""
    c = config.network
    layout = Layout(task.n_in, c.n_regular + c.n_adaptive, task.n_out, task.halves)
    return sum(round(c.connectivity * matrix.sites) for matrix in layout.matrices.values())


def _remedies(config: RunConfig, task: Task) -> list[tuple[str, Any]]:
    """Name the two settings that save most when they are halved, and what they are."""
    network, training = config.network, config.training
    half = {
        "network.connectivity": replace(config, network=_halved(network, "connectivity")),
        "network.delays": replace(config, network=_halved(network, "delays")),
        "network.n_regular": replace(config, network=_halved(network, "n_regular")),
        "network.n_adaptive": replace(config, network=_halved(network, "n_adaptive")),
        "training.batch": replace(config, training=_halved(training, "batch")),
    }
    need = {name: memory_need(changed, task).total for name, changed in half.items()}
    best = sorted(need, key=need.__getitem__)[:2]
    tables = {"network": network, "training": training}
    return [(name, getattr(tables[name.split(".")[0]], name.split(".")[1])) for name in best]


def _halved(table: Any, name: str) -> Any:
    value = getattr(table, name)
    if isinstance(value, float):
        return replace(table, **{name: value / 2})
    least = 0 if name == "n_adaptive" else 1
    return replace(table, **{name: max(value // 2, min(value, least))})


def _stand_in(config: RunConfig, task: Task, count: int) -> Network:
    """Return what a plan looks at of a network, without its arrays."""
    c = config.network
    layout = Layout(task.n_in, c.n_regular + c.n_adaptive, task.n_out, task.halves)
    delay = np.array([1] if c.delays == 1 else [1, c.delays])
    listed = SimpleNamespace(
        weight=range(count), delay=delay, target=np.zeros(len(delay), np.int64)
    )
    neurons = SimpleNamespace(n_regular=c.n_regular)
    known = {"noise_std": c.noise_std, "max_delay": c.delays, "neurons": neurons}
    return cast(Network, SimpleNamespace(layout=layout, connections=listed, **known))


def _plan(config: RunConfig, task: Task, net: Network) -> Plan:
    t = config.training
    threads = t.threads or processor_count()
    at_once = config.loss.rate_weight == 0.0
    dtype = cast(Any, np.dtype(t.dtype).type)
    return plan_gradient(net, task.n_steps, t.batch, dtype, threads, is_analog(task), at_once)


def _blocks(config: RunConfig, task: Task, net: Network, plan: Plan) -> int:
    """Return the bytes of all blocks and of what threads lend them."""
    size = np.dtype(config.training.dtype).itemsize
    wanted = {"parameters": bool(config.training.learn), "current": is_analog(task)}
    if plan.in_neurons:
        counted = Counter(plan.shapes(task.n_steps, task.readout_start, **wanted))
        return sum(n * _of_neurons(shape, net, size) for shape, n in counted.items())
    shapes = plan.shapes(task.n_steps, task.readout_start, **wanted)
    both = Counter(zip(shapes, plan.tapes, strict=True))
    blocks = sum(n * _of_examples(shape, net, size, tape) for (shape, tape), n in both.items())
    return blocks + plan.workers * _scratch(shapes[0], net, size, plan.tapes[0])


def _of_examples(shape: BlockShape, net: Network, size: int, tape: str) -> int:
    layout, T = net.layout, shape.n_steps
    lane = shape.width * size
    slots = shape.n_segments + 1
    state = slots * ((3 * layout.n + layout.n_out) * lane + 2 * layout.n)
    under_way = 0 if tape != "segment" else slots * net.max_delay * layout.n_target * lane
    own = (T + net.max_delay) * layout.n_target * lane + 2 * T * layout.n if tape == "block" else 0
    spikes = int(FIRED * 6 * T * (layout.n + layout.n_in))
    outputs = 2 * (T - shape.readout_start) * layout.n_out * lane
    return state + under_way + own + spikes + outputs


def _scratch(shape: BlockShape, net: Network, size: int, tape: str) -> int:
    layout, lane = net.layout, shape.width * size
    steps = shape.n_steps if tape == "scratch" else shape.segment
    rows = (steps + net.max_delay) * layout.n_target * lane + 2 * steps * layout.n
    adaptive = shape.segment * (layout.n - net.neurons.n_regular) * lane
    adjoint = (8 if shape.parameters else 4) * layout.n * lane
    current = shape.n_steps * layout.n * lane if shape.current else 0
    after = net.max_delay * layout.n_target * lane if tape == "segment" else 0
    return rows + adaptive + adjoint + current + after


def _of_neurons(shape: BlockShape, net: Network, size: int) -> int:
    layout, row = net.layout, net.layout.n_target * size
    slots, adaptive = shape.n_segments + 1, layout.n - net.neurons.n_regular
    state = slots * (3 + net.max_delay) * row
    tape = shape.segment * (row + adaptive * size + layout.n // 8) + 2 * net.max_delay * row
    spikes = int(FIRED * 4 * shape.n_steps * (layout.n + layout.n_in))
    return shape.lanes * (state + tape + spikes + 6 * row)


def _rate_network(config: RunConfig, task: Task) -> tuple[int, int]:
    """Weights with their moments and gradients; and what blocks of 128 keep of each step."""
    size, n = np.dtype(config.training.dtype).itemsize, config.network.n_regular
    n += config.network.n_adaptive
    sums = 4 if config.network.model == "lstm" else 1
    weights = sums * n * (task.n_in + n + 1) + task.n_out * (n + 1)
    blocks = -(-config.training.batch // BLOCK)
    own = -(-blocks // current().size)
    threads = min(config.training.threads or processor_count(), own)
    kept = min(BLOCK, config.training.batch) * task.n_steps
    return size * weights * (4 + blocks), size * kept * (sums + 1) * n * threads
