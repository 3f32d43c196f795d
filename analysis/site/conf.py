"""How Sphinx makes HTML of the pages; every setting that has a reason has it here."""

from importlib.metadata import version as version_of
from importlib.resources import files
from typing import Any, Generic, TypeVar

import numpy.typing

project = "lsnn"
author = "The lsnn authors"
project_copyright = author
version = release = version_of("lsnn")

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",  # the docstrings are in NumPy style
    "sphinx.ext.mathjax",
    "analysis.site.links",
]
exclude_patterns = ["README.md"]  # the home page includes it
highlight_language = "text"  # an indented block is a command or an equation; Python says that it is

# Markdown
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 3

# Docstrings
autodoc_typehints = "description"  # signatures stay short
autodoc_typehints_description_target = "documented_params"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True}
python_use_unqualified_type_names = True
autodoc_preserve_defaults = True
napoleon_google_docstring = False
default_role = "py:obj"  # a name in backticks leads to what it names, if that has a place here
nitpick_ignore_regex = [("py:.*", ".*")]  # types of NumPy and private ones have none

Scalar = TypeVar("Scalar")


class ArrayLike:
    """Stands for NumPy's, which is a union of ten private types and would be shown as such."""


class DTypeLike:
    """Likewise."""


class NDArray(Generic[Scalar]):
    """Stands for NumPy's, of which the shape would be shown as ``tuple[Any, ...]``."""


annotations: Any = numpy.typing  # of this process, which describes modules and runs none
annotations.ArrayLike, annotations.DTypeLike, annotations.NDArray = ArrayLike, DTypeLike, NDArray

# Formulas: MathJax from a package and in one file that draws them, so there is no font to fetch.
MATHJAX = files("mathjax") / "static" / "mathjax"
mathjax_path = "tex-svg.js"
mathjax3_config = {"options": {"enableMenu": False}}  # the menu would fetch more from a network

# Pages
html_theme = "furo"
html_title = "lsnn"
html_static_path = ["static", str(MATHJAX / "es5" / mathjax_path), str(MATHJAX / "LICENSE")]
html_css_files = ["site.css"]
html_copy_source = False  # pages are not written in the form in which Sphinx gets them
html_show_search_summary = False  # a page opened as a file may not read others
html_show_sphinx = False
