"""Frames as the tables of the twin's state read them: of the right columns, with few rows."""

from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import polars as pl
import shapely

from assets.columns import schemas_of
from assets.declaration import Declaration
from assets.derived_assets import find_declarations
from assets.twin import Twin
from infra.settings import Settings
from quality.contract.exports import to_polars_schema

START = datetime(2025, 3, 1, tzinfo=UTC)
VALIDITY = dict.fromkeys(("valid_from", "valid_to"), pl.Datetime("us", "UTC"))
Row = dict[str, object]


def on(day: int) -> datetime:
    return START + timedelta(days=day)


def square(west: float, south: float, *, side: float = 1.0) -> bytes:
    """A square of so many thousandths of a degree, so many of them from the town hall."""
    lng, lat = 10.22 + west / 1000, 45.54 + south / 1000
    made: bytes = shapely.to_wkb(shapely.box(lng, lat, lng + side / 1000, lat + side / 1000))
    return made


def place(east: float, north: float) -> dict[str, object]:
    """Coordinates so many thousandths of a degree from the town hall."""
    return {"lat_deg": 45.54 + north / 1000, "lng_deg": 10.22 + east / 1000}


def inputs_of(declaration: Declaration, **rows: list[Row]) -> dict[str, pl.DataFrame]:
    """The inputs of a table: those named with these rows, columns that are left out empty."""
    found = {}
    for name, table in declaration.reads.items():
        schema = _schema(table)
        if name in declaration.with_history:
            schema = pl.Schema({**schema, **VALIDITY})
        given = rows.get(name, [])
        assert not {column for row in given for column in row} - set(schema)
        full = [{"valid_from": on(0), **row} if "valid_from" in schema else row for row in given]
        found[name] = pl.DataFrame(full, schema=schema)
    assert set(rows) <= set(found)
    return found


@cache
def _computed() -> dict[str, pl.Schema]:
    return schemas_of(find_declarations(), _twin())


@cache
def _twin() -> Twin:
    return Twin.here(Settings.load({}, Path.cwd()))


def _schema(table: str) -> pl.Schema:
    contract = _twin().contract_of(table)
    if contract is None:
        return _computed()[table]
    window = {} if contract.is_static else {"window_on": pl.Date()}
    return pl.Schema({**to_polars_schema(contract), **window})
