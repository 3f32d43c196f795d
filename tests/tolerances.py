"""How near two computations of the same thing must be, in float64; relative unless said otherwise.

The smallest that hold for what is compared: a looser one would hide a mistake in the last digits.
"""

from __future__ import annotations

ROUNDING = 1e-12
"""The same sums in another order, or by another kernel, on a fixed case or a drawn rate network."""

DRAWN_ROUNDING = 1e-11
"""The same on networks that hypothesis draws, some with many more terms in a sum."""

DRAWN_PROOF = 1e-10
"""Two proofs of a gradient (dot product, complex step) on drawn networks."""

MISTAKE = 1e-6
"""Beyond it, a mutant counts as noticed: six orders of magnitude above `ROUNDING`."""
