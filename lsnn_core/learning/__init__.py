"""What a trainer trains: the learner's contract, the spiking and the rate learner, the loop.

`build` makes a network from a configuration, `spiking` and `rate` learn it, `recording` keeps an
example for the figures, `trainer` is the loop.
"""
