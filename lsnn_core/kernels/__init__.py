"""Compiled kernels: arrays and scalars in, results written into given arrays, nothing else."""
