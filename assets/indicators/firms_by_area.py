"""Where the firms of each sector are, and where there are more of them than elsewhere."""

from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.sectors import ALL, FIRMS, sectors_told
from assets.small_groups import LIMITS, limited_by, newest_limit
from assets.trust import quality
from quality.disclosure.policy import TOTAL, WITHHELD, Cells, Thresholds
from quality.disclosure.tables import protect_cells

_TABLE: Final = "gold/economy/firms_by_cell_and_sector"
# The grids of H3 tried, finest first: on one so many of the firms have to be in a cell that is
# told. The register states the finest.
_GRIDS: Final = (8, 7, 6, 5)
_SUBJECT: Final = "firms_by_area"
_PRECISION: Final = 3


def firms_by_area(
    firms: pl.DataFrame, completeness: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Count the firms of each area and sector now, and give the location quotient of each.

    The quotient is the sector's share of the area's firms over its share of the city's: above one,
    there are more of them than elsewhere. An area is a cell of the finest grid of H3 on which
    enough of the firms are in a cell and sector that may be told. Cells with fewer firms than the
    limit are withheld, and so many others that the totals of areas (`totale`) and of sectors do not
    give them back. A sector without a row has no firm there; without such a grid, there are no rows
    at all.
    """
    rule = completeness_of(completeness, _SUBJECT)
    fewest = newest_limit(limits, FIRMS).least_count
    now = _now(firms, sectors_told(firms, least=fewest))
    city = now.group_by("sector_code").agg(city_count=pl.col("firms_count").sum())
    cells = _protected(now, least_ratio=rule.least, least_count=fewest)
    areas = cells.filter(pl.col("sector_code") == ALL).select("cell_id", area_count="firms_count")
    of_area = pl.col("firms_count") / pl.col("area_count")
    of_city = pl.col("city_count") / city["city_count"].sum()
    return (
        cells.filter(pl.col("firms_count").is_null() | (pl.col("firms_count") > 0))
        .join(areas, on="cell_id", how="left")
        # All sectors together are no sector of the city's, and have no quotient.
        .join(city, on="sector_code", how="left")
        .select(
            "cell_id",
            "sector_code",
            "firms_count",
            location_quotient_index=(of_area / of_city).round(_PRECISION),
            is_withheld=WITHHELD,
            definition_from_on=rule.edition,
            completeness_ratio=pl.lit(1.0),
            observations_count=pl.col("firms_count").fill_null(0),
            quality_code=quality(no_data=pl.col(WITHHELD)),
        )
        .sort("cell_id", "sector_code")
    )


def _now(firms: pl.DataFrame, told: pl.DataFrame) -> pl.DataFrame:
    """The firms of each cell and sector that are there now, under the sector they are told as."""
    newest = firms.filter(pl.col("year_on") == pl.col("year_on").max())
    return (
        newest.join(told, on="sector_code", how="inner")
        .group_by("cell_id", sector_code="told_code")
        .agg(
            firms_count=(
                pl.col("firms_count") + pl.col("opened_count") - pl.col("closed_count")
            ).sum()
        )
        .filter(pl.col("firms_count") > 0)
        .sort("cell_id", "sector_code")
    )


def _protected(now: pl.DataFrame, *, least_ratio: float, least_count: int) -> pl.DataFrame:
    """The areas and sectors of the finest grid on which enough may be told, with areas' totals."""
    import h3

    release = Cells(
        quasi_identifiers=("cell_id", "sector_code"),
        count="firms_count",
        thresholds=Thresholds(k=least_count),
    )
    for grid in _GRIDS:
        parents = [h3.cell_to_parent(cell, grid) for cell in now["cell_id"]]
        areas = (
            now.with_columns(cell_id=pl.Series(parents, dtype=pl.String))
            .group_by("cell_id", "sector_code")
            .agg(pl.col("firms_count").sum())
            .sort("cell_id", "sector_code")
        )
        large = areas.filter(pl.col("firms_count") >= least_count)["firms_count"].sum()
        if areas.is_empty() or int(large) < least_ratio * int(areas["firms_count"].sum()):
            continue
        cells = protect_cells(_TABLE, areas, release)
        # Another table tells the sectors' totals: they must not have to be withheld here.
        if not cells.filter((pl.col("cell_id") == TOTAL) & pl.col(WITHHELD)).height:
            return cells.filter(pl.col("cell_id") != TOTAL)
    return protect_cells(_TABLE, now.clear(), release)


_FIRMS: Final = (
    "firms.firms_count", "firms.opened_count", "firms.closed_count", "firms.year_on",
    *completeness_columns("completeness", "least_ratio"), *limited_by("limits"),
)  # fmt: skip
_RULE: Final = completeness_columns("completeness")
_ALL_COUNTED: Final = "è il conteggio di tutte le imprese del registro"

declaration = Declaration(
    function=firms_by_area,
    key=_TABLE,
    reads={
        "firms": "silver/economy/firms_by_cell",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "cell_id": given("H3 cell, as coarse as it has to be.", "firms.cell_id", *_FIRMS),
        "sector_code": given(
            "Sector (ATECO); 'altri' of those told as one, 'totale' of all.",
            "firms.sector_code", *_FIRMS,
        ),
        "firms_count": given("Firms now; empty where withheld.", *_FIRMS),
        "location_quotient_index": given(
            "Share of the area's firms over the share of the city's.", *_FIRMS
        ),
        "is_withheld": given("Whether too few firms are behind it, or it gives others back.",
                             *_FIRMS),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given("1: the register is whole.", *_FIRMS),
        "observations_count": given("Firms counted.", *_FIRMS),
        "quality_code": given("no_data where withheld.", *_FIRMS),
    },
    key_columns=("cell_id", "sector_code"),
    window_by=None,
    title="Firms by area and sector",
    method_version="2",
    literature=(
        "Location quotient: Isard, Methods of Regional Analysis (1960). Withholding: Hundepool et "
        "al., Statistical Disclosure Control (2012), ch. 4."
    ),
    measured=Measured(
        entity="cell_id",
        urn="urn:ngsi-ld:Cell:brescia:h3:",
        geometry="cell",
        grain="always",
        by=("sector_code",),
        definition_from="definition_from_on",
        values={
            "firms_count": Value("Imprese", "1", no_interval=_ALL_COUNTED),
            "location_quotient_index": Value(
                "Quoziente di localizzazione", "1", no_interval=_ALL_COUNTED, is_relative=True
            ),
        },
        title="Dove stanno le imprese",
        how=(
            "Quante imprese individuali di ogni settore ha una zona, e quanto pesano lì rispetto "
            "alla città: sopra uno ce ne sono più che altrove. Le caselle con meno di dieci "
            "imprese non si mostrano, e nemmeno quelle da cui si ricaverebbero."
        ),
        is_high_bad=None,
    ),
)  # fmt: skip
