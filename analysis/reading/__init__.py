"""What a figure reads: runs, quantities over iterations, populations, connections, results."""
