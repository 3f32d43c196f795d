"""Spoken digits (SHD) and commands (SSC) as the spikes of an artificial cochlea."""

from .task import Heidelberg

__all__ = ["Heidelberg"]
