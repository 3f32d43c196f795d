"""Store-recall: remember a bit over seconds of silence."""

from .task import StoreRecallTask

__all__ = ["StoreRecallTask"]
