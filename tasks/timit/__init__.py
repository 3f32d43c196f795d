"""Phone recognition on TIMIT, or on the stand-in in its layout."""

from .task import Timit

__all__ = ["Timit"]
