"""Recurrent networks of rate units, the paper's baselines: RNN and LSTM with hand-written BPTT.

`network` walks the steps and does the products, `rnn` and `lstm` are what a unit does in one step,
forward and backward. Arrays are time-major, ``(T, units, examples)``, as readouts are everywhere.
"""
