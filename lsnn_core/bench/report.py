"""Tables for people, JSON for programs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from .environment import environment
from .measure import Options, Row
from .peers import Ratio


def row_line(row: Row | None = None) -> str:
    """One measured row, or the heading."""
    if row is None:
        return (
            f"{'workload':10}{'batch':>6}{'pass':>10}{'ms':>10}{'least':>10}{'us/ex/ms':>10}"
            f"{'peak MB':>9}{'Hz':>6}{'GFLOP/s':>9}{'of peak':>9}{'as dense':>10}"
        )
    return (
        f"{row.workload:10}{row.batch:6}{row.passes:>10}{1e3 * row.seconds:10.2f}"
        f"{1e3 * row.least_s:10.2f}{row.us_per_example_ms:10.3f}{row.peak_mb:9.0f}"
        f"{row.rate_hz:6.1f}{row.gflop_s:9.1f}{row.of_peak:9.1%}{row.dense_gflop_s:10.0f}"
    )


def ratio_line(ratio: Ratio | None = None) -> str:
    """One comparison, or the heading."""
    if ratio is None:
        return (
            f"{'workload':10}{'batch':>6}{'pass':>10}  {'peer':14}{'peer ms':>10}{'ours ms':>10}"
            f"{'ratio':>8}  loss"
        )
    loss = {True: "same", False: "DIFFERS", None: "another network"}[ratio.same_loss]
    return (
        f"{ratio.workload:10}{ratio.batch:6}{ratio.passes:>10}  {ratio.peer:14}"
        f"{1e3 * ratio.peer_s:10.2f}{1e3 * ratio.ours_s:10.2f}{ratio.ratio:8.1f}  {loss}"
    )


def write_json(
    path: str,
    options: Options,
    peaks: dict[int, float],
    rows: Sequence[Row],
    ratios: Sequence[Ratio],
) -> None:
    """Write all that was measured, with what it was measured on."""
    content: dict[str, Any] = {
        "environment": environment(),
        "options": asdict(options),
        "gemm_gflop_s": {str(threads): peak for threads, peak in peaks.items()},
        "rows": [row.as_json() for row in rows],
        "ratios": [asdict(ratio) for ratio in ratios],
    }
    Path(path).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
