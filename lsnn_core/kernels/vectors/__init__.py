"""The vector type: registers of sixteen numbers, gathers, tiles, atomic numbers."""
