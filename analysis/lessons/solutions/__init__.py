"""Answers to the exercises of the lessons; each asserts what it claims."""
