"""Train recurrent spiking networks with adaptive neurons (LSNNs) on a CPU.

The names below are loaded on first use, so that importing the package costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:  # the same names once more, for tools that read the code without running it
    from .batch_run import NetworkState as NetworkState
    from .connections import Connections as Connections
    from .errors import BadFileError as BadFileError
    from .errors import Interrupted as Interrupted
    from .errors import LsnnError as LsnnError
    from .errors import NumericalError as NumericalError
    from .errors import UsageError as UsageError
    from .initial import initial_connections as initial_connections
    from .initial import source_signs as source_signs
    from .layout import Layout as Layout
    from .losses import cross_entropy as cross_entropy
    from .losses import mean_squared_error as mean_squared_error
    from .losses import rate_regulariser as rate_regulariser
    from .losses import softmax as softmax
    from .losses import window_cross_entropy as window_cross_entropy
    from .network import LSNN as LSNN
    from .neurons import NeuronParameters as NeuronParameters
    from .rewiring import Rewiring as Rewiring
    from .runfile import read_run as read_run
    from .runs import TrainingRun as TrainingRun
    from .spikes import SpikeEvents as SpikeEvents
    from .trainer import Trainer as Trainer

__version__ = "0.1.0"

_HOMES = {
    "BadFileError": "errors",
    "Connections": "connections",
    "Interrupted": "errors",
    "LSNN": "network",
    "Layout": "layout",
    "LsnnError": "errors",
    "NetworkState": "batch_run",
    "NeuronParameters": "neurons",
    "NumericalError": "errors",
    "Rewiring": "rewiring",
    "SpikeEvents": "spikes",
    "Trainer": "trainer",
    "TrainingRun": "runs",
    "UsageError": "errors",
    "cross_entropy": "losses",
    "initial_connections": "initial",
    "mean_squared_error": "losses",
    "rate_regulariser": "losses",
    "read_run": "runfile",
    "softmax": "losses",
    "source_signs": "initial",
    "window_cross_entropy": "losses",
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
