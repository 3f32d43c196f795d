"""Verbs that need a task. Their modules import nothing heavy at the top."""
