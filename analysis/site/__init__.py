"""The site: documents, lessons as they run, API and results, on pages that link to each other.

`python -m analysis.site --out FOLDER` builds it. `stage` gathers what it is made of, `cells` runs a
lesson, `listed` writes pages from recipes and from the table of the run file; Sphinx makes HTML of
them, as `conf` says, and `links` leads from a path, an equation's number or a decision's name to
its place. `pages` holds what is written for the site alone.
"""
