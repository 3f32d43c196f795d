"""Verbs of the command line that draw. Their modules import nothing heavy at the top."""
