"""Sequential MNIST: digits pixel by pixel, their codes, and what can be decoded of them."""

from .task import SequentialMnist

__all__ = ["SequentialMnist"]
