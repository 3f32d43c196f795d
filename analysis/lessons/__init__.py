"""Eight lessons on how a spiking network learns: scripts to read, to run, to open as notebooks.

Each is a file of cells (``# %%``): text, code and pictures in turn. `lsnn lesson` lists and runs
them; `solutions` has the answers to their exercises. They use public names alone.
"""
