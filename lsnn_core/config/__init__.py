"""What a recipe may say: fields with rules, the tables of a recipe, TOML, recipes by name.

`settings` makes dataclasses whose fields know their range, `optimisers` are those of Adam and
DEEP R, `tables` those of every recipe; `toml` reads and writes them, `recipes` finds the shipped.
"""
