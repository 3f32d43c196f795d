"""Whole figures, from run files alone."""
