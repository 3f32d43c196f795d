"""A training run and its file: start, checkpoint, resume, finish; signals; compiling ahead."""
