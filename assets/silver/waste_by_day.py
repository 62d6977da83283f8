"""How much waste was brought to the bins of each place, day by day, where enough people did."""

from typing import Final

import polars as pl

from assets.consumption import AREAS, LIMITED, day_in_rome, in_order, paths_of
from assets.declaration import Declaration, given
from assets.small_groups import LIMITS, Path, limit_of, told_places

_SUBJECT: Final = "waste_by_day"
_RESIDUAL: Final = "indifferenziato"
_CITY: Final = "Brescia"
_PLACES: Final = ("zone_name", "quarter_id")
_PRECISION: Final = 3


def waste_by_day(openings: pl.DataFrame, bins: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Sum the residual and the separate waste of quarters, zones and the city over each day.

    Days are of the city's clock. A place is told where enough tags opened its bins for residual
    waste, and enough for separate waste; others with the rest of their zone or of the city. A tag's
    pseudonym is another each day, so tags are counted within a day and no further.
    """
    known = (
        openings.sort("window_on")
        .unique("opening_pid", keep="last")
        .filter(pl.col("weight_kg").is_not_null() & pl.col("fraction_code").is_not_null())
        .join(bins.select("bin_id", "quarter_id", "zone_name"), on="bin_id", how="left")
        .with_columns(
            thrown_on=day_in_rome("opened_at"),
            is_residual=pl.col("fraction_code") == _RESIDUAL,
            quarter_id=pl.when(pl.col("zone_name").is_not_null()).then("quarter_id"),
        )
    )
    days = known.sort("thrown_on").partition_by("thrown_on", maintain_order=True)
    told = pl.concat([_told(known.clear(), limits), *(_told(day, limits) for day in days)])
    return (
        known.join(told, on=["thrown_on", *_PLACES], nulls_equal=True)
        .with_columns(
            pl.when(pl.col("depth") > at).then(name).alias(name) for at, name in enumerate(_PLACES)
        )
        .group_by("thrown_on", "depth", *_PLACES)
        .agg(
            residual_kg=_kilograms(pl.col("is_residual")),
            separate_kg=_kilograms(~pl.col("is_residual")),
            contributors_count=pl.col("user_pid").drop_nulls().n_unique().cast(pl.Int64),
            readings_count=pl.len().cast(pl.Int64),
        )
        .select(
            "thrown_on",
            area_id=pl.coalesce(*reversed(_PLACES), pl.lit(_CITY)),
            area_code=pl.col("depth").replace_strict(
                dict(enumerate(AREAS)), return_dtype=pl.String
            ),
            **{name: pl.col(name) for name in _PLACES},
            residual_kg="residual_kg",
            separate_kg="separate_kg",
            contributors_count="contributors_count",
            readings_count="readings_count",
        )
        .sort("thrown_on", "area_id")
    )


def _kilograms(which: pl.Expr) -> pl.Expr:
    return pl.col("weight_kg").filter(which).sort().sum().round(_PRECISION)


def _told(day: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """The quarters of one day with how many names of their path they are told under."""
    quarters = day.select(_PLACES).unique().sort(_PLACES, nulls_last=True)
    places: list[Path | None] = [None] * quarters.height
    limit = limit_of(limits, _SUBJECT, day["thrown_on"][0]) if day.height else None
    if limit is not None:
        people = [_people(day.filter(is_residual=kind), quarters) for kind in (True, False)]
        sizes = [float(sum(len(kind[at]) for kind in people)) for at in range(quarters.height)]
        places = told_places(paths_of(quarters, names=_PLACES), sizes, limit.allows_people(people))
    depths = [None if place is None else len(place) for place in places]
    return quarters.select(
        pl.lit(day["thrown_on"][0] if day.height else None, pl.Date).alias("thrown_on"),
        *_PLACES,
        depth=pl.Series(depths, dtype=pl.Int64),
    ).filter(pl.col("depth").is_not_null())


def _people(day: pl.DataFrame, quarters: pl.DataFrame) -> list[dict[str, float]]:
    """The tags of each quarter and what each brought."""
    brought = day.drop_nulls("user_pid").group_by(*_PLACES, "user_pid").agg(in_order("weight_kg"))
    found: dict[tuple[str | None, ...], dict[str, float]] = {
        row: {} for row in quarters.select(_PLACES).iter_rows()
    }
    for zone, quarter, tag, kilograms in brought.select(
        *_PLACES, "user_pid", "weight_kg"
    ).iter_rows():
        found[zone, quarter][tag] = kilograms
    return list(found.values())


_DECIDED: Final = (
    "openings.weight_kg", "openings.fraction_code", "openings.user_pid", "openings.bin_id",
    "openings.opening_pid", "bins.quarter_id", "bins.zone_name", "bins.bin_id",
)  # fmt: skip
_NAMES: Final = ("bins.quarter_id", "bins.zone_name", "bins.bin_id")

declaration = Declaration(
    function=waste_by_day,
    key="silver/waste/waste_by_day",
    reads={
        "openings": "bronze/a2a/waste_collection",
        "bins": "silver/waste/waste_container",
        "limits": LIMITS,
    },
    gives={
        "thrown_on": given("Day of the city's clock (Europe/Rome).", "openings.opened_at"),
        "area_id": given(
            "Quarter, zone or Brescia: what is told of it is of those in it that no other row of "
            "the day tells.",
            *_NAMES,
            "openings.bin_id",
            *LIMITED,
        ),
        "area_code": given("quarter, zone or city.", *_DECIDED),
        "zone_name": given("Zone; empty for the city.", *_NAMES),
        "quarter_id": given("Quarter; empty for zones and the city.", *_NAMES),
        "residual_kg": given("Waste that was not separated.", *_DECIDED),
        "separate_kg": given("Organic waste, paper, plastic and glass.", *_DECIDED),
        "contributors_count": given("Tags that opened a bin.", *_DECIDED),
        "readings_count": given("Openings.", *_DECIDED),
    },
    key_columns=("thrown_on", "area_id"),
    window_by="thrown_on",
    lookback_days=1,
    title="Waste by place and day",
    method_version="1",
    literature=(
        "Minimum counts: Hundepool et al., Statistical Disclosure Control (2012), ch. 4; "
        "thresholds are the city's."
    ),
)
