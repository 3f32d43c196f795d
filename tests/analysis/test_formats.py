"""The ending of a picture's name is its format, and any other is refused."""

from __future__ import annotations

import pytest

from analysis.formats import output_format
from lsnn_core.errors import UsageError


@pytest.mark.parametrize(
    ("out", "kind"), [("a.pdf", "pdf"), ("b/c.SVG", "svg"), ("x.tar.png", "png")]
)
def test_the_ending_names_the_format(out, kind):
    assert output_format(out) == kind


@pytest.mark.parametrize("out", ["a.jpg", "a", ".pdf", "a.pdf/", "run.h5"])
def test_other_endings_are_refused(out):
    with pytest.raises(UsageError, match=r"expected a name ending in one of \.pdf, \.svg, \.png"):
        output_format(out)
