"""`lsnn export RUN.h5`: the trained network for other programs."""

from __future__ import annotations

import argparse


class Export:
    """Write the network that a run learned as a graph of NIR."""

    help = "write the trained network as a NIR graph, which other simulators read"

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the run file and the output."""
        parser.add_argument("run", metavar="RUN.h5", help="run file of a spiking network")
        parser.add_argument("--out", metavar="NET.nir", help="graph (default: RUN.nir)")
        parser.add_argument("--overwrite", action="store_true", help="replace an existing graph")

    def run(self, args: argparse.Namespace) -> int:
        """Write the graph, whole or not at all, and say what is not in it."""
        from .. import lookover

        lookover.start()  # while this process imports what is heavy

        import io
        import warnings
        from pathlib import Path

        from ..exchange.nir import library
        from ..exchange.to_nir import to_nir
        from ..files import check_output, publish
        from ..simulation.lsnn import LSNN
        from ..words import say

        nir = library()
        out = args.out or Path(args.run).with_suffix(".nir")
        path = check_output(out, args.overwrite)
        net = LSNN.from_run(args.run)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            graph = to_nir(net)
        image = io.BytesIO()
        nir.write(image, graph)
        publish(path, image.getvalue(), lambda written: nir.read(written))
        for warning in caught:
            for line in str(warning.message).splitlines():
                say(line)
        say(f"{net.layout.n} neurons, {len(net.connections)} connections -> {path}")
        return 0


export = Export()
