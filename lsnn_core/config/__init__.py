"""What a recipe may say: fields with rules, the tables of a recipe, TOML, recipes by name.

`settings` makes dataclasses whose fields know their range, `tables` are those of every recipe,
`toml` reads and writes them, `recipes` finds the shipped ones.
"""
