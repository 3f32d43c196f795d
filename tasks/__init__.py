"""Tasks for LSNNs, their data and their recipes: all of the paper, and store-recall."""
