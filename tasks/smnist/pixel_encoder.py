"""A pixel code with its settings: checks them, and encodes blocks of images."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from lsnn_core.config.settings import Settings, choice, switch, whole
from lsnn_core.errors import UsageError
from lsnn_core.task.spikes import EventBuffers, SpikeEvents

from ..encoding.checks import check_array
from . import kernels as encoders
from . import pixel_codes
from .mnist import N_PIXELS


@dataclass(frozen=True, kw_only=True)
class PixelEncoder(Settings):
    """How images become inputs.

    Parameters
    ----------
    code
        "threshold-crossing" (the paper's results) or "population-rate": 80 channels of spikes;
        "grey": one real-valued input, without a prompt (the paper's networks without spikes).
    placement
        Of threshold crossings: "published", before the new pixel, or "causal", with it.
    steps_per_pixel
        1 or 2 ms.
    permuted
        Show the pixels in a random order, the same for all images, splits and runs, instead of row
        by row: what belongs together is then far apart in time.
    permutation_seed
        Draws that order, and nothing else; the run's seed does not.

    Raises
    ------
    UsageError
        A setting is none of these.
    """

    section: ClassVar[str] = "task"

    code: str = choice(
        "threshold-crossing", names=("threshold-crossing", "population-rate", "grey")
    )
    placement: str = choice("published", names=("published", "causal"))
    steps_per_pixel: int = whole(1, low=1, high=2)
    permuted: bool = switch(False)
    permutation_seed: int = whole(0)

    @property
    def is_analog(self) -> bool:
        """Whether inputs are real numbers: then `analog` encodes, not `events`."""
        return self.code == "grey"

    @property
    def n_in(self) -> int:
        """Input channels: 80, or 1 that is analog."""
        return 1 if self.is_analog else pixel_codes.N_IN

    @property
    def prompt_start(self) -> int:
        """First step after the image, where the prompt starts: 784 or 1568."""
        return N_PIXELS * self.steps_per_pixel

    @property
    def n_steps(self) -> int:
        """T: 840 or 1680; without a prompt 784 or 1568."""
        return self.prompt_start + self._n_prompt

    @property
    def _n_prompt(self) -> int:
        return 0 if self.is_analog else pixel_codes.PROMPT_PIXELS * self.steps_per_pixel

    @property
    def is_random(self) -> bool:
        """Whether the spikes depend on keys as well as on the image."""
        return self.code == "population-rate"

    def shown(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
        """Pixels (L, 784), row by row, in the order in which they are shown."""
        if not self.permuted:
            return pixels
        return pixels[:, pixel_codes.pixel_order(self.permutation_seed)]

    def buffers(self) -> EventBuffers:
        """Allocate room for the events of any block."""
        return EventBuffers.allocate(self.n_steps, self.n_in)

    def analog(self, pixels: npt.NDArray[np.uint8]) -> npt.NDArray[np.float32]:
        """Grey values of images uint8 (L, 784) over `n_steps` steps, float32 (T, 1, L)."""
        check_array("pixels", pixels, np.uint8, (len(pixels), N_PIXELS))
        return pixel_codes.grey(self.shown(pixels), self.steps_per_pixel)

    def events(
        self,
        pixels: npt.NDArray[np.uint8],
        keys: npt.NDArray[np.uint64] | None = None,
        buffers: EventBuffers | None = None,
    ) -> SpikeEvents:
        """Encode a block of up to 16 images as spikes.

        Parameters
        ----------
        pixels
            uint8 (L, 784), row by row; `shown` puts them into their order.
        keys
            uint64 (L), one random stream an image (`lsnn_core.random.streams.example_keys`); read
            by the population-rate code only.
        buffers
            From `buffers()`; the events are views into it, good until its next use. Allocated
            if not given.

        Returns
        -------
        SpikeEvents of sources 0 to 79 over `n_steps` steps.
        """
        if self.is_analog:
            raise UsageError('task.code: "grey" has no spikes; read its inputs with `analog`')
        n_lanes = len(pixels)
        check_array("pixels", pixels, np.uint8, (n_lanes, N_PIXELS))
        out = buffers or self.buffers()
        out.check(n_lanes, self.n_steps, self.n_in)
        span = (self.steps_per_pixel, self._n_prompt)
        pixels = self.shown(pixels).copy()  # of a read-only file or not: one type for the kernel
        if self.is_random:
            keys = np.array(() if keys is None else keys)
            check_array("keys", keys, np.uint64, (n_lanes,))
            encoders.population_rate(pixels, keys, pixel_codes.tuning(), *span, out)
        else:
            level, causal = pixel_codes.crossing_level(), self.placement == "causal"
            encoders.threshold_crossing(pixels, level, causal, *span, out)
        return out.events(n_lanes)
