"""The tutorial runs as it stands, from the first block to the last."""

from __future__ import annotations

import re
from pathlib import Path

import lsnn_core

PAGE = Path(lsnn_core.__file__).parent / "TUTORIAL.md"
TEXT = PAGE.read_text("utf-8")


def test_it_runs_from_beginning_to_end(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)
    assert len(blocks) >= 8
    exec(compile("\n\n".join(blocks), PAGE.name, "exec"), {"__name__": "tutorial"})
    printed = capsys.readouterr().out
    assert "all within bounds" in printed
    assert re.search(r"9[5-9]\.\d% right|100\.0% right", printed)


def test_it_is_short_and_names_what_is_public_only():
    assert len(TEXT.splitlines()) <= 200
    imported = re.findall(r"^from (lsnn_core\S*) import (.*)$", TEXT, re.MULTILINE)
    assert imported
    for home, names in imported:
        assert home == "lsnn_core"
        assert set(names.split(", ")) <= set(lsnn_core.__all__)
