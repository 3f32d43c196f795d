from __future__ import annotations

import pytest

from analysis import reached
from analysis.commands.gallery import IN_CLONE

pytestmark = pytest.mark.skipif(not IN_CLONE.is_dir(), reason="results are in a clone only")


def test_readme_opens_with_what_the_result_files_say():
    text = reached.README.read_text("utf-8")
    table = reached.table(IN_CLONE)

    assert 2 < len(table.split("\n\n")[0].splitlines()) <= 2 + reached.MOST_ROWS
    assert f"{reached.BEGIN}\n{table}\n{reached.END}" in text, "run: python -m analysis.reached"
    assert text.index(reached.END) < text.index("## ")


def test_the_table_goes_where_the_old_one_was():
    text = f"a\n{reached.BEGIN}\nold\n{reached.END}\nb\n"

    assert reached.in_readme(text, "new") == f"a\n{reached.BEGIN}\nnew\n{reached.END}\nb\n"
