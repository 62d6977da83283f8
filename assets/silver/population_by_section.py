"""Where people live: residents of each census section by age, their income, and a point in it."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.validity import validity

_AGES: Final = {
    "age_0_14_count": "Residents up to 14 years.",
    "age_15_24_count": "Residents from 15 to 24 years.",
    "age_25_44_count": "Residents from 25 to 44 years.",
    "age_45_64_count": "Residents from 45 to 64 years.",
    "age_65_79_count": "Residents from 65 to 79 years.",
    "age_80_count": "Residents from 80 years on.",
}


def population_by_section(sections: pl.DataFrame) -> pl.DataFrame:
    """Give each census section's residents, decile of income, and a point within its border.

    The point is one on its surface, not its centroid, which may lie outside.
    """
    return (
        sections.select(
            entity_id=pl.lit("urn:ngsi-ld:CensusSection:brescia:istat:") + pl.col("section_id"),
            section_id="section_id",
            quarter_id="quarter_id",
            residents_count="residents_count",
            **{name: pl.col(name) for name in _AGES},
            income_level="income_level",
            inside=pl.col("border_geom").map_batches(
                _inside, return_dtype=pl.Struct({"lat_deg": pl.Float64, "lng_deg": pl.Float64})
            ),
            border_geom="border_geom",
            valid_from="valid_from",
            valid_to="valid_to",
        )
        .unnest("inside")
        .sort("section_id", "valid_from")
    )


def _inside(borders: pl.Series) -> pl.Series:
    """A point on each surface (WKB, WGS 84)."""
    import shapely

    points = shapely.point_on_surface(shapely.from_wkb(borders.to_numpy(writable=True)))
    return pl.DataFrame(
        {"lat_deg": shapely.get_y(points), "lng_deg": shapely.get_x(points)},
        schema={"lat_deg": pl.Float64, "lng_deg": pl.Float64},
        nan_to_null=True,
    ).to_struct(borders.name)


declaration = Declaration(
    function=population_by_section,
    key="silver/services/population_by_section",
    reads={"sections": "bronze/istat/census_sections"},
    gives={
        "entity_id": given("The section as an NGSI-LD entity.", "sections.section_id"),
        "section_id": given("ISTAT's code of the section.", "sections.section_id"),
        "quarter_id": given("The quarter it is in.", "sections.quarter_id"),
        "residents_count": given("Residents.", "sections.residents_count"),
        **{name: given(text, f"sections.{name}") for name, text in _AGES.items()},
        "income_level": given("Decile of income, 10 the highest.", "sections.income_level"),
        "lat_deg": given("Latitude of a point within, WGS84.", "sections.border_geom"),
        "lng_deg": given("Longitude of a point within, WGS84.", "sections.border_geom"),
        "border_geom": given("Its border, WGS84.", "sections.border_geom"),
        **validity("sections"),
    },
    key_columns=("section_id", "valid_from"),
    window_by=None,
    with_history=("sections",),
    title="Residents by census section",
    method_version="1",
    literature="ISTAT, Basi territoriali e variabili censuarie.",
)
