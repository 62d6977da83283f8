"""The formats a contract exports to; each is written in one module, and nowhere else.

The Great Expectations suite is `quality.contract.export_gx`.
"""

from quality.contract.exports.odcs import to_odcs
from quality.contract.exports.page import to_markdown
from quality.contract.exports.ropa import to_ropa
from quality.contract.exports.schema import to_polars_schema

__all__ = ["to_markdown", "to_odcs", "to_polars_schema", "to_ropa"]
