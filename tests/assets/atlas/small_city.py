"""A lake with one indicator a geometry, by hand: two quarters, and few places in each."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Final

import h3
import polars as pl
import shapely

from assets.declaration import Declaration, given
from assets.indicators.public_green import declaration as public_green
from assets.measured import Grain, Measured, Value
from assets.twin import Twin
from assets.validity import VALIDITY, since_ever
from infra.lake import TableSpec
from infra.settings import Settings

STANDARDS: Final = "bronze/definitions/green_standards"
NOTES: Final = {"run": "r-1", "code": "0.1", f"input:{STANDARDS}": "0"}
WEST, EAST, SOUTH, MIDDLE, NORTH = 10.20, 10.24, 45.50, 45.54, 45.58
CELL: Final = h3.latlng_to_cell(45.56, 10.22, 9)
EVIL: Final = "</script><script>alert('x')</script> & \"Sant'Anna\""
HOUR: Final = datetime(2025, 3, 24, 8, tzinfo=UTC)
TRUST: Final = {"completeness_ratio": 0.9, "observations_count": 7, "quality_code": "ok"}


def box(west: float, south: float, east: float, north: float) -> bytes:
    wkb: bytes = shapely.to_wkb(shapely.box(west, south, east, north))
    return wkb


def line(*points: tuple[float, float]) -> bytes:
    wkb: bytes = shapely.to_wkb(shapely.LineString(points))
    return wkb


def declared(
    key: str,
    frame: pl.DataFrame,
    *,
    entity: str,
    geometry: str,
    values: Mapping[str, Value],
    by: tuple[str, ...] = (),
    period: str | None = None,
    grain: Grain = "always",
    **more: object,
) -> Declaration:
    """A declaration of an indicator with these columns."""

    def function(standards: pl.DataFrame) -> pl.DataFrame:
        """Give the rows as they are."""
        return frame

    keys = (entity, *by, *([period] if period else []))
    measured = Measured(
        entity=entity, urn="urn:ngsi-ld:Thing:brescia:prova:", geometry=geometry, grain=grain,
        values=values, title=f"Prova {key.rpartition('/')[2]}", how="Si guarda.", period=period,
        by=by, **more,
    )  # fmt: skip
    one = Declaration(
        function=function,
        key=key,
        reads={"standards": STANDARDS},
        gives={name: given("A column.", "standards.least_m2") for name in frame.columns},
        key_columns=keys,
        window_by=None,
        title=key,
        method_version="3",
        literature="Nobody (1999), On nothing.",
        measured=measured,
    )
    one.check()
    return one


NO_INTERVAL: Final = "è un conteggio"
SHARE: Final = Value("Quota", "1", no_interval=NO_INTERVAL)
DUST: Final = Value("Polveri", "ug/m3", low="dust_low_ugm3", high="dust_high_ugm3", level=0.9)


def cells() -> pl.DataFrame:
    places = sorted(h3.grid_disk(CELL, 3))
    numbers = [None if n == 5 else n / 10 for n in range(len(places))]
    return pl.DataFrame(
        {"cell_id": places, "risk_ratio": numbers, "people_count": range(len(places))}
    ).with_columns(
        **{name: pl.lit(value) for name, value in TRUST.items() if name != "quality_code"},
        quality_code=pl.when(pl.col("risk_ratio").is_null())
        .then(pl.lit("no_data"))
        .otherwise(pl.lit("modelled")),
    )


def quarters() -> pl.DataFrame:
    return pl.DataFrame(
        {"quarter_id": ["Q1", "Q2"], "quarter_name": ["Bassa", "Alta"], "green_m2": [12.5, 1234.5]}
    ).with_columns(**{name: pl.lit(value) for name, value in TRUST.items()})


def sections() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "section_id": ["S1", "S2"] * 2,
            "band_code": ["weekday_07_09"] * 2 + ["sunday_07_09"] * 2,
            "score_ratio": [0.25, 0.75, 0.5, 0.5],
        }
    ).with_columns(**{name: pl.lit(value) for name, value in TRUST.items()})


def stations() -> pl.DataFrame:
    hours = [HOUR + timedelta(hours=n) for n in range(30)]
    rows = [
        (station, name, hour, 20.0 + n + place, lat)
        for place, (station, name, lat) in enumerate((("A", EVIL, 45.51), ("B", "Badia", 45.57)))
        for n, hour in enumerate(hours)
        if n != 12
    ]
    columns = ["station_id", "station_name", "hour_at", "dust_ugm3", "lat_deg"]
    return pl.DataFrame(rows, schema=columns, orient="row").with_columns(
        dust_low_ugm3=pl.col("dust_ugm3") - 2,
        dust_high_ugm3=pl.col("dust_ugm3") + 2,
        lng_deg=pl.lit(10.22),
        valid_from_on=pl.lit(date(2024, 10, 1)),
        **{name: pl.lit(value) for name, value in TRUST.items()},
    )


def streets() -> pl.DataFrame:
    return pl.DataFrame(
        {"edge_id": [f"E{n}" for n in range(8)], "danger_index": [0.5 * n for n in range(8)]}
    ).with_columns(**{name: pl.lit(value) for name, value in TRUST.items()})


def categories() -> pl.DataFrame:
    return pl.DataFrame(
        {"category_code": ["farmacia", "scuola"], "year_on": [date(2024, 1, 1)] * 2,
         "gini_index": [-0.2, 0.4]}
    ).with_columns(**{name: pl.lit(value) for name, value in TRUST.items()})  # fmt: skip


def index(name: str) -> Value:
    return Value(name, "1", no_interval=NO_INTERVAL)


FRAMES: Final[Mapping[str, Callable[[], pl.DataFrame]]] = {
    "gold/risk/risk_by_cell": cells,
    "gold/green/green_by_quarter": quarters,
    "gold/services/score_by_section": sections,
    "gold/air/hourly_dust_by_station": stations,
    "gold/safety/danger_by_segment": streets,
    "gold/economy/yearly_equality": categories,
}
DECLARATIONS: Final[Mapping[str, Declaration]] = {
    one.key: one
    for one in (
        declared(
            "gold/risk/risk_by_cell", cells(), entity="cell_id", geometry="cell",
            values={
                "risk_ratio": SHARE, "people_count": Value("Persone", "1", no_interval=NO_INTERVAL)
            },
        ),
        declared(
            "gold/green/green_by_quarter", quarters(), entity="quarter_id", geometry="quarter",
            values={"green_m2": Value("Verde", "m2", no_interval=NO_INTERVAL)},
            shapes="silver/territory/quarters", is_high_bad=False,
        ),
        declared(
            "gold/services/score_by_section", sections(), entity="section_id", geometry="section",
            values={"score_ratio": SHARE}, by=("band_code",), shapes="silver/prova/sections",
            is_high_bad=False,
        ),
        declared(
            "gold/air/hourly_dust_by_station", stations(), entity="station_id", geometry="point",
            values={"dust_ugm3": DUST}, period="hour_at", grain="hour",
            definition_from="valid_from_on",
        ),
        declared(
            "gold/safety/danger_by_segment", streets(), entity="edge_id", geometry="segment",
            values={"danger_index": index("Pericolo")}, shapes="silver/prova/streets",
        ),
        declared(
            "gold/economy/yearly_equality", categories(), entity="category_code", geometry="city",
            values={"gini_index": index("Gini")}, period="year_on", grain="year", is_high_bad=None,
        ),
        # Declared, and never computed.
        replace(public_green, key="gold/water/never_computed"),
    )
}  # fmt: skip


def small_city(folder: Path) -> Twin:
    """The lake of the city in a folder."""
    twin = Twin.here(Settings.load({"GEMELLO_HOME": str(folder)}, folder=folder))
    for key, frame in FRAMES.items():
        put(twin, key, frame())
    put(twin, "silver/territory/quarters", since_ever(pl.DataFrame({
        "quarter_id": ["Q1", "Q2"], "quarter_name": ["Bassa", "Alta"],
        "border_geom": [box(WEST, SOUTH, EAST, MIDDLE), box(WEST, MIDDLE, EAST, NORTH)],
    })))  # fmt: skip
    put(twin, "silver/prova/sections", pl.DataFrame({
        "section_id": ["S1", "S2"], "residents_count": [11, 12],
        "border_geom": [box(WEST, SOUTH, 10.22, MIDDLE), box(10.22, SOUTH, EAST, MIDDLE)],
    }))  # fmt: skip
    put(twin, "silver/prova/streets", pl.DataFrame({
        "edge_id": [f"E{n}" for n in range(8)], "street_name": ["Via Milano"] * 8,
        "path_geom": [line((WEST, SOUTH + n / 100), (EAST, SOUTH + n / 100)) for n in range(8)],
    }))  # fmt: skip
    return twin


def put(twin: Twin, key: str, frame: pl.DataFrame) -> None:
    """Write a table whole."""
    spec = TableSpec(frame.drop(VALIDITY, strict=False).schema, description=key)
    twin.lake.replace_all(key, frame, spec=spec, notes=NOTES, mark=1)
