"""Links that no document writes: from an equation's number, a decision's name, a path.

Documents are read as plain text, too, so they say (14), D-mask and `lsnn_core/DECISIONS.md`, and no
more. Here each of these becomes a link to its place, if it has one on the site.
"""

from __future__ import annotations

import re
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.nodes import make_refnode

DERIVATION = "lsnn_core/reference/DERIVATION.md".removesuffix(".md")
# Pages where (2) is an equation.
COUNTS_EQUATIONS = re.compile(rf"learn|{DERIVATION}|analysis/lessons/.*")
TAG = re.compile(r"\\tag\{(\d+)\}")
DECISION = re.compile(r"\bD-[a-z0-9]+(?:-[a-z0-9]+)*")
NAME = re.compile(rf"(\(\d{{1,2}}\)|{DECISION.pattern})")
PATH = re.compile(r"([\w./-]+)\.(?:md|py|toml)")
UNTOUCHED = (nodes.reference, nodes.title, nodes.FixedTextElement, nodes.math, nodes.literal)

Place = tuple[str, str]
"""A page and an anchor on it."""


class Places(SphinxTransform):
    """Note where equations and decisions are."""

    default_priority = 210

    def apply(self, **_: Any) -> None:
        """Give an equation an anchor with its number; a heading has one already."""
        page, places = self.env.docname, places_of(self.env)
        if page == DERIVATION:
            for formula in self.document.findall(nodes.math_block):
                if tag := TAG.search(formula.astext()):
                    formula["ids"].append(f"equation-{tag[1]}")
                    places[f"({tag[1]})"] = page, formula["ids"][-1]
        for title in self.document.findall(nodes.title):
            if DECISION.fullmatch(title.astext()):
                places[title.astext()] = page, title.parent["ids"][0]


class Links(SphinxPostTransform):
    """Turn names into links, once all pages are known."""

    default_priority = 5

    def run(self, **_: Any) -> None:
        """Go through the text of a page."""
        for literal in list(self.document.findall(nodes.literal)):
            page = self.page(literal.astext())
            if page and not within(literal.parent, UNTOUCHED):
                literal.replace_self(self.link((page, ""), literal.deepcopy()))
        for text in list(self.document.findall(nodes.Text)):
            parts = NAME.split(text.astext())
            if len(parts) > 1 and not within(text.parent, UNTOUCHED):
                text.parent.replace(text, [self.linked(part) for part in parts if part])

    def linked(self, part: str) -> nodes.Node:
        """Return a link in the place of a name that has one."""
        place = places_of(self.env).get(part)
        if place is None or (part[0] == "(" and not COUNTS_EQUATIONS.fullmatch(self.env.docname)):
            return nodes.Text(part)
        return self.link(place, nodes.Text(part))

    def page(self, path: str) -> str:
        """Return the other page that shows this file, an empty text if there is none."""
        match = PATH.fullmatch(path)
        page = match[1] if match else ""
        return page if page in self.env.found_docs and page != self.env.docname else ""

    def link(self, place: Place, shown: nodes.Node) -> nodes.Node:
        """Return `shown` as a link."""
        return make_refnode(self.app.builder, self.env.docname, *place, shown)


def places_of(env: BuildEnvironment) -> dict[str, Place]:
    """Return where each name is, in a dictionary to add to."""
    places: dict[str, Place] = vars(env).setdefault("lsnn_places", {})
    return places


def within(node: nodes.Node | None, kinds: tuple[type[nodes.Node], ...]) -> bool:
    """Whether a node is one of these kinds, or inside one."""
    while node is not None and not isinstance(node, kinds):
        node = node.parent
    return node is not None


def setup(app: Sphinx) -> dict[str, bool]:
    """Tell Sphinx."""
    app.add_transform(Places)
    app.add_post_transform(Links)
    return {"parallel_read_safe": False, "parallel_write_safe": True}
