"""Spikes and readouts as Neo's objects, which Elephant and many tools of electrophysiology take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from ..errors import LsnnError, UsageError
from ..files import RunFile
from ..given import integers, refuse, shown
from ..simulation.run import Run
from ..units import DT_MS

if TYPE_CHECKING:
    import neo

Array = npt.NDArray[Any]
_READOUTS = {"softmax": "softmax of the readouts", "y": "readout"}


class _Population(NamedTuple):
    """X, R or A: times (S,) in ms, ids (S,), and the ids that it has: `first` ... `last` - 1."""

    name: str
    times_ms: Array
    ids: Array
    first: int
    last: int

    def within(self, duration_ms: float) -> bool:
        """Whether all spikes are those of its neurons, within an example."""
        in_time = (self.times_ms >= 0.0) & (self.times_ms < duration_ms)
        return bool(np.all(in_time & (self.ids >= self.first) & (self.ids < self.last)))


def to_neo(run: Run | RunFile, examples: Sequence[int] | None = None) -> neo.Block:
    """Return spikes and readouts of a run as a Neo block; needs ``pip install 'lsnn[neo]'``.

    Parameters
    ----------
    run
        What `LSNN.forward` returned, or an open run file, of which the recorded example is taken.
    examples
        Which examples of a live run; all if not given.

    Returns
    -------
    neo.Block
        A segment for each example, whose ``index`` it has. In it a ``SpikeTrain`` (ms) for
        each neuron, also for silent ones, annotated with ``population`` ("R", "A"; of a file also
        "X", the inputs) and ``index`` (as in the run file: A counts on from R); and an
        ``AnalogSignal`` of the readouts (steps, outputs), ``population`` "Y". A spike in step t is
        at t times dt, the step's beginning.

    Raises
    ------
    LsnnError
        Neo is not installed.
    UsageError
        `run` is neither, or has no such example.
    BadFileError
        The file has no recorded example, as that of an RNN.
    """
    library = _library()
    if isinstance(run, RunFile):
        if examples is not None:
            raise UsageError("examples: expected none for a run file, which records one example")
        block = library.Block(name=run.name)
        block.segments.append(_recorded(library, run))
        return block
    if not isinstance(run, Run):
        raise UsageError(
            f"run: expected what `LSNN.forward` returned or a file of `read_run`, found "
            f"{shown(run)}"
        )
    block = library.Block(name="LSNN")
    block.segments += [_live(library, run, b, y, z) for b, y, z in _each(run, examples)]
    return block


def _library() -> Any:
    try:
        import neo
    except ImportError:
        raise LsnnError(
            "neo is not installed; it holds spikes for other tools: pip install 'lsnn[neo]'"
        ) from None
    return neo


def _each(run: Run, examples: Sequence[int] | None) -> Iterator[tuple[int, Array, Array]]:
    """Each example asked for: its index, readout (T, K) and spikes (T, N)."""
    chosen = np.arange(run.n_examples)
    if examples is not None:
        chosen = integers("examples", examples, (None,), "indices")
        wrong = (chosen < 0) | (chosen >= run.n_examples)
        refuse("examples", chosen, wrong, f"expected 0 to {run.n_examples - 1}")
    y, z = run.y, run.z
    for b in chosen.tolist():
        yield b, y[:, b], z[:, b]


def _live(library: Any, run: Run, index: int, y: Array, z: Array) -> Any:
    step, ids = np.nonzero(z)
    n_regular, n = run.net.neurons.n_regular, run.net.neurons.n
    dt_ms = run.net.dt_ms
    segment = library.Segment(name=f"example {index}", index=index)
    for name, first, last in (("R", 0, n_regular), ("A", n_regular, n)):
        population = _Population(name, step * dt_ms, ids, first, last)
        segment.spiketrains.extend(_trains(library, population, len(z), dt_ms))
    segment.analogsignals.append(_signal(library, y, "readout", dt_ms))
    return segment


def _recorded(library: Any, run: RunFile) -> Any:
    name = next((name for name in _READOUTS if run.has(f"recordings/example/{name}")), None)
    if name is None or not run.has("spikes/X"):
        raise run.bad("recordings/example", "is missing; `lsnn evaluate` of a spiking network adds")
    y = run.array(f"recordings/example/{name}", "f", 2)
    segment = library.Segment(name="recorded example", index=0)
    for population in _recorded_populations(run):
        if not population.within(len(y) * DT_MS):
            raise run.bad(f"spikes/{population.name}", "has spikes outside the recorded example")
        segment.spiketrains.extend(_trains(library, population, len(y), DT_MS))
    segment.analogsignals.append(_signal(library, y, _READOUTS[name], DT_MS))
    return segment


def _recorded_populations(run: RunFile) -> Iterator[_Population]:
    n_in, n = (run.shape(f"{group}/sign")[0] for group in ("inputs", "neurons"))
    n_regular = run.attribute("n_regular", "neurons")
    if not isinstance(n_regular, int) or not 0 <= n_regular <= n:
        raise run.bad("attribute n_regular of neurons", f"is no number from 0 to {n}")
    for name, first, last in (("X", 0, n_in), ("R", 0, n_regular), ("A", n_regular, n)):
        if first < last:
            times, ids = run.spikes(name)
            yield _Population(name, times, ids.astype(np.int64), first, last)


def _trains(library: Any, population: _Population, n_steps: int, dt_ms: float) -> list[Any]:
    """One train for each neuron; spikes are sorted by time and may be those of others, too."""
    order = np.argsort(population.ids, kind="stable")
    times, ids = population.times_ms[order], population.ids[order]
    nodes = np.arange(population.first, population.last)
    ends = np.searchsorted(ids, np.append(nodes, population.last))
    return [
        library.SpikeTrain(
            times[start:stop],
            units="ms",
            t_stop=n_steps * dt_ms,
            sampling_rate=_rate(dt_ms),
            name=f"{population.name} {index}",
            population=population.name,
            index=index,
        )
        for index, start, stop in zip(nodes.tolist(), ends[:-1], ends[1:], strict=True)
    ]


def _signal(library: Any, y: Array, name: str, dt_ms: float) -> Any:
    return library.AnalogSignal(
        y, units="dimensionless", sampling_rate=_rate(dt_ms), name=name, population="Y"
    )


def _rate(dt_ms: float) -> Any:
    import quantities

    return quantities.Quantity(1.0 / dt_ms, "kHz")
