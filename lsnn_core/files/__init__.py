"""Run files: one guarded way in, one atomic way out.

`guarded` opens what a stranger may have made, by the `rules`; `reader` is what figures and `resume`
see; `writer` and `disk` replace a file whole; `schema` says what is in one, `lock` who holds it.
"""
