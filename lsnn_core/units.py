"""What times and rates are counted in."""

from __future__ import annotations

DT_MS = 1.0
HZ_PER_SPIKE_PER_MS = 1000.0
