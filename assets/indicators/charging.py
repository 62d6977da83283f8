"""How much electric cars charge in each quarter, and how full its sockets are, hour by hour."""

from typing import Final

import polars as pl

from assets.consumption import LITERATURE, day_in_rome
from assets.declaration import Declaration, given
from assets.editions import dated
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.small_groups import LIMITS, Path, limit_of, told_places

_SUBJECT: Final = "charging_by_hour"
_BAND_H: Final = 6
_HOUR_MIN: Final = 60.0
# Times are known to the quarter hour: a charge of none lasted some of one.
_LEAST_MIN: Final = 15
_PRECISION: Final = 6
# From the widest to the narrowest: a part of the day, an hour, a zone, a quarter.
_LEVELS: Final = ("band_name", "hour_name", "zone_name", "quarter_id")
# Whose number it is, by how far the path of its row goes.
TOLD: Final = ("city_day", "city_hours", "city", "zone", "quarter")
_UNIT: Final = ("hour_at", *_LEVELS)


def charging(sessions: pl.DataFrame, stations: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give each quarter's demand and occupancy of sockets in each hour of the city's clock.

    Energy is spread evenly over a charge's time; a socket is occupied while a car is plugged in. An
    hour of a quarter in which too few cards charge, or one has too much, is told with the rest of
    its zone, of the city, of six hours of the city, or of its day (`told_code`): its demand is then
    its share by sockets, its occupancy theirs. So demand adds up to all that was charged. A card's
    pseudonym is another each day: cards are counted within a day. Days of too few have no row.
    """
    placed = stations.filter(pl.col("quarter_id").is_not_null())
    sockets = placed.group_by("quarter_id").agg(
        pl.col("zone_name").first(), pl.col("sockets_count").sum().cast(pl.Float64)
    )
    last = sessions.sort("window_on").unique("session_pid", keep="last")
    is_usable = pl.col("energy_kwh").is_not_null() & (pl.col("ended_at") >= pl.col("started_at"))
    is_usable = is_usable.fill_null(value=False)
    usable = last.group_by(day_on=day_in_rome("started_at")).agg(
        completeness_ratio=is_usable.cast(pl.Float64).mean()
    )
    parts = _by_hour(last.filter(is_usable), placed)
    days = parts.sort("day_on", *_UNIT, nulls_last=True).partition_by("day_on", maintain_order=True)
    told = [_of_day(day, sockets.sort("quarter_id"), limits) for day in days]
    hours = pl.concat([_of_day(parts.clear(), sockets.clear(), limits), *told])
    return (
        dated(hours, limits.filter(pl.col("subject_code") == _SUBJECT), day="day_on")
        .join(usable, on="day_on", how="left")
        .select(
            "quarter_id",
            "hour_at",
            "day_on",
            pl.col("demand_kwh").round(_PRECISION),
            pl.col("occupancy_ratio").clip(0, 1).round(_PRECISION),
            "sockets_count",
            told_code=pl.col("depth").replace_strict(dict(enumerate(TOLD)), return_dtype=pl.String),
            definition_from_on="valid_from_on",
            completeness_ratio=pl.col("completeness_ratio").fill_null(1.0),
            observations_count="contributors_count",
            quality_code=pl.when(pl.col("depth") == len(_LEVELS))
            .then(pl.lit("ok"))
            .otherwise(pl.lit("modelled")),
        )
        .sort("quarter_id", "hour_at")
    )


def _by_hour(sessions: pl.DataFrame, stations: pl.DataFrame) -> pl.DataFrame:
    """What each card charged, and for how long, in each hour and quarter."""
    last = pl.max_horizontal(
        pl.col("ended_at"), pl.col("started_at").dt.offset_by(f"{_LEAST_MIN}m")
    )
    whole = (pl.col("ended_at") - pl.col("started_at")).dt.total_minutes().cast(pl.Float64)
    inside = (
        pl.min_horizontal(pl.col("ended_at"), pl.col("hour_at").dt.offset_by("1h"))
        - pl.max_horizontal(pl.col("started_at"), pl.col("hour_at"))
    ).dt.total_minutes()
    hours = (
        sessions.with_columns(ended_at=last, card=pl.coalesce("card_pid", "session_pid"))
        .with_columns(
            whole_min=whole,
            hour_at=pl.datetime_ranges(
                pl.col("started_at").dt.truncate("1h"), "ended_at", "1h", closed="left"
            ),
        )
        .explode("hour_at")
        .with_columns(inside_min=inside.cast(pl.Float64))
        .filter(pl.col("inside_min") > 0)
        .join(stations.select("station_id", "quarter_id", "zone_name"), on="station_id", how="left")
    )
    return _with_names(hours).group_by("day_on", *_UNIT, "card").agg(
        energy_kwh=(pl.col("energy_kwh") * pl.col("inside_min") / pl.col("whole_min")).sort().sum(),
        occupied_h=(pl.col("inside_min") / _HOUR_MIN).sort().sum(),
    )  # fmt: skip


def _with_names(hours: pl.DataFrame) -> pl.DataFrame:
    """Rows with the day of the city's clock, the part of it and the hour, named."""
    local = pl.col("hour_at").dt.convert_time_zone("Europe/Rome")
    return hours.with_columns(
        day_on=day_in_rome("hour_at"),
        band_name=(local.dt.hour() // _BAND_H).cast(pl.String),
        hour_name=pl.col("hour_at").dt.strftime("%d %H"),
    )


def _of_day(day: pl.DataFrame, sockets: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """The hours of one day of each quarter with sockets, with what is told of them."""
    units = day.select(_UNIT).unique().sort(_UNIT, nulls_last=True)
    places: list[Path | None] = [None] * units.height
    limit = limit_of(limits, _SUBJECT, day["day_on"][0]) if day.height else None
    if limit is not None:
        people: list[dict[str, float]] = [{} for _ in range(units.height)]
        at = {row: number for number, row in enumerate(units.iter_rows())}
        for *unit, card, energy in day.select(*_UNIT, "card", "energy_kwh").iter_rows():
            people[at[tuple(unit)]][card] = energy
        paths = [tuple(name for name in row[1:] if name is not None) for row in units.iter_rows()]
        places = told_places(paths, list(map(len, people)), limit.allows_people([people]))
    depths = pl.Series("depth", [None if one is None else len(one) for one in places], pl.Int64)
    told = _cut(
        day.join(units.with_columns(depths), on=_UNIT, nulls_equal=True).filter(
            pl.col("depth").is_not_null()
        )
    )
    rows = told.group_by("depth", *_LEVELS).agg(
        pl.col("energy_kwh").sort().sum(),
        pl.col("occupied_h").sort().sum(),
        contributors_count=pl.col("card").n_unique().cast(pl.Int64),
    )
    cells = _cells(day, sockets)
    return (
        _nearest(cells, rows)
        .with_columns(all_sockets=pl.col("sockets_count").sort().sum().over("row"))
        .with_columns(
            demand_kwh=pl.col("energy_kwh") * pl.col("sockets_count") / pl.col("all_sockets"),
            occupancy_ratio=pl.col("occupied_h") / pl.col("all_sockets"),
        )
    )


def _cut(rows: pl.DataFrame) -> pl.DataFrame:
    """Rows without the names of their path beyond its depth."""
    return rows.with_columns(
        pl.when(pl.col("depth") > at).then(name).alias(name) for at, name in enumerate(_LEVELS)
    )


def _cells(day: pl.DataFrame, sockets: pl.DataFrame) -> pl.DataFrame:
    """Each hour of the day of each quarter with sockets."""
    midnight = pl.col("day_on").cast(pl.Datetime("us")).dt.replace_time_zone("Europe/Rome")
    hours = day.select("day_on").unique().select(
        hour_at=pl.datetime_ranges(
            midnight.dt.convert_time_zone("UTC"),
            midnight.dt.offset_by("1d").dt.convert_time_zone("UTC"),
            "1h",
            closed="left",
        )
    ).explode("hour_at")  # fmt: skip
    return _with_names(hours).join(sockets, how="cross").sort("hour_at", "quarter_id")


def _nearest(cells: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """Each cell with the narrowest row around it; those around which there is none are left out."""
    numbered = rows.sort("depth", *_LEVELS, nulls_last=True).with_row_index("row")
    found = []
    left = cells
    for depth in range(len(_LEVELS), -1, -1):
        names = _LEVELS[:depth]
        here = numbered.filter(pl.col("depth") == depth).drop(_LEVELS[depth:])
        told = left.join(here, on=names, how="inner") if names else left.join(here, how="cross")
        found.append(told.select(sorted(told.columns)))
        left = left.join(here, on=names, how="anti") if names else left
    return pl.concat(found)


def _picture(frame: pl.DataFrame) -> str:
    """The city's demand hour by hour, of the last week."""
    hourly = frame.group_by("hour_at").agg(pl.col("demand_kwh").sum()).sort("hour_at").tail(168)
    local = hourly["hour_at"].dt.convert_time_zone("Europe/Rome")
    return line_chart(
        "Energy charged by electric cars in the city",
        x=[f"{at:%d/%m %H}" for at in local],
        series={"kWh an hour": hourly["demand_kwh"].to_list()},
        unit="kWh",
    )


_CHARGED: Final = (
    "sessions.energy_kwh", "sessions.card_pid", "sessions.session_pid", "sessions.started_at",
    "sessions.ended_at", "sessions.station_id", "stations.station_id", "stations.quarter_id",
    "stations.zone_name", "limits.least_count", "limits.largest_ratio", "limits.subject_code",
    "limits.valid_from_on",
)  # fmt: skip
_SOCKETS: Final = ("stations.sockets_count", "stations.quarter_id")

declaration = Declaration(
    function=charging,
    key="gold/energy/hourly_charging_by_quarter",
    reads={
        "sessions": "bronze/a2a/charging_sessions",
        "stations": "silver/mobility/ev_charging_station",
        "limits": LIMITS,
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "stations.quarter_id"),
        "hour_at": given("Start of the hour, UTC.", "sessions.started_at", "sessions.ended_at"),
        "day_on": given(
            "Day of the city's clock, by which hours are judged.", "sessions.started_at",
            "sessions.ended_at",
        ),
        "demand_kwh": given("Energy charged in the hour.", *_CHARGED, *_SOCKETS),
        "occupancy_ratio": given("Sockets with a car, of all.", *_CHARGED, *_SOCKETS),
        "sockets_count": given("Sockets.", *_SOCKETS),
        "told_code": given(
            "Whose number it is: the quarter's own hour, or its share of a wider place or time.",
            *_CHARGED,
        ),
        "definition_from_on": given(
            "Day from which the limit of disclosure holds.", "limits.valid_from_on",
            "limits.subject_code",
        ),
        "completeness_ratio": given(
            "Charges of the day with energy, beginning and end, of all.", "sessions.energy_kwh",
            "sessions.started_at", "sessions.ended_at", "sessions.session_pid",
        ),
        "observations_count": given("Cards that charged, in the place and time told.", *_CHARGED),
        "quality_code": given("modelled where it is a share of a wider place or time.", *_CHARGED),
    },
    key_columns=("quarter_id", "hour_at"),
    window_by="day_on",
    lookback_days=1,
    title="Charging of electric cars by quarter and hour",
    method_version="1",
    literature=LITERATURE,
    plot=_picture,
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="hour",
        period="hour_at",
        definition_from="definition_from_on",
        values={
            "demand_kwh": Value(
                "Energia ricaricata", "kW.h", no_interval="è la somma delle ricariche registrate"
            ),
            "occupancy_ratio": Value(
                "Prese occupate", "1", no_interval="gli orari sono noti al quarto d'ora"
            ),
        },
        title="Ricarica delle auto elettriche",
        how=(
            "L'energia ceduta dalle colonnine del quartiere e la parte delle prese occupate, ora "
            "per ora. Dove le tessere sono meno di dieci vale la parte del quartiere nella zona, "
            "nella città o nelle ore vicine: così nessuno si riconosce."
        ),
        is_high_bad=None,
    ),
)  # fmt: skip
