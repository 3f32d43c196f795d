"""Run files: one guarded way in, one atomic way out.

`guarded` opens what a stranger may have made, by the `rules`, after `lookover` has; `reader` is
what figures and `resume` see; `writer` and `disk` replace a file whole, `digest` seals it; `schema`
and `describe` say what is in one, `lock` who holds it; `extras` are its owner's, `rescue` is where
it goes when its place is gone. What others use is handed on here.
"""

from .describe import describe, schema_text
from .disk import check_output, remove_orphans
from .lock import RunLock
from .reader import RunFile, is_duration, read_run
from .rules import Attribute
from .schema import SCHEMA, SCHEMA_VERSION, Tree
from .weights import StoredMatrix
from .writer import run_attributes, sonata_population, write_tree

__all__ = [
    "SCHEMA",
    "SCHEMA_VERSION",
    "Attribute",
    "RunFile",
    "RunLock",
    "StoredMatrix",
    "Tree",
    "check_output",
    "describe",
    "is_duration",
    "read_run",
    "remove_orphans",
    "run_attributes",
    "schema_text",
    "sonata_population",
    "write_tree",
]
