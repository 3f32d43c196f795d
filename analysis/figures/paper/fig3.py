"""Navigation: goals and steps over training, paths before and after, scale of agents.

Figure 3 of the paper: an LSNN learns from reward to find a goal, and to return to it. A goals per
episode over training, on the scale of agents without a network; B steps to the goal, in the first
search of an episode and in later ones; C, D paths before and after; E, beyond the paper, how long
the first, second ... search takes after training, and when the goal does not stay.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import SubFigure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ...blocks import Panel, PanelRow
from ...colours import PALETTE
from ...panels.arena import FIRST, LATER, arena, searches
from ...panels.curve import curve
from ...panels.note import note
from ...reading.run import open_run
from ...runfigure import RunFigure, one_path
from ...sheet import Sheet
from ...style import plain_log_ticks
from .fig3_data import RECORDS, SEARCHES, Navigator, read

TOP_IN, PATHS_IN, WORDS_IN = 1.75, 1.75, 0.5
N_ARENAS = 2  # shown before, and after
NETWORK, MOVING = PALETTE["R_E"], "#56B4E9"
SCALE: dict[str, tuple[str, Any]] = {  # agents: how they are called and drawn
    "oracle": ("oracle", "-"),
    "explorer": ("no memory", (0, (4, 1.5))),
    "random_walk": ("random", (0, (1, 1.2))),
}


def load(path: str) -> Navigator:
    """Read what the figure shows from one run file."""
    with open_run(path) as run:
        return read(run)


def sheet(data: Navigator) -> Sheet:
    """Training (A, B) above, paths (C, D) and searches (E) below."""
    training = (
        Panel(lambda part: draw_goals(part.subplots(), data), 3.54, TOP_IN),
        Panel(lambda part: draw_steps(part.subplots(), data), 3.21, TOP_IN),
    )
    trained = (
        *(
            Panel(partial(draw_paths, data=data, player=player), 2.3, _paths_height_in)
            for player in (data.before, "network")
        ),
        Panel(lambda part: draw_searches(part.subplots(), data), 2.15, PATHS_IN, 2.0),
    )
    return Sheet((PanelRow(training), PanelRow(trained)), _caption(data))


def draw_goals(ax: Axes, data: Navigator) -> None:
    """Draw goals per episode over training, and the scale (A)."""
    goals = data.curves["goals"]
    curve(ax, goals.step * data.batch, goals.value, color=NETWORK)
    for name, (label, style) in SCALE.items():
        if name in data.players:
            level = data.players[name].goals
            ax.axhline(level, color=PALETTE["X"], linestyle=style, linewidth=0.8, zorder=1)
            ax.text(
                1.015, level, label, ha="left", va="center", fontsize=6.5, color=PALETTE["X"],
                transform=ax.get_yaxis_transform(),
            )  # fmt: skip
    ax.set_ylim(0, 1.05 * ax.dataLim.ymax)
    _episodes(ax, data)
    ax.set_ylabel("goals per episode")


def draw_steps(ax: Axes, data: Navigator) -> None:
    """Draw steps to the goal over training, in the first search and in later ones (B)."""
    looks = (("first", FIRST), ("later", LATER))
    shown = [(which, c) for which, c in looks if f"steps_to_{which}_goal" in data.curves]
    for which, colour in shown:
        steps = data.curves[f"steps_to_{which}_goal"]
        line = curve(ax, steps.step * data.batch, steps.value, color=colour, raw=False)
        line.set_label(f"{which} search")
    if not shown:
        ax.set_axis_off()
        note(ax, "no goal found yet;\nlsnn resume RUN.h5")
        return
    _steps(ax)
    _episodes(ax, data)
    ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)


def draw_searches(ax: Axes, data: Navigator) -> None:
    """Draw the length of the first, second ... search of an episode after training (E)."""
    if not data.players:
        ax.set_axis_off()
        note(ax, f"not recorded yet:\n{RECORDS}")
        return
    looks: dict[str, tuple[str, dict[str, Any]]] = {
        "network": ("LSNN", {"color": NETWORK, "marker": "o", "linewidth": 1.2}),
        "network_goal_moves": ("goal moves", {"color": MOVING, "marker": "s"}),
        "explorer": (SCALE["explorer"][0], {"color": PALETTE["X"], "linestyle": (0, (4, 1.5))}),
        "oracle": (SCALE["oracle"][0], {"color": PALETTE["X"]}),
    }
    which = np.arange(1, SEARCHES + 1)
    for name, (label, look) in looks.items():
        if name in data.players:
            player = data.players[name]
            error = player.error if name in ("network", "network_goal_moves") else None
            ax.errorbar(
                which, player.steps, error, label=label, capsize=1.8, elinewidth=0.8,
                **{"linewidth": 0.9, **look},
            )  # fmt: skip
    _steps(ax)
    ax.legend(
        loc="lower left", bbox_to_anchor=(-0.05, 1), ncols=2, borderaxespad=0, fontsize=6.5,
        handlelength=1.6, columnspacing=0.8,
    )  # fmt: skip
    ax.set_xticks(which)
    ax.set_xlabel("search of the episode")


def _paths_height_in(width_in: float) -> float:
    """As high as arenas side by side are, and what is written above and below them."""
    return min(PATHS_IN, width_in / N_ARENAS + WORDS_IN)


def draw_paths(part: SubFigure, data: Navigator, player: str) -> None:
    """Draw some episodes of one player (C, D)."""
    if player not in data.players:
        ax = part.subplots()
        ax.set_axis_off()
        note(ax, f"no path recorded yet:\n{RECORDS}")
        return
    one = data.players[player]
    n = min(N_ARENAS, len(data.goal))
    names = {"untrained": "before", "random_walk": "before: random walk"}
    axes = part.subplots(1, n, squeeze=False)[0]
    for k, ax in enumerate(axes):
        arena(ax, data.goal[k], data.goal_radius)
        searches(ax, one.path[k], one.reached[k])
        goals = one.reached[k].size
        words = f"{goals} goal{'' if goals == 1 else 's'}"
        ax.set_title(words, fontsize=6.5, y=0.0, pad=-2.0, va="top")
        ax.set_anchor("N")
    part.suptitle(names.get(player, "after"), fontsize=8)


def _steps(ax: Axes) -> None:
    """Give steps a logarithmic axis with plain numbers."""
    ax.set_yscale("log")
    plain_log_ticks(ax.yaxis)
    ax.set_ylabel("steps to the goal")


def _episodes(ax: Axes, data: Navigator) -> None:
    """Count training in episodes, as the paper does."""
    last = float(data.curves["goals"].step[-1] * data.batch)
    ax.set_xlim(0, last)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=3, steps=[1, 2, 5, 10]))
    ax.xaxis.set_major_formatter(
        FuncFormatter(lambda v, _: f"{v / 1000:g}k" if last >= 10_000 else f"{v:g}")
    )
    ax.set_xlabel("episodes of training")


def _caption(data: Navigator) -> str:
    state = "" if data.status == "complete" else f" ({data.status})"
    text = (
        f"Trained on {data.iteration * data.batch} episodes{state}; the paper's network on 300000."
        " Agents for scale: oracle, straight to the goal; no memory, round and round on the best"
        " circle; random, a policy that ignores its input. C, D: green the goal, orange the first"
        " search, blue the ways back from new places (dots). E, goal moves: elsewhere whenever"
        " found."
    )
    if data.players:
        n = data.players["network"].episodes
        text += f" E: mean over {n} new episodes and, of the LSNN, its standard error."
    return text


figure = RunFigure(
    title="Fig. 3",
    load=lambda paths: load(one_path("fig3", paths)),
    sheet=sheet,
)
