"""How many slept in the city each night, by kind of house."""

import polars as pl

from assets.declaration import Declaration, given


def accommodation_by_day(stays: pl.DataFrame) -> pl.DataFrame:
    """Add up the houses of each kind on each day for which they reported.

    `largest_nights_count` is what the fullest of them contributed: whoever publishes anything of
    this holds it to a rule of dominance.
    """
    known = stays.filter(
        pl.all_horizontal(pl.col("nights_count", "category_code").is_not_null())
        & (pl.col("beds_count") > 0)
    )
    return (
        known.group_by("category_code", day_on="stayed_on")
        .agg(
            structures_count=pl.len().cast(pl.Int64),
            beds_count=pl.col("beds_count").sum(),
            rooms_count=pl.col("rooms_count").sum(),
            arrivals_count=pl.col("arrivals_count").sum(),
            nights_count=pl.col("nights_count").sum(),
            foreign_nights_count=pl.col("foreign_nights_count").sum(),
            largest_nights_count=pl.col("nights_count").max(),
        )
        .sort("day_on", "category_code")
    )


_KNOWN = ("stays.nights_count", "stays.beds_count")

declaration = Declaration(
    function=accommodation_by_day,
    key="silver/tourism/accommodation_by_day",
    reads={"stays": "bronze/regione_lombardia/stays"},
    gives={
        "category_code": given("Kind of house.", "stays.category_code"),
        "day_on": given("Day to which the night belongs.", "stays.stayed_on"),
        "structures_count": given("Houses that reported.", *_KNOWN),
        "beds_count": given("Beds they had.", *_KNOWN),
        "rooms_count": given("Rooms they had.", "stays.rooms_count", *_KNOWN),
        "arrivals_count": given("Guests who arrived.", "stays.arrivals_count", *_KNOWN),
        "nights_count": given("Guests who slept there.", *_KNOWN),
        "foreign_nights_count": given(
            "Of them from abroad.", "stays.foreign_nights_count", *_KNOWN
        ),
        "largest_nights_count": given("Guests of the fullest house.", *_KNOWN),
    },
    key_columns=("category_code", "day_on"),
    window_by=None,
    title="Accommodation by kind and day",
    method_version="1",
    literature="Regulation (EU) 692/2011 on tourism statistics: arrivals, nights, bed places.",
)
