"""E-prop for blocks of examples, in vectors as in `kernels.examples`: learning as steps pass."""
