"""Name the digit (SHD) or the command (SSC) that the cochlea's spikes come from."""

from __future__ import annotations

import pathlib
from dataclasses import dataclass
from typing import Final

from lsnn_core.config.settings import choice, whole, words
from lsnn_core.errors import UsageError

from ..spikes.classify import ClassifyExamples, StepSettings
from ..spikes.examples import Grid, check_grid
from .files import CORPORA, N_CHANNELS, load, remedy

MS_PER_S: Final = 1000.0


@dataclass(frozen=True, kw_only=True)
class HeidelbergSettings(StepSettings):
    """Keys of the recipe's [task] table: those of the steps, and these."""

    name: str = words("heidelberg")
    corpus: str = choice("shd", names=tuple(CORPORA))
    path: str = words("")
    n_steps: int = whole(1000, low=1)
    validation_speakers: int = whole(2, low=1)  # of SHD's training file; SSC has a file

    def __post_init__(self) -> None:
        super().__post_init__()
        check_grid(N_CHANNELS, self.n_steps)


class Heidelberg(ClassifyExamples):
    """Speech as spikes of 700 channels.

    Parameters
    ----------
    settings
        The recipe's [task] table.
    """

    settings_type = HeidelbergSettings

    def __init__(self, settings: HeidelbergSettings) -> None:
        corpus = CORPORA[settings.corpus]
        if not settings.path:
            raise UsageError(f"task.path: not given; {remedy(corpus)}")
        grid = Grid(N_CHANNELS, settings.n_steps, settings.ms_per_step / MS_PER_S)
        folder = pathlib.Path(settings.path)
        splits = load(folder, corpus, grid, settings.validation_speakers)
        super().__init__(settings, corpus.n_classes, splits)
