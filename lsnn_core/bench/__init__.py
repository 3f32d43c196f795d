"""`lsnn bench`: how fast the program is, how much memory it takes, and next to what else.

Every measurement is made in a fresh process that answers requests on its standard input (`serve`),
ours (`worker`) as well as other frameworks' (`peer_*`): so peak memory is that of one workload
alone, and two of them can take turns on the same machine, A B A B.
"""
