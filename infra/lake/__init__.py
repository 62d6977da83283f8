"""The lake: the only reader and writer of Delta tables, on a local disk and on object storage.

`Lake` is what the rest of the twin sees; `TableSpec` says what a table should look like and
`Commit` what was done to it. The files beside it: `readable` (what can be asked), `places`
(addresses), `fields` (schemas), `shaping` (tables as their specs say), `writing`, `files` (of
windows), `statistics`, `reading`, `kept` (opened tables), `merging` (history of static tables),
`history` (commits), `log` (its files), `access` (who may read), `probe`, `faults`, `cleared`; and
for the `upkeep` `rewriting`, `purging`, `closing` (for new keys), `expiring`, `traces` (what is
left of values), `leases` and `presence` (who may write).
"""

from infra.lake.access import Access
from infra.lake.fields import TableSpec
from infra.lake.history import Commit
from infra.lake.lake import Lake
from infra.lake.rewriting import Change, Rewritten
from infra.lake.traces import Holding, Traces, Where, any_of, as_text

__all__ = [
    "Access",
    "Change",
    "Commit",
    "Holding",
    "Lake",
    "Rewritten",
    "TableSpec",
    "Traces",
    "Where",
    "any_of",
    "as_text",
]
