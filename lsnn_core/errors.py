"""Errors a user can act on: each names the thing, what was expected and the remedy."""

from __future__ import annotations


class LsnnError(Exception):
    """Base of all errors raised on purpose; `exit_code` is what the command line returns for it."""

    exit_code = 1


class UsageError(LsnnError, ValueError):
    """A setting, argument or recipe key is wrong."""

    exit_code = 2


class BadFileError(LsnnError):
    """A file is missing, damaged, foreign or hostile."""

    exit_code = 3


class NumericalError(LsnnError):
    """NaN or infinity appeared in a loss, a gradient or a weight; the update was not applied."""

    exit_code = 4


class BatchError(NumericalError):
    """A batch gave no finite loss or gradient; nothing has changed, and there may be a next one."""


INTERRUPTED = 130
"""Exit code after a signal that asked for an end; a clean checkpoint was written first."""
