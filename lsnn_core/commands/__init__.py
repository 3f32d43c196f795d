"""The verbs of `lsnn` that draw nothing; what is heavy is imported when one of them runs."""
