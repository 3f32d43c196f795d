"""Synthetic speech in TIMIT's layout, with true phone times, for those without a licence."""
