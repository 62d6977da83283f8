"""Who has green to walk to, trees in sight and leaves above: the rule of 3, 30 and 300."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.editions import newest, only
from assets.green import canopy_by_quarter, green_to_stay_in, trees_near, ways_to_green
from assets.measured import Measured, Value

_HOME: Final = "residenziale"
_NEEDED: Final = ("near_green", "trees_in_sight", "canopy", "entrance", "residents")
_PRECISION: Final = 6
_SCHEMA: Final = pl.Schema(
    {
        "quarter_id": pl.String(),
        "quarter_name": pl.String(),
        "near_green_ratio": pl.Float64(),
        "crow_near_ratio": pl.Float64(),
        "trees_in_sight_ratio": pl.Float64(),
        "canopy_ratio": pl.Float64(),
        "three_thirty_ratio": pl.Float64(),
        "residents_count": pl.Int64(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def green_nearby(
    *,
    buildings: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    areas: pl.DataFrame,
    trees: pl.DataFrame,
    terrain: pl.DataFrame,
    nodes: pl.DataFrame,
    segments: pl.DataFrame,
    kinds: pl.DataFrame,
    standards: pl.DataFrame,
    speeds: pl.DataFrame,
) -> pl.DataFrame:
    """Give, for each quarter, the share of residents who live by each part of the rule, and by all.

    Near is a public area to stay in of half a hectare within 300 m walked along streets, from the
    middle of the building; three trees in sight are three of the Comune's within 30 m of it, a
    stand-in for what is seen from its windows; the canopy is the quarter's own. Residents of a
    section are spread over its dwellings by their floors; those of a section without dwellings are
    left out, and completeness says so. Below ten residents there is no share. Numbers are of the
    newest edition of each standard; that of the half hectare was not read at its source.
    """
    held = {row["standard_code"]: row for row in _newest(standards).iter_rows(named=True)}
    habits = only(speeds)
    if not (held.keys() >= set(_NEEDED) and habits and quarters.height):
        return _SCHEMA.to_frame()
    homes = _homes(buildings, sections)
    near, sight = held["near_green"], held["trees_in_sight"]
    known_trees = trees.drop_nulls(["lat_deg", "lng_deg", "crown_m2"]).sort("tree_id")
    way = ways_to_green(
        homes["shape_geom"],
        green_to_stay_in(areas, kinds, least_m2=near["least_m2"])["border_geom"],
        nodes=nodes,
        segments=segments,
        entrance_m=held["entrance"]["within_m"],
        farthest_m=habits["snap_reach_m"],
    )
    in_sight = trees_near(homes["shape_geom"], known_trees, within_m=sight["within_m"])
    canopy = canopy_by_quarter(quarters, known_trees, terrain)
    lived = homes.with_columns(
        is_near=pl.Series(way.walked_m <= near["within_m"], dtype=pl.Boolean),
        is_crow_near=pl.Series(way.crow_m <= near["within_m"], dtype=pl.Boolean),
        has_trees=pl.Series(in_sight >= sight["least_count"], dtype=pl.Boolean),
    ).join(canopy, on="quarter_id", how="left")
    enough = pl.col("canopy_ratio") >= pl.lit(held["canopy"]["least_ratio"], pl.Float64)
    shares = lived.group_by("quarter_id").agg(
        near_green_ratio=_share(pl.col("is_near")),
        crow_near_ratio=_share(pl.col("is_crow_near")),
        trees_in_sight_ratio=_share(pl.col("has_trees")),
        three_thirty_ratio=_share(pl.col("is_near") & pl.col("has_trees") & enough),
        placed=pl.col("people").sort().sum(),
        observations_count=pl.len().cast(pl.Int64),
    )
    rows = shares.join(canopy, on="quarter_id", how="full", coalesce=True)
    since = max(one["valid_from_on"] for one in held.values())
    least = held["residents"]["least_count"]
    return _told(quarters, sections, rows, least=least, since=since)


def _newest(standards: pl.DataFrame) -> pl.DataFrame:
    """The newest row of each standard that this table needs."""
    return newest(standards.filter(pl.col("standard_code").is_in(_NEEDED)), "standard_code")


def _homes(buildings: pl.DataFrame, sections: pl.DataFrame) -> pl.DataFrame:
    """The dwellings of sections where anybody lives, and how many live in each."""
    known = buildings.filter(
        (pl.col("use_code") == _HOME)
        & (pl.col("floor_m2") > 0)
        & pl.col("shape_geom").is_not_null()
    )
    lived = sections.filter(pl.col("residents_count") > 0)
    share = pl.col("floor_m2") / pl.col("floor_m2").sort().sum().over("section_id")
    return (
        known.select("building_id", "section_id", "shape_geom", "floor_m2")
        .join(lived.select("section_id", "quarter_id", "residents_count"), on="section_id")
        .with_columns(people=share * pl.col("residents_count"))
        .sort("building_id")
    )


def _share(holds: pl.Expr) -> pl.Expr:
    """Which share of people live where something holds; null where that is not known."""
    weighted = pl.when(holds).then(pl.col("people")).otherwise(0.0)
    share = weighted.sort().sum() / pl.col("people").sort().sum()
    return pl.when(holds.is_not_null().all()).then(share.clip(0.0, 1.0).round(_PRECISION))


def _told(
    quarters: pl.DataFrame,
    sections: pl.DataFrame,
    shares: pl.DataFrame,
    *,
    least: int,
    since: object,
) -> pl.DataFrame:
    """A row a quarter, with how far it may be relied on."""
    residents = sections.group_by("quarter_id").agg(pl.col("residents_count").sum().cast(pl.Int64))
    counted = pl.col("residents_count").fill_null(0)
    placed = pl.col("placed").fill_null(0.0)
    is_told = (counted >= least) & (placed > 0)
    names = ("near_green_ratio", "crow_near_ratio", "trees_in_sight_ratio", "three_thirty_ratio")
    return (
        quarters.select("quarter_id", "quarter_name")
        .join(shares, on="quarter_id", how="left")
        .join(residents, on="quarter_id", how="left")
        .with_columns(pl.when(is_told).then(name).alias(name) for name in names)
        .with_columns(
            residents_count=counted,
            definition_from_on=pl.lit(since, pl.Date),
            completeness_ratio=pl.when(counted > 0)
            .then((placed / counted).clip(upper_bound=1.0).round(_PRECISION))
            .otherwise(0.0),
            observations_count=pl.col("observations_count").fill_null(0),
            quality_code=pl.when(is_told).then(pl.lit("unverified")).otherwise(pl.lit("no_data")),
        )
        .select(pl.col(name).cast(kind) for name, kind in _SCHEMA.items())
        .sort("quarter_id")
    )


_STANDARDS: Final = ("standards.standard_code", "standards.valid_from_on")
_PEOPLE: Final = (
    "buildings.section_id", "buildings.use_code", "buildings.floor_m2", "buildings.shape_geom",
    "sections.section_id", "sections.quarter_id", "sections.residents_count",
)  # fmt: skip
_WHO: Final = (*_PEOPLE, "standards.least_count", *_STANDARDS)
_AREAS: Final = (
    "areas.area_m2", "areas.border_geom", "areas.is_public", "areas.kind_code", "kinds.kind_code",
    "kinds.is_to_stay", "kinds.valid_from_on", "standards.least_m2", "standards.within_m",
)  # fmt: skip
_CROW: Final = (*_WHO, *_AREAS)
_WALK: Final = (
    *_CROW, "nodes.node_id", "nodes.lat_deg", "nodes.lng_deg", "segments.from_node_id",
    "segments.to_node_id", "segments.length_m", "speeds.snap_reach_m", "speeds.valid_from_on",
    "speeds.definition_code",
)  # fmt: skip
_PLACES: Final = ("trees.lat_deg", "trees.lng_deg", "trees.crown_m2")
_SIGHT: Final = (*_WHO, *_PLACES, "standards.within_m")
_CANOPY: Final = (
    *_PLACES, "quarters.border_geom", "terrain.cover_code", "terrain.lat_deg", "terrain.lng_deg",
    "terrain.grid_row_index", "terrain.grid_column_index",
)  # fmt: skip
_NO_INTERVAL: Final = "è calcolato su tutti gli edifici, non su un campione"

declaration = Declaration(
    function=green_nearby,
    key="gold/green/green_nearby_by_quarter",
    reads={
        "buildings": "bronze/comune_brescia/buildings",
        "sections": "silver/services/population_by_section",
        "quarters": "silver/territory/quarters",
        "areas": "bronze/comune_brescia/green_areas",
        "trees": "bronze/comune_brescia/trees",
        "terrain": "bronze/regione_lombardia/terrain",
        "nodes": "silver/mobility/road_node",
        "segments": "silver/mobility/road_segment",
        "kinds": "bronze/definitions/green_kinds",
        "standards": "bronze/definitions/green_standards",
        "speeds": "bronze/definitions/access_speeds",
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "quarter_name": given("Name of the quarter.", "quarters.quarter_name"),
        "near_green_ratio": given("Residents with green within 300 m walked.", *_WALK),
        "crow_near_ratio": given("The same as the crow flies, to compare.", *_CROW),
        "trees_in_sight_ratio": given("Residents with three trees within 30 m.", *_SIGHT),
        "canopy_ratio": given("Ground of the quarter under leaves.", *_CANOPY),
        "three_thirty_ratio": given(
            "Residents with all three of 3-30-300.", *_WALK, *_SIGHT, *_CANOPY,
            "standards.least_ratio",
        ),
        "residents_count": given(
            "Residents.", "sections.residents_count", "sections.quarter_id"
        ),
        "definition_from_on": given("Day from which the newest standard holds.", *_STANDARDS),
        "completeness_ratio": given("Residents placed in dwellings, of all.", *_PEOPLE),
        "observations_count": given("Dwellings.", *_PEOPLE),
        "quality_code": given(
            "unverified: half a hectare was not read at its source; no_data below ten residents.",
            *_WHO,
        ),
    },
    key_columns=("quarter_id",),
    window_by=None,
    title="Green nearby by quarter: 3-30-300",
    method_version="1",
    literature=(
        "Konijnendijk (2022), Journal of Forestry Research 34: three trees from every home, 30 % "
        "canopy in every neighbourhood, 300 m to green (read at the author's institute); half a "
        "hectare: WHO Europe (2016), not read at its source. Shortest paths: Dijkstra (1959)."
    ),
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="always",
        definition_from="definition_from_on",
        values={
            "near_green_ratio": Value(
                "Residenti con verde entro 300 m a piedi", "1", no_interval=_NO_INTERVAL
            ),
            "trees_in_sight_ratio": Value(
                "Residenti con tre alberi vicino a casa", "1", no_interval=_NO_INTERVAL
            ),
            "canopy_ratio": Value(
                "Suolo sotto le chiome", "1", no_interval="è la somma di boschi e catasto"
            ),
            "three_thirty_ratio": Value(
                "Residenti per cui vale la regola 3-30-300", "1", no_interval=_NO_INTERVAL
            ),
        },
        title="Verde vicino a casa (3-30-300)",
        how=(
            "Per ogni edificio abitato: se lungo le strade c'è, entro 300 metri, un parco, un "
            "giardino o un bosco pubblico di almeno mezzo ettaro; se entro 30 metri ci sono "
            "almeno tre alberi del Comune; se le chiome coprono tre decimi del quartiere. I "
            "giardini privati non sono compresi."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
