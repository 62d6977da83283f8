"""How much public green each quarter has for those who live there."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.areal import shares
from assets.placing import ORIGIN

_STANDARDS_READ: Final = ("green_per_resident", "residents")
_PRECISION: Final = 3


def public_green(
    *,
    areas: pl.DataFrame,
    trees: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    kinds: pl.DataFrame,
    standards: pl.DataFrame,
) -> pl.DataFrame:
    """Give each quarter's public green, in all and a head, and its trees.

    An area on a border counts in each quarter by the share of it that lies there, with the surface
    that the Comune states. Only what is fitted out as a park counts for the norm, which leaves
    strips along roads out. Crowns are those of the register of trees: private gardens and woods are
    not in it. A quarter with fewer than ten residents (by definition) has no green a head.
    """
    places = quarters.select(area_id="quarter_id", geom="border_geom")
    public = areas.filter(pl.col("is_public") & pl.col("border_geom").is_not_null())
    fitted_out = newest(kinds, "kind_code").filter("is_fitted_out")["kind_code"].to_list()
    share_m2 = pl.col("share_ratio") * pl.col("area_m2")
    counts_for_norm = pl.col("kind_code").is_in(fitted_out).fill_null(value=False)
    green = (
        shares(public.select(part_id="area_id", geom="border_geom"), places, **ORIGIN)
        .join(public.select("area_m2", "kind_code", part_id="area_id"), on="part_id")
        .group_by(quarter_id="area_id")
        .agg(
            green_m2=share_m2.sort().sum().round(_PRECISION),
            fitted_out_m2=share_m2.filter(counts_for_norm).sort().sum().round(_PRECISION),
            areas_count=pl.len().cast(pl.Int64),
        )
    )
    crowns = _crowns(trees, places)
    residents = sections.group_by("quarter_id").agg(pl.col("residents_count").sum())
    held = {name: newest(standards.filter(standard_code=name)).head(1) for name in _STANDARDS_READ}
    norm, least = held["green_per_resident"], held["residents"]["least_count"].max()
    counts = (
        "green_m2", "fitted_out_m2", "areas_count", "trees_count", "crown_m2", "residents_count",
    )  # fmt: skip
    is_told = (pl.col("residents_count") > 0) & (
        pl.col("residents_count") >= pl.lit(least, pl.Int64)
    )
    a_head = (pl.col("green_m2") / pl.col("residents_count")).round(_PRECISION)
    fitted = (pl.col("fitted_out_m2") / pl.col("residents_count")).round(_PRECISION)
    return (
        quarters.select("quarter_id", "quarter_name")
        .join(green, on="quarter_id", how="left")
        .join(crowns, on="quarter_id", how="left")
        .join(residents, on="quarter_id", how="left")
        .with_columns(pl.col(name).fill_null(0) for name in counts)
        .join(norm.select("least_m2", "valid_from_on"), how="left", on=pl.lit(1))
        .with_columns(is_told=is_told.fill_null(value=False))
        .select(
            "quarter_id",
            "quarter_name",
            green_per_resident_m2=pl.when("is_told").then(a_head),
            fitted_out_per_resident_m2=pl.when("is_told").then(fitted),
            green_m2="green_m2",
            fitted_out_m2="fitted_out_m2",
            residents_count="residents_count",
            is_below_standard=pl.when("is_told").then(fitted < pl.col("least_m2")),
            trees_count="trees_count",
            crown_m2="crown_m2",
            definition_from_on="valid_from_on",
            completeness_ratio=pl.lit(_drawn_share(areas)),
            observations_count=pl.col("areas_count") + pl.col("trees_count"),
            quality_code=pl.when("is_told").then(pl.lit("ok")).otherwise(pl.lit("no_data")),
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
    where = shares(points, places, **ORIGIN)
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
_FITTED_OUT: Final = (
    *_GREEN, "areas.area_id", "areas.kind_code", "kinds.kind_code", "kinds.is_fitted_out",
    "kinds.valid_from_on",
)  # fmt: skip
_STANDARD: Final = ("standards.standard_code", "standards.valid_from_on")
_LEAST: Final = (*_RESIDENTS, "standards.least_count", *_STANDARD)

declaration = Declaration(
    function=public_green,
    key="gold/green/public_green_by_quarter",
    reads={
        "areas": "bronze/comune_brescia/green_areas",
        "trees": "bronze/comune_brescia/trees",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "kinds": "bronze/definitions/green_kinds",
        "standards": "bronze/definitions/green_standards",
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "quarter_name": given("Name of the quarter.", "quarters.quarter_name"),
        "green_per_resident_m2": given(
            "Public green a resident.", *_GREEN, *_LEAST, "areas.area_id"
        ),
        "fitted_out_per_resident_m2": given(
            "Of it, what is fitted out as a park.", *_FITTED_OUT, *_LEAST
        ),
        "green_m2": given("Public green.", *_GREEN, "areas.area_id"),
        "fitted_out_m2": given("Of it, what is fitted out as a park.", *_FITTED_OUT),
        "residents_count": given("Residents.", *_RESIDENTS),
        "is_below_standard": given(
            "Whether less of it a resident is fitted out than the norm asks for.", *_FITTED_OUT,
            *_LEAST, "standards.least_m2",
        ),
        "trees_count": given("Trees of the register.", *_TREES),
        "crown_m2": given("Surface of their crowns.", *_TREES),
        "definition_from_on": given("Day from which the norm holds.", *_STANDARD),
        "completeness_ratio": given(
            "Public areas with a border, of all public areas.",
            "areas.border_geom",
            "areas.is_public",
        ),
        "observations_count": given(
            "Areas and trees counted.", *_GREEN, *_TREES, "areas.area_id"
        ),
        "quality_code": given("no_data below ten residents.", *_LEAST),
    },
    key_columns=("quarter_id",),
    window_by=None,
    title="Public green by quarter",
    method_version="2",
    literature=(
        "D.M. 1444/1968, art. 3, c (Gazzetta Ufficiale 97/1968): 9 m² a resident, strips along "
        "roads left out; areal weighting: Goodchild & Lam (1980)."
    ),
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
            "fitted_out_per_resident_m2": Value(
                "Verde attrezzato per abitante",
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
            "chi ci abita. Un'area a cavallo di due quartieri conta in ciascuno per la sua parte. "
            "La norma chiede 9 m² attrezzati a parco a testa: il verde lungo le strade non vale."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
