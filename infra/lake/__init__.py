"""The lake: the only reader and writer of Delta tables, on a local disk and on object storage.

`Lake` is what the rest of the twin sees; `TableSpec` says what a table should look like and
`Commit` what was done to it. The files beside it: `places` (addresses), `fields` (schemas),
`writing`, `files` (of windows), `statistics`, `reading`, `merging` (history of static tables),
`history` (commits), `rewriting`, `probe`, `faults`.
"""

from infra.lake.fields import TableSpec
from infra.lake.history import Commit
from infra.lake.lake import Lake

__all__ = ["Commit", "Lake", "TableSpec"]
