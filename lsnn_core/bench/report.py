"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ..files.disk import publish
from .environment import environment
from .measure import Options, Row
from .peers import Ratio

if TYPE_CHECKING:
    from .training import TrainingRow

SCHEMA, SCHEMA_VERSION = "lsnn-bench", 1


def row_line(row: Row | None = None) -> str:
    """One measured row, or the heading."""
    if row is None:
        return (
            f"{'workload':12}{'batch':>6}{'pass':>10}{'ms':>10}{'least':>10}{'us/ex/ms':>10}"
            f"{'peak MB':>9}{'Hz':>6}{'GFLOP/s':>9}{'of peak':>9}{'as dense':>10}"
        )
    return (
        f"{row.workload:12}{row.batch:6}{row.passes:>10}{1e3 * row.seconds:10.2f}"
        f"{1e3 * row.least_s:10.2f}{row.us_per_example_ms:10.3f}{row.peak_mb:9.0f}"
        f"{row.rate_hz:6.1f}{row.gflop_s:9.1f}{row.of_peak:9.1%}{row.dense_gflop_s:10.0f}"
    )


def ratio_line(ratio: Ratio | None = None) -> str:
    """One comparison, or the heading."""
    if ratio is None:
        return (
            f"{'workload':12}{'batch':>6}{'pass':>10}  {'peer':14}{'peer ms':>10}{'ours ms':>10}"
            f"{'ratio':>8}{'least':>8}{'most':>8}{'peer MB':>9}  agreement"
        )
    return (
        f"{ratio.workload:12}{ratio.batch:6}{ratio.passes:>10}  {ratio.peer:14}"
        f"{1e3 * ratio.peer_s:10.2f}{1e3 * ratio.ours_s:10.2f}{ratio.ratio:8.1f}"
        f"{ratio.least_ratio:8.1f}{ratio.most_ratio:8.1f}{ratio.peer_peak_mb:9.0f}"
        f"  {_agreement(ratio)}"
    )


def _agreement(ratio: Ratio) -> str:
    """What was compared, how far it is apart, and on which network the peer ran."""
    if ratio.difference is None:
        words = "equations of its own"
    else:
        words = f"{ratio.compared} to {ratio.difference:.0e}"
    if ratio.gradient_difference is not None:
        words += f", gradient to {ratio.gradient_difference:.0e}"
    if not ratio.same_network:
        words += ", without delays"
    return words if ratio.agrees else f"{words}: DIFFERS"


def write_json(
    path: str,
    options: Options,
    peaks: Mapping[int, float],
    rows: Sequence[Row] = (),
    ratios: Sequence[Ratio] = (),
    scaling: Mapping[str, object] | None = None,
    training: Sequence[TrainingRow] = (),
    not_compared: Sequence[str] = (),
) -> None:
    """Write all that was measured, with what it was measured on; replaces the file at once.

    `not_compared` says of which peers there is no row, and why.
    """
    content: dict[str, Any] = {
        "schema": SCHEMA,
        "schema_version": SCHEMA_VERSION,
        "environment": environment(),
        "options": asdict(options),
        "gemm_gflop_s": {str(threads): peak for threads, peak in peaks.items()},
        "rows": [row.as_json() for row in rows],
        "ratios": [asdict(ratio) for ratio in ratios],
        "scaling": dict(scaling or {}),
        "training": [row.as_json() for row in training],
        "not_compared": list(not_compared),
    }
    publish(path, (json.dumps(content, indent=1) + "\n").encode())
