"""The numbers reached, as README opens with them: `python -m analysis.reached` writes them anew.

They come from the result files of a clone alone; a test compares README with them.
"""

from __future__ import annotations

from pathlib import Path

from lsnn_core.files import publish

from .figures.paper.table1 import cost, spread
from .figures.paper.table1_data import Line, Table1Data, load
from .reading.kinds import KINDS
from .reading.published import CERTAINTY

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- reached: python -m analysis.reached -->", "<!-- end of reached -->"
# Recipes of each row, the first of which that has a run is shown; of the rows the first five.
ROWS: tuple[tuple[str, ...], ...] = (
    ("smnist-deepr-trained", "smnist-deepr"),
    ("smnist-delays-learned", "smnist-delays"),
    ("smnist-delays-lif",),
    ("l2l-tn-regular", "l2l-tn-phase", "l2l-tn"),
    ("navigation-trained", "navigation"),
    ("l2l-sine-regular", "l2l-sine"),
)
MOST_ROWS = 5


def table(results: Path) -> str:
    """Return the table of a folder of result files in Markdown."""
    wanted = {recipe for recipes in ROWS for recipe in recipes}
    files = sorted(results.glob("*.h5"))
    data = load([str(path) for path in files if any(path.stem.startswith(r) for r in wanted)])
    lines = [line for line in (_best_known(data, recipes) for recipes in ROWS) if line is not None]
    head = ("task", "network", "kind", "reached", "published", "weights", "a run")
    shown = [_cells(line) for line in lines[:MOST_ROWS]]
    body = ["| " + " | ".join(cells) + " |" for cells in (head, ["---"] * len(head), *shown)]
    kinds = "; ".join(f"({kind}) {meaning}" for kind, meaning in KINDS.items())
    tags = {line.row.tag(n) for line in lines if line.is_beside_published for n in ("mean", "best")}
    sure = "; ".join(f"{tag} {meaning}" for tag, meaning in CERTAINTY.items() if tag in tags)
    foot = (
        f"{kinds}. Test scores, mean ± standard deviation over seeds (their number); published:"
        f" mean or best run, {sure}. A run: processor minutes, with * what the clock said. All,"
        " with seeds, commands and what falls short: [analysis/gallery/table1.md]"
        "(analysis/gallery/table1.md)."
    )
    return "\n".join([*body, "", foot])


def in_readme(text: str, content: str) -> str:
    """Return README's text with the table in its place."""
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{content}\n{END}{after}"


def _best_known(data: Table1Data, recipes: tuple[str, ...]) -> Line | None:
    """Return the line of the first recipe with a run, its longest training."""
    for recipe in recipes:
        lines = data.of_recipe(recipe)
        if lines:
            return max(lines, key=lambda line: line.results[0].examples)
    return None


def _cells(line: Line) -> tuple[str, ...]:
    row, group = line.row, line.group
    assert group is not None
    n = len(group.results)
    published = ""
    if line.is_beside_published:
        which = "mean" if row.mean is not None else "best"
        published = f"{getattr(row, which):g} ({which}, {row.tag(which)})"
    reached = f"{spread(group.mean, group.sd, row)} ({n})"
    if line.against is not None:
        reached += f", {line.against.ratio:.2f} times the linear predictor's"
    weights = group.results[0].weights
    return (
        f"{row.task}: {row.quantity}", "; ".join(filter(None, (row.model, line.shown))),
        f"({line.kind})", reached, published, "" if weights is None else f"{weights:,}",
        cost(group),
    )  # fmt: skip


if __name__ == "__main__":
    publish(README, in_readme(README.read_text("utf-8"), table(HERE / "results")).encode())
    print(README.name)
