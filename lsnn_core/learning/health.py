"""A network that goes wrong says so, once: populations that are silent, saturated or explode."""

from __future__ import annotations

from typing import Final

from ..config.tables import RunConfig
from ..units import DT_MS, HZ_PER_SPIKE_PER_MS
from .metrics import Metrics

IN_A_ROW: Final = 10  # iterations: a batch may be odd (our choice)
SATURATED: Final = 0.9  # of the rate that the refractory period allows (our choice)
EXPLODED: Final = 1e6  # gradient norm of a matrix, or a loss; both begin at about 1 (our choice)


class Health:
    """Looks at what each iteration recorded."""

    def __init__(self, config: RunConfig) -> None:
        highest = HZ_PER_SPIKE_PER_MS / DT_MS / (config.network.n_ref + 1)
        self._saturated_hz = SATURATED * highest
        self._in_a_row: dict[str, int] = {}
        self._told: set[str] = set()

    def look(self, metrics: Metrics) -> list[str]:
        """Return what is to be said of the last iteration: one line a trouble, each once."""
        lines = []
        for name, population in (("train/rate_R_hz", "R"), ("train/rate_A_hz", "A")):
            if not metrics.values.get(name):
                continue
            rate = metrics.values[name][-1]
            if self._lasts(f"{population} silent", rate == 0.0):
                lines.append(
                    f"population {population} has been silent for {IN_A_ROW} iterations: neurons "
                    "far below their threshold get no gradient; try a lower network.b0, stronger "
                    "inputs, or loss.rate_weight with a higher loss.rate_target_hz"
                )
            if self._lasts(f"{population} saturated", rate >= self._saturated_hz):
                lines.append(
                    f"population {population} has fired at {rate:.0f} Hz, near the most that "
                    f"network.n_ref allows, for {IN_A_ROW} iterations: it tells nothing apart; try "
                    "a higher network.b0, weaker inputs, or a higher loss.rate_weight"
                )
        loss = metrics.last("train/loss")
        if loss > EXPLODED and self._first("loss"):
            lines.append(
                f"the loss is {loss:.1e}: weights, and potentials with them, explode; try a lower "
                "training.lr or training.clip_norm=1"
            )
        for name, values in metrics.values.items():
            if name.startswith("train/gradient_norm_") and values[-1] > EXPLODED:
                matrix = name.removeprefix("train/gradient_norm_")
                if self._first("exploded"):
                    lines.append(
                        f"the gradient of {matrix} has a length of {values[-1]:.1e}: it explodes; "
                        "try training.clip_norm=1, a lower training.lr or a lower network.gamma"
                    )
        return lines

    def _lasts(self, trouble: str, is_there: bool) -> bool:
        count = self._in_a_row.get(trouble, 0) + 1 if is_there else 0
        self._in_a_row[trouble] = count
        return count >= IN_A_ROW and self._first(trouble)

    def _first(self, trouble: str) -> bool:
        if trouble in self._told:
            return False
        self._told.add(trouble)
        return True
