"""What a trainer trains: the learner's contract, the spiking and the rate learner, the loop.

`models` makes the task and the learner that a configuration names, `build` the network; `spiking`
and `rate` learn it, `recording` keeps an example for the figures, `trainer` is the loop.
"""
