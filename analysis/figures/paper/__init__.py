"""The paper's figures and its table."""
