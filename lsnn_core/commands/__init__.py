"""Verbs that need neither a task nor a figure. Their modules import nothing heavy at the top."""
