"""What of a network decides how large its buffers are: it must not change under them."""

from __future__ import annotations

from typing import NamedTuple

from ..errors import UsageError
from ..model.layout import Layout
from ..model.network import Network


class NetShape(NamedTuple):
    """What buffers and kernels were chosen for; the connections may be any of these sites."""

    layout: Layout
    max_delay: int
    n_regular: int
    noisy: bool

    @classmethod
    def of(cls, net: Network) -> NetShape:
        """The shape of a network."""
        p = net.neurons
        return cls(net.layout, net.max_delay, p.n_regular, net.noise_std > 0.0)

    def require(self, net: Network) -> None:
        """Refuse a network of another shape: kernels would read past the end of the buffers."""
        for name, expected, actual in zip(self._fields, self, NetShape.of(net), strict=True):
            if actual != expected:
                raise UsageError(
                    f"net: expected {name} {expected} as these buffers were made for, "
                    f"found {actual}; make new ones"
                )
