"""Figures of any run."""
