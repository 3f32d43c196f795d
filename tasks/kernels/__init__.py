"""Compiled encoders: arrays and scalars in, spike events written into given arrays."""
