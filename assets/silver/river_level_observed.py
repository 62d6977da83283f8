"""How high the rivers stand, every ten minutes: the last word of each measurement."""

import polars as pl

from assets.declaration import Declaration, given


def river_level_observed(measurements: pl.DataFrame) -> pl.DataFrame:
    """Give each gauge's level above its zero as the publisher last stated it."""
    return (
        measurements.sort("window_on")
        .unique(["station_id", "measured_at"], keep="last", maintain_order=True)
        .select(
            entity_id=pl.lit("urn:ngsi-ld:WaterObserved:brescia:arpa_lombardia:")
            + pl.col("station_id"),
            station_id="station_id",
            river_name="river_name",
            observed_at="measured_at",
            level_m="level_m",
            lat_deg="lat_deg",
            lng_deg="lng_deg",
        )
        .sort("station_id", "observed_at")
    )


declaration = Declaration(
    function=river_level_observed,
    key="silver/water/river_level_observed",
    reads={"measurements": "bronze/arpa_lombardia/river_levels"},
    gives={
        "entity_id": given("The gauge as an NGSI-LD entity.", "measurements.station_id"),
        "station_id": given("ARPA's id of the gauge.", "measurements.station_id"),
        "river_name": given("Name of the river.", "measurements.river_name"),
        "observed_at": given("Instant of the measurement, UTC.", "measurements.measured_at"),
        "level_m": given("Level above the gauge's zero.", "measurements.level_m"),
        "lat_deg": given("Latitude, WGS 84.", "measurements.lat_deg"),
        "lng_deg": given("Longitude, WGS 84.", "measurements.lng_deg"),
    },
    key_columns=("station_id", "observed_at"),
    window_by="observed_at",
    title="River levels observed",
    method_version="1",
    literature="Smart Data Models, dataModel.Environment, WaterObserved.",
)
