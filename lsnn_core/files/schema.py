"""What a run file holds: one table, from which files are annotated and described."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, NamedTuple, TypeAlias, Union

import numpy.typing as npt

Tree: TypeAlias = "dict[str, npt.NDArray[Any] | str | Tree]"
TreeLike: TypeAlias = Mapping[str, Union[npt.ArrayLike, "TreeLike"]]

SCHEMA: Final = "lsnn-run"
SCHEMA_VERSION: Final = 1
STATUSES: Final = ("running", "complete", "interrupted", "failed")

POPULATIONS: Final = ("X", "R", "A")
"""Groups of `/spikes` that a run writes."""
SORTING: Final = {"none": 0, "by_id": 1, "by_time": 2}
"""SONATA's enumeration of how the spikes of a population are sorted."""
SONATA_MAGIC: Final = 0x0A7A
SONATA_VERSION: Final = (0, 1)

_ANY: Final = re.compile("<[a-z]+>")


class Entry(NamedTuple):
    """One row: a dataset's path (``<name>`` stands for any name), axes, unit and meaning.

    An axis with the name of a dataset in the same group has its numbers (``timestamps``, ``step``);
    others have a name only (`scales`): T time steps, N neurons, I inputs, O outputs, E connections,
    M recorded values, S kept steps, F functions, L episodes whose paths are kept, W goals found in
    all recorded episodes, U rate units, G the sums that each takes (RNN 1, LSTM 4).
    """

    path: str
    dims: str
    units: str
    description: str


TABLE: Final = (
    Entry("config", "", "", "resolved configuration, TOML"),
    Entry("environment", "", "", "versions, machine, wall-clock and processor times, JSON"),
    Entry("seeds", "", "", "the run's seed, JSON"),
    Entry("metrics/<split>/<name>/step", "step", "iteration", "iteration of each value"),
    Entry("metrics/<split>/<name>/value", "step", "", "value; its unit ends the metric's name"),
    Entry("weights/<matrix>/indptr", "sources+1", "", "where each source's connections begin"),
    Entry("weights/<matrix>/indices", "E", "", "target of each connection, ascending per source"),
    Entry("weights/<matrix>/data", "E", "", "weight of each connection, sign included"),
    Entry("weights/<matrix>/delay", "E", "steps", "delay of each connection"),
    Entry("weights/<matrix>/sign", "E", "", "+1 or -1 for a fixed sign, 0 for a free one"),
    Entry("weights/b_out", "O", "", "bias of the readouts"),
    Entry("average/b0", "N", "", "moving average of neurons/b0, if it is learned"),
    Entry("average/beta", "N", "", "likewise"),
    Entry("average/tau_m_ms", "N", "ms", "likewise"),
    Entry("average/tau_a_ms", "N", "ms", "likewise"),
    Entry("average/b_out", "O", "", "moving average of weights/b_out"),
    Entry("average/<matrix>", "E_<matrix>", "", "moving average of weights/<matrix>/data"),
    Entry("average/dense/W_in", "I,GU", "", "RNN, LSTM: moving averages of weights/dense"),
    Entry("average/dense/W_rec", "U,GU", "", "the same"),
    Entry("average/dense/b", "GU", "", "the same"),
    Entry("average/dense/W_out", "U,O", "", "the same"),
    Entry("average/dense/b_out", "O", "", "the same"),
    Entry("weights/dense/W_in", "I,GU", "", "RNN, LSTM: weights from inputs to sums of units"),
    Entry("weights/dense/W_rec", "U,GU", "", "weights from units to sums of units"),
    Entry("weights/dense/b", "GU", "", "bias of the sums; LSTM: all i, then all f, o, j"),
    Entry("weights/dense/W_out", "U,O", "", "weights from units to outputs"),
    Entry("weights/dense/b_out", "O", "", "bias of the outputs"),
    Entry("neurons/tau_m_ms", "N", "ms", "membrane time constant"),
    Entry("neurons/tau_a_ms", "N", "ms", "adaptation time constant"),
    Entry("neurons/beta", "N", "", "strength of adaptation, 0 for population R"),
    Entry("neurons/b0", "N", "", "baseline threshold"),
    Entry("neurons/n_ref", "N", "steps", "absolute refractory period"),
    Entry("neurons/initial/tau_m_ms", "N", "ms", "the same before training, if it was learned"),
    Entry("neurons/initial/tau_a_ms", "N", "ms", "likewise"),
    Entry("neurons/initial/beta", "N", "", "likewise"),
    Entry("neurons/initial/b0", "N", "", "likewise"),
    Entry("neurons/sign", "N", "", "+1 excitatory, -1 inhibitory, 0 either"),
    Entry("inputs/sign", "I", "", "+1 excitatory, -1 inhibitory, 0 either"),
    Entry("rewiring/<name>/step", "step", "iteration", "iteration of each value"),
    Entry("rewiring/<name>/value", "step", "", "connected fraction, or connections dropped"),
    Entry("recordings/memory/time_ms", "time_ms", "ms", "ends of the times of rows of pixels"),
    Entry("recordings/memory/<name>", "", "", "R: spikes of R, A: of A, B: thresholds of A tell"),
    Entry("recordings/gradient/lag_ms", "lag_ms", "ms", "time before the steps the loss reads"),
    Entry("recordings/gradient/norm_R", "lag_ms", "", "root mean square of dL/dV then, of R"),
    Entry("recordings/gradient/norm_A", "lag_ms", "", "the same, of A"),
    Entry("recordings/gradient/eprop_R", "lag_ms", "", "the same of e-prop's error, of R"),
    Entry("recordings/gradient/eprop_A", "lag_ms", "", "the same, of A"),
    Entry("recordings/walk/nodes", "nodes", "", "neurons of one example that is walked back"),
    Entry("recordings/walk/first_step", "", "steps", "the first step of it that is kept"),
    Entry(
        "recordings/walk/read_from", "", "steps", "from here to the last one kept the loss reads"
    ),
    Entry("recordings/walk/V", "S,nodes", "", "their potential"),
    Entry("recordings/walk/B", "S,nodes", "", "their threshold"),
    Entry("recordings/walk/psi", "S,nodes", "", "their pseudo-derivative, times B"),
    Entry("recordings/walk/d_V", "S,nodes", "", "dL/dV, a share of the largest"),
    Entry("recordings/walk/d_b", "S,nodes", "", "dL/db, a share of the largest"),
    Entry("spikes/<population>/timestamps", "timestamps", "ms", "time of each spike (SONATA)"),
    Entry("spikes/<population>/node_ids", "timestamps", "", "who fired each spike (SONATA)"),
    Entry("recordings/bad_batch/why", "", "", "what was not finite in it"),
    Entry("recordings/bad_batch/inputs/values", "T,examples,I", "", "real-valued inputs"),
    Entry("recordings/bad_batch/inputs/step", "S", "steps", "time of each input spike"),
    Entry("recordings/bad_batch/inputs/ids", "S", "", "which input it is of"),
    Entry("recordings/bad_batch/inputs/ptr", "examples+1", "", "where each example's begin"),
    Entry("recordings/bad_batch/inputs/sizes", "", "", "numbers of steps and inputs"),
    Entry("recordings/bad_batch/own/<name>", "", "", "what the task keeps of it: labels, targets"),
    Entry("recordings/<name>/image", "row,column", "", "the image that was shown"),
    Entry("recordings/<name>/pixel_order", "pixel", "", "pixel shown at each step, if permuted"),
    Entry("recordings/<name>/label", "", "", "its class"),
    Entry("recordings/<name>/prediction", "", "", "the class that was read out"),
    Entry("recordings/<name>/threshold", "T,threshold_nodes", "", "B(t) of some adaptive neurons"),
    Entry("recordings/<name>/threshold_nodes", "threshold_nodes", "", "which neurons these are"),
    Entry("recordings/<name>/voltage", "T,voltage_nodes", "", "V(t) of some neurons of R and A"),
    Entry("recordings/<name>/voltage_nodes", "voltage_nodes", "", "which neurons these are"),
    Entry("recordings/<name>/softmax", "T,O", "", "softmax of the readouts"),
    Entry("recordings/<name>/readout_start", "", "steps", "first step that the loss reads"),
    Entry("recordings/<name>/steps_per_pixel", "", "steps", "how long a pixel is shown"),
    Entry("recordings/<name>/y", "T,O", "", "the readouts"),
    Entry("recordings/<name>/x", "M,d", "", "learning to learn: inputs of the function, in turn"),
    Entry("recordings/<name>/target", "M", "", "its values there"),
    Entry("recordings/<name>/hold_ms", "", "ms", "how long each is shown"),
    Entry("recordings/l2l/errors/target", "F,M", "", "values of functions never seen before"),
    Entry("recordings/l2l/errors/guess", "F,M", "", "what the network answered"),
    Entry("recordings/l2l/errors/linear_all", "F,M", "", "squared error, linear fit of all pairs"),
    Entry("recordings/l2l/errors/linear_preceding", "F,M", "", "the same, of the pairs before"),
    Entry("recordings/l2l/errors/backprop", "F,M", "", "the same, backprop in a target network"),
    Entry("recordings/l2l/errors/linear_others", "F", "", "mean over M, fit of all other pairs"),
    Entry("recordings/l2l/errors/gaussian_process", "M", "", "the floor, mean over F"),
    Entry("recordings/l2l/other_codes/<code>", "F", "", "mean over M, inputs in another code"),
    Entry("recordings/l2l/samples/x", "x", "", "first input of functions of the family"),
    Entry("recordings/l2l/samples/value", "F,x", "", "their values there"),
    Entry("recordings/l2l/<name>/after", "after", "", "examples seen before the network was asked"),
    Entry("recordings/l2l/<name>/x", "x", "", "first input it was asked about"),
    Entry("recordings/l2l/<name>/guess", "F,after,x", "", "what it answered"),
    Entry("recordings/l2l/<name>/value", "F,x", "", "the function there"),
    Entry("recordings/l2l/<name>/shown_x", "F,M", "", "first input of the examples seen"),
    Entry("recordings/l2l/<name>/shown_value", "F,M", "", "their values"),
    Entry("recordings/<name>/goal", "xy", "radii", "navigation: centre of the goal"),
    Entry("recordings/<name>/goal_radius", "", "radii", "its radius"),
    Entry("recordings/<name>/position", "T,xy", "radii", "where the agent was"),
    Entry("recordings/<name>/reward", "T", "", "what each step brought"),
    Entry("recordings/navigation/arena/goal", "L,xy", "radii", "centres of the goals"),
    Entry("recordings/navigation/arena/goal_radius", "", "radii", "radius of the goals"),
    Entry("recordings/navigation/<agent>/path", "L,T+1,xy", "radii", "where the agent was"),
    Entry("recordings/navigation/<agent>/found_episode", "W", "", "episode of each goal found"),
    Entry("recordings/navigation/<agent>/found_step", "W", "steps", "step that found it"),
    Entry("recordings/navigation/<agent>/goals", "episodes", "", "goals found in each episode"),
    Entry("recordings/navigation/<agent>/wall", "episodes", "", "steps into the wall"),
)


def lookup(path: str) -> Entry | None:
    """Return the row that describes the dataset at `path`, None for one outside the table."""
    parts = path.strip("/").split("/")
    for entry in TABLE:
        if _matches(entry.path.split("/"), parts):
            return entry
    return None


def axes(path: str) -> tuple[str, ...]:
    """Return the names of the axes of the dataset at `path`; none for one outside the table."""
    entry = lookup(path)
    if entry is None or not entry.dims:
        return ()
    name = path.rpartition("/")[2]
    return tuple(_ANY.sub(name, axis) for axis in entry.dims.split(","))


def is_axis(path: str) -> bool:
    """Whether the table has datasets in the same group of which an axis has this name."""
    group, _, name = path.strip("/").rpartition("/")
    parts = group.split("/")
    return any(
        re.fullmatch(_ANY.sub(".+", re.escape(axis)), name)
        for entry in TABLE
        if entry.dims and _matches(entry.path.split("/")[:-1], parts)
        for axis in entry.dims.split(",")
    )


def is_part(path: str, is_dataset: bool) -> bool:
    """Whether the table has this dataset, or datasets in this group; the rest is the owner's.

    All of ``resume`` is the run's: what is in it is the learner's affair.
    """
    parts = [part for part in path.split("/") if part]
    if parts[:1] == ["resume"]:
        return True
    if is_dataset:
        return lookup(path) is not None
    return any(
        len(parts) <= len(pattern)
        and all(p == q or p.startswith("<") for p, q in zip(pattern, parts, strict=False))
        for pattern in (entry.path.split("/") for entry in TABLE)
    )


def _matches(pattern: list[str], parts: list[str]) -> bool:
    return len(pattern) == len(parts) and all(
        p == q or p.startswith("<") for p, q in zip(pattern, parts, strict=True)
    )
