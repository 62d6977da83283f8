"""Definitions as indicators read them."""

import polars as pl

from assets.twin import DEFINITIONS


def defined(table: str) -> pl.DataFrame:
    """The rows of a definition of this repository."""
    return pl.read_csv(DEFINITIONS / f"{table}.csv", try_parse_dates=True)


COMPLETENESS = defined("completeness_rules")
# Those of sensors.
LIMITS = defined("sensor_limits")
DISCLOSURE = defined("disclosure_limits")
