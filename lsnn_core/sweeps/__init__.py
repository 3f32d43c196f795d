"""Many runs of one question: which (`plan`), one of them (`job`), all of them (`drive`), by whom.

`executors` hands jobs to processes of this machine, to a Dask cluster or to the ranks of MPI, which
do the scheduling. What is known of a run is read from its files (`look`), so that any terminal can
show it (`table`); `summary` is what is left at the end.
"""
