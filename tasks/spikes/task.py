"""Recorded spikes of one's own as a task: no code to write, see `tasks/RECORDINGS.md`."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass

from lsnn_core.config.settings import real, whole, words
from lsnn_core.errors import UsageError

from .classify import ClassifyExamples, StepSettings
from .examples import Grid, check_grid
from .files import Wanted, load


@dataclass(frozen=True, kw_only=True)
class SpikesSettings(StepSettings):
    """Keys of the recipe's [task] table: those of the steps, and these."""

    name: str = words("spikes")
    path: str = words("")  # a file, or a folder with train, test and perhaps validation
    time_unit_ms: float = real(1.0, above=0.0)  # of the file's times: 1000 for seconds
    n_in: int = whole(low=1)  # ids are 0 ... n_in - 1
    n_classes: int = whole(low=2)  # labels are 0 ... n_classes - 1
    split_seed: int = whole(1)  # draws what the file does not part itself; not the run's seed

    def __post_init__(self) -> None:
        super().__post_init__()
        check_grid(self.n_in, self.n_steps)


class RecordedSpikes(ClassifyExamples):
    """Examples from a file of (times, ids, label).

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = SpikesSettings

    def __init__(self, settings: SpikesSettings) -> None:
        if not settings.path:
            raise UsageError(
                "task.path: not given; set it to a file of spikes, as in tasks/RECORDINGS.md"
            )
        grid = Grid(settings.n_in, settings.n_steps, settings.ms_per_step / settings.time_unit_ms)
        wanted = Wanted(grid, settings.n_classes, settings.split_seed)
        super().__init__(settings, wanted.n_classes, load(pathlib.Path(settings.path), wanted))
