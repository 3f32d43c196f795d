"""Tasks for LSNNs, their data and their recipes: sequential MNIST and store-recall."""
