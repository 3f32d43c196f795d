"""One seed, many independent streams.

`streams` hands out NumPy's generators by purpose; `counter` is the readable twin of the kernels'
counter-based numbers.
"""
