"""Train recurrent spiking networks with adaptive neurons (LSNNs) on a CPU.

The names below are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .version import __version__ as __version__

if TYPE_CHECKING:  # the same names once more, for tools that read the code without running it
    from .config.optimisers import Rewiring as Rewiring
    from .errors import BadFileError as BadFileError
    from .errors import LsnnError as LsnnError
    from .errors import NumericalError as NumericalError
    from .errors import UsageError as UsageError
    from .exchange.from_nir import from_nir as from_nir
    from .exchange.tensorflow import from_tensorflow as from_tensorflow
    from .exchange.to_neo import to_neo as to_neo
    from .exchange.to_nir import to_nir as to_nir
    from .files import metric_table as metric_table
    from .files import read_run as read_run
    from .gradient_checks import gradcheck as gradcheck
    from .gradient_checks.to_reference import reference_network as reference_network
    from .learning.trainer import Trainer as Trainer
    from .model.connections import Connections as Connections
    from .model.initial import initial_connections as initial_connections
    from .model.initial import source_signs as source_signs
    from .model.layout import Layout as Layout
    from .model.neurons import NeuronParameters as NeuronParameters
    from .model.state import NetworkState as NetworkState
    from .optimisers.network import Adam as Adam
    from .optimisers.network import DeepR as DeepR
    from .runs.training_run import TrainingRun as TrainingRun
    from .simulation.gradient import NetworkGradient as NetworkGradient
    from .simulation.inputs import Analog as Analog
    from .simulation.lsnn import LSNN as LSNN
    from .simulation.record import Record as Record
    from .simulation.run import Run as Run
    from .task.losses import cross_entropy as cross_entropy
    from .task.losses import mean_squared_error as mean_squared_error
    from .task.losses import rate_regulariser as rate_regulariser
    from .task.losses import softmax as softmax
    from .task.losses import window_cross_entropy as window_cross_entropy
    from .task.spikes import SpikeEvents as SpikeEvents
    from .task.trains import SpikeTrains as SpikeTrains


_HOMES = {
    "Adam": "optimisers.network",
    "Analog": "simulation.inputs",
    "BadFileError": "errors",
    "Connections": "model.connections",
    "DeepR": "optimisers.network",
    "LSNN": "simulation.lsnn",
    "Layout": "model.layout",
    "LsnnError": "errors",
    "NetworkGradient": "simulation.gradient",
    "NetworkState": "model.state",
    "NeuronParameters": "model.neurons",
    "NumericalError": "errors",
    "Record": "simulation.record",
    "Rewiring": "config.optimisers",
    "Run": "simulation.run",
    "SpikeEvents": "task.spikes",
    "SpikeTrains": "task.trains",
    "Trainer": "learning.trainer",
    "TrainingRun": "runs.training_run",
    "UsageError": "errors",
    "cross_entropy": "task.losses",
    "from_nir": "exchange.from_nir",
    "from_tensorflow": "exchange.tensorflow",
    "gradcheck": "gradient_checks",
    "initial_connections": "model.initial",
    "mean_squared_error": "task.losses",
    "metric_table": "files",
    "rate_regulariser": "task.losses",
    "read_run": "files",
    "reference_network": "gradient_checks.to_reference",
    "softmax": "task.losses",
    "source_signs": "model.initial",
    "to_neo": "exchange.to_neo",
    "to_nir": "exchange.to_nir",
    "window_cross_entropy": "task.losses",
}

__all__ = sorted(_HOMES)


if not TYPE_CHECKING:  # a type checker would believe any name that this could be asked for

    def __getattr__(name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
        globals()[name] = value  # from now on found without coming here
        return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
