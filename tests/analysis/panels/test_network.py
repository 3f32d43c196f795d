from __future__ import annotations

import numpy as np
import pytest

from analysis import heatmap, network
from analysis.colours import PALETTE
from analysis.reading.connectivity import Connection, Connectivity
from lsnn_core.errors import UsageError
from tests.helpers.axes import flaws, one_axes

SIZES = {"X_E": 60, "X_I": 20, "R_E": 66, "R_I": 54, "A": 100, "Y": 10}


def a_network(probability=0.12, sizes=SIZES):
    inputs = [p for p in sizes if p.startswith("X")]
    neurons = [p for p in sizes if p[0] in "RA"]
    ends = [(s, t) for s in inputs for t in neurons]
    ends += [(s, t) for s in neurons for t in [*neurons, "Y"]]
    return Connectivity(sizes, tuple(Connection(s, t, probability, 7, 0.1) for s, t in ends))


def test_there_is_an_arrow_and_a_number_for_each_connection():
    ax = one_axes()

    arrows = network(ax, a_network())

    assert len(arrows) == 2 * 3 + 3 * 4
    assert [text.get_text() for text in ax.texts].count("12") == len(arrows)


def test_denser_connections_are_wider_and_absent_ones_are_not_drawn():
    data = a_network()
    first, second, third, *_ = data.connections
    sparse = Connection(second.source, second.target, 0.01, 1, 0.1)
    none = Connection(third.source, third.target, 0.0, 0, 0.0)

    arrows = network(one_axes(), Connectivity(SIZES, (first, sparse, none)))

    ends = [(c.source, c.target) for c in (first, second)]
    assert list(arrows) == ends
    assert arrows[ends[0]].get_linewidth() > arrows[ends[1]].get_linewidth()


@pytest.mark.parametrize("probability", [0.004, 0.12, 1.0])
@pytest.mark.parametrize("names", [list(SIZES), ["X", "R", "A", "Y"], ["X", "R", "Y"]])
def test_no_number_overlaps_another(probability, names):
    ax = one_axes()
    ax.get_figure().set_size_inches(2.65, 5.4)

    network(ax, a_network(probability, {name: SIZES.get(name, 80) for name in names}))

    assert flaws(ax.get_figure()) == []


def test_a_heatmap_shows_its_rows_from_above_and_gaps_in_grey():
    ax = one_axes()

    image = heatmap(ax, [[0.0, 1.0], [np.nan, 2.0]], end=20.0)

    assert image.get_extent() == [0.0, 20.0, 2.5, 0.5]
    assert image.get_array().mask.tolist() == [[False, False], [True, False]]
    from matplotlib.colors import to_hex

    assert to_hex(image.get_cmap().get_bad()).upper() == PALETTE["context"]
    with pytest.raises(UsageError, match="values: expected shape"):
        heatmap(ax, [1.0, 2.0], end=1.0)
