"""Run files: one guarded way in, one atomic way out.

`guarded` opens what a stranger may have made, with `objects` and the `rules`, after a `surveyor`
has; `reader` is what figures and `resume` see; `writer` and `disk` replace a file whole, `digest`
seals it; `schema`, `describe` and `results` say what is in one, `scales` what its axes are called,
`lock` who holds it (a `marker` tells others, `temporary` files are fenced off); `extras` are its
owner's, `rescue` is where it goes when its place is gone; `network` is the file of a network alone.
What others use is handed on here.
"""

from ..csr import Matrix
from .describe import describe
from .disk import NotWritten, check_output, publish
from .lock import LockHeld, LockLost, RunLock
from .network import open_network, write_network
from .reader import RunFile, is_duration, read_run
from .results import metric_table
from .schema import Tree
from .temporary import remove_orphans
from .writer import run_attributes, sonata_population, write_tree

__all__ = [
    "LockHeld",
    "LockLost",
    "Matrix",
    "NotWritten",
    "RunFile",
    "RunLock",
    "Tree",
    "check_output",
    "describe",
    "is_duration",
    "metric_table",
    "open_network",
    "publish",
    "read_run",
    "remove_orphans",
    "run_attributes",
    "sonata_population",
    "write_network",
    "write_tree",
]
