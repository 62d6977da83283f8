"""How much public green each quarter has for those who live there."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.areal import shares

# Brescia's town hall.
_ORIGIN: Final = {"origin_lat": 45.54, "origin_lng": 10.22}
# Below so many residents a quarter's figure is not one a head.
_LEAST_RESIDENTS: Final = 10
_STANDARD: Final = "green_per_resident"
_PRECISION: Final = 3


def public_green(
    areas: pl.DataFrame,
    trees: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    standards: pl.DataFrame,
) -> pl.DataFrame:
    """Give each quarter's public green, in all and a head, and its trees.

    An area on a border counts in each quarter by the share of it that lies there, with the surface
    that the Comune states. Crowns are those of the register of trees: private gardens and woods are
    not in it. A quarter with fewer than ten residents has no green a head.
    """
    places = quarters.select(area_id="quarter_id", geom="border_geom")
    public = areas.filter(pl.col("is_public") & pl.col("border_geom").is_not_null())
    green = (
        shares(public.select(part_id="area_id", geom="border_geom"), places, **_ORIGIN)
        .join(public.select(part_id="area_id", area_m2="area_m2"), on="part_id")
        .group_by(quarter_id="area_id")
        .agg(
            green_m2=(pl.col("share_ratio") * pl.col("area_m2")).sort().sum().round(_PRECISION),
            areas_count=pl.len().cast(pl.Int64),
        )
    )
    crowns = _crowns(trees, places)
    residents = sections.group_by("quarter_id").agg(pl.col("residents_count").sum())
    standard = newest(standards.filter(pl.col("standard_code") == _STANDARD))
    counts = ("green_m2", "areas_count", "trees_count", "crown_m2", "residents_count")
    is_told = pl.col("residents_count") >= _LEAST_RESIDENTS
    a_head = (pl.col("green_m2") / pl.col("residents_count")).round(_PRECISION)
    return (
        quarters.select("quarter_id", "quarter_name")
        .join(green, on="quarter_id", how="left")
        .join(crowns, on="quarter_id", how="left")
        .join(residents, on="quarter_id", how="left")
        .with_columns(pl.col(name).fill_null(0) for name in counts)
        .join(standard.select("least_m2", "valid_from_on"), how="left", on=pl.lit(1))
        .select(
            "quarter_id",
            "quarter_name",
            green_per_resident_m2=pl.when(is_told).then(a_head),
            green_m2="green_m2",
            residents_count="residents_count",
            is_below_standard=pl.when(is_told).then(a_head < pl.col("least_m2")),
            trees_count="trees_count",
            crown_m2="crown_m2",
            definition_from_on="valid_from_on",
            completeness_ratio=pl.lit(_drawn_share(areas)),
            observations_count=pl.col("areas_count") + pl.col("trees_count"),
            quality_code=pl.when(is_told).then(pl.lit("unverified")).otherwise(pl.lit("no_data")),
        )
        .sort("quarter_id")
    )


def _drawn_share(areas: pl.DataFrame) -> float:
    """How many of the public areas have a border, without which they are in no quarter."""
    public = areas.filter(pl.col("is_public"))
    drawn = public["border_geom"].is_not_null().sum()
    return int(drawn) / public.height if public.height else 0.0


def _crowns(trees: pl.DataFrame, places: pl.DataFrame) -> pl.DataFrame:
    from assets.maps import point_shapes

    known = trees.filter(pl.col("lat_deg").is_not_null() & pl.col("lng_deg").is_not_null())
    points = known.select(part_id="tree_id").with_columns(
        geom=point_shapes(known["lat_deg"], known["lng_deg"])
    )
    where = shares(points, places, **_ORIGIN)
    return (
        where.join(known.select(part_id="tree_id", crown_m2="crown_m2"), on="part_id")
        .group_by(quarter_id="area_id")
        .agg(
            trees_count=pl.len().cast(pl.Int64),
            crown_m2=pl.col("crown_m2").sort().sum().round(_PRECISION),
        )
    )


_GREEN: Final = ("areas.area_m2", "areas.is_public", "areas.border_geom", "quarters.border_geom")
_TREES: Final = (
    "trees.crown_m2", "trees.lat_deg", "trees.lng_deg", "trees.tree_id", "quarters.border_geom",
)  # fmt: skip
_RESIDENTS: Final = ("sections.residents_count", "sections.quarter_id")
_STANDARDS: Final = ("standards.least_m2", "standards.standard_code", "standards.valid_from_on")

declaration = Declaration(
    function=public_green,
    key="gold/green/public_green_by_quarter",
    reads={
        "areas": "bronze/comune_brescia/green_areas",
        "trees": "bronze/comune_brescia/trees",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "standards": "bronze/definitions/green_standards",
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "quarter_name": given("Name of the quarter.", "quarters.quarter_name"),
        "green_per_resident_m2": given(
            "Public green a resident.", *_GREEN, *_RESIDENTS, "areas.area_id"
        ),
        "green_m2": given("Public green.", *_GREEN, "areas.area_id"),
        "residents_count": given("Residents.", *_RESIDENTS),
        "is_below_standard": given(
            "Whether it has less a resident than the norm asks for.", *_GREEN, *_RESIDENTS,
            *_STANDARDS, "areas.area_id",
        ),
        "trees_count": given("Trees of the register.", *_TREES),
        "crown_m2": given("Surface of their crowns.", *_TREES),
        "definition_from_on": given("Day from which the norm holds.", *_STANDARDS),
        "completeness_ratio": given(
            "Public areas with a border, of all public areas.",
            "areas.border_geom",
            "areas.is_public",
        ),
        "observations_count": given(
            "Areas and trees counted.", *_GREEN, *_TREES, "areas.area_id"
        ),
        "quality_code": given(
            "unverified: the norm was not read again at its source.", *_RESIDENTS
        ),
    },
    key_columns=("quarter_id",),
    window_by=None,
    title="Public green by quarter",
    method_version="1",
    literature="D.M. 1444/1968, art. 3: 9 m² a resident; areal weighting: Goodchild & Lam (1980).",
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="always",
        definition_from="definition_from_on",
        values={
            "green_per_resident_m2": Value(
                "Verde pubblico per abitante",
                "m2",
                no_interval="è la superficie dichiarata dal Comune"
            ),
            "crown_m2": Value(
                "Chioma degli alberi", "m2", no_interval="è la somma del catasto del verde"
            ),
        },
        title="Verde pubblico",
        how=(
            "La superficie delle aree verdi aperte a tutti che stanno nel quartiere, divisa per "
            "chi ci abita. Un'area a cavallo di due quartieri conta in ciascuno per la sua parte."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
