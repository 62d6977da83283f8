"""What the rows of a GTFS table refer to, and which of them name what the feed does not have."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import polars as pl

from infra.adapters.raw import Fault, Table

UNKNOWN_REFERENCE: Final = "unknown_reference"
CALENDARS: Final = ("calendar", "calendar_dates")


class Reference(NamedTuple):
    """A column that names a row of other tables, by their `key`; `what` the row stands for."""

    column: str
    what: str
    tables: tuple[str, ...]
    key: str

    @property
    def reason(self) -> str:
        """What is said of a row that names what is not there."""
        files = [f"{table}.txt" for table in self.tables]
        has = f"neither {' nor '.join(files)} has a" if len(files) > 1 else f"{files[0]} has no"
        return (
            f"{self.column}: the feed has no such {self.what}: {has} readable row with this "
            f"{self.key}"
        )


_TO_STOP: Final = ("stop", ("stops",), "stop_id")
_TO_TRIP: Final = ("trip", ("trips",), "trip_id")
_TO_ROUTE: Final = ("route", ("routes",), "route_id")
REFERENCES: Final[Mapping[str, tuple[Reference, ...]]] = {
    "routes": (Reference("agency_id", "agency", ("agency",), "agency_id"),),
    "stops": (Reference("parent_station", *_TO_STOP),),
    "trips": (
        Reference("route_id", *_TO_ROUTE),
        Reference("service_id", "service", CALENDARS, "service_id"),
    ),
    "stop_times": (Reference("trip_id", *_TO_TRIP), Reference("stop_id", *_TO_STOP)),
    "frequencies": (Reference("trip_id", *_TO_TRIP),),
    "transfers": (
        Reference("from_stop_id", *_TO_STOP),
        Reference("to_stop_id", *_TO_STOP),
        Reference("from_route_id", *_TO_ROUTE),
        Reference("to_route_id", *_TO_ROUTE),
        Reference("from_trip_id", *_TO_TRIP),
        Reference("to_trip_id", *_TO_TRIP),
    ),
}


def unknown(
    rows: pl.DataFrame, reference: Reference, tables: Mapping[str, Table | None]
) -> pl.Series | None:
    """Which rows name what none of the tables has; None if none does, or nobody can tell."""
    if reference.column not in rows.columns:
        return None
    parents = [read.frame for name in reference.tables if (read := tables[name]) is not None]
    ids = [_trimmed(rows[reference.key]) for rows in parents if reference.key in rows.columns]
    known = pl.concat([*ids, pl.Series(reference.key, [], pl.String)]).drop_nulls().unique()
    if known.is_empty() and any(rows.height for rows in parents):
        return None  # an agency that stands alone needs no id
    named = _trimmed(rows[reference.column])
    is_unknown = (~named.is_in(known.implode()) & (named != "")).fill_null(value=False)
    return is_unknown if is_unknown.any() else None


def faults_of(
    heights: Sequence[int], found: Sequence[Mapping[Reference, pl.Series]]
) -> tuple[Fault, ...]:
    """The faults of several feeds, of so many rows each, as one for each reference."""
    faults = []
    for reference in dict.fromkeys(one for of_feed in found for one in of_feed):
        parts = [
            of_feed.get(reference, pl.repeat(False, height, dtype=pl.Boolean, eager=True))
            for height, of_feed in zip(heights, found, strict=True)
        ]
        faults.append(Fault(pl.concat(parts), UNKNOWN_REFERENCE, reference.reason))
    return tuple(faults)


def _trimmed(cells: pl.Series) -> pl.Series:
    return cells.str.strip_chars()
