"""The services people need: where, of which kind, for how many, and when they are open."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity

_HOUR_S: Final = 3600
_MINUTE_S: Final = 60
_DAY_S: Final = 86_400


def point_of_interest(services: pl.DataFrame) -> pl.DataFrame:
    """Give each service with its opening hours in seconds since midnight.

    One that shuts at or before the hour at which it opens is open past midnight: `closes_s` is
    then above 86,400. One whose hours are not known is kept, without them.
    """
    opens, closes = _seconds("opens_code"), _seconds("closes_code")
    return services.select(
        entity_id=pl.lit("urn:ngsi-ld:PointOfInterest:brescia:comune_brescia:")
        + pl.col("service_id"),
        service_id="service_id",
        category_code="category_code",
        capacity_count="capacity_count",
        opens_s=opens,
        closes_s=pl.when(closes <= opens).then(closes + _DAY_S).otherwise(closes),
        weekdays_code="weekdays_code",
        lat_deg="lat_deg",
        lng_deg="lng_deg",
        valid_from="valid_from",
        valid_to="valid_to",
    ).sort("service_id", "valid_from")


def _seconds(clock: str) -> pl.Expr:
    """HH:MM as seconds since midnight; null where it is no time."""
    parts = pl.col(clock).str.extract_groups(r"^(?<h>\d{2}):(?<m>\d{2})$")
    hours, minutes = (parts.struct.field(name).cast(pl.Int64, strict=False) for name in ("h", "m"))
    return hours * _HOUR_S + minutes * _MINUTE_S


declaration = Declaration(
    function=point_of_interest,
    key="silver/services/point_of_interest",
    reads={"services": "bronze/comune_brescia/services"},
    gives={
        "entity_id": given("The service as an NGSI-LD entity.", "services.service_id"),
        "service_id": given("The publisher's code of the service.", "services.service_id"),
        "category_code": given("Its category, in Italian.", "services.category_code"),
        "capacity_count": given("People it can serve at a time.", "services.capacity_count"),
        "opens_s": given("When it opens, seconds since midnight.", "services.opens_code"),
        "closes_s": given(
            "When it shuts; above 86,400 after midnight.",
            "services.closes_code",
            "services.opens_code",
        ),
        "weekdays_code": given("A 1 or a 0 for each day from Monday.", "services.weekdays_code"),
        "lat_deg": given("Latitude, WGS84.", "services.lat_deg"),
        "lng_deg": given("Longitude, WGS84.", "services.lng_deg"),
        **validity("services"),
    },
    key_columns=("service_id", "valid_from"),
    window_by=None,
    with_history=("services",),
    title="Services and their opening hours",
    method_version="1",
    literature="Smart Data Models, dataModel.PointOfInterest, PointOfInterest.",
)
