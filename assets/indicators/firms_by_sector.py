"""How many firms each sector has, and how many more open than close, year by year."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.sectors import ALL, FIRMS, sectors_told
from assets.small_groups import LIMITS, alone_and_together, limited_by, newest_limit
from assets.trust import quality

_COUNTS: Final = ("firms_count", "opened_count", "closed_count")
_PRECISION: Final = 2


def firms_by_sector(firms: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """Give each sector's firms at the beginning of a year, and its net birth rate in it.

    The rate is those that opened less those that closed, over those at the beginning, in per cent;
    in the year of the register it is of the months so far, not stretched to a year. Sectors that
    had fewer firms in some year than the limit are told together. How many opened and closed is
    told where both are as many, and where the total does not give back those of another sector.
    """
    limit = newest_limit(limits, FIRMS)
    least = limit.least_count
    told = firms.join(sectors_told(firms, least=least), on="sector_code", how="inner")
    sectors = told.select(
        pl.col("told_code").alias("sector_code"), "year_on", *_COUNTS, "stated_on"
    )
    both = pl.concat([sectors, sectors.with_columns(sector_code=pl.lit(ALL))])
    years = both.group_by("sector_code", "year_on").agg(
        pl.col(_COUNTS).sum(), pl.col("stated_on").max()
    )
    shown = [
        _with_births(year, least=least) for year in years.sort("year_on").partition_by("year_on")
    ]
    ends_on = pl.col("year_on").dt.offset_by("1y")
    passed = (pl.min_horizontal("stated_on", ends_on) - pl.col("year_on")).dt.total_days()
    net = (pl.col("opened_count") - pl.col("closed_count")) / pl.col("firms_count") * 100
    return (
        pl.concat([years.with_columns(is_told=pl.lit(value=True)).clear(), *shown])
        .with_columns(completeness_ratio=passed / (ends_on - pl.col("year_on")).dt.total_days())
        # The register of January says nothing of its year.
        .filter(pl.col("completeness_ratio") > 0)
        .select(
            "sector_code",
            "year_on",
            net_birth_pct=net.round(_PRECISION),
            firms_count="firms_count",
            opened_count=pl.when("is_told").then("opened_count"),
            closed_count=pl.when("is_told").then("closed_count"),
            definition_from_on=pl.lit(limit.since, pl.Date),
            completeness_ratio="completeness_ratio",
            observations_count=pl.col("firms_count") + pl.col("opened_count"),
            quality_code=quality(partial=pl.col("completeness_ratio") < 1),
        )
        .sort("sector_code", "year_on")
    )


def _with_births(year: pl.DataFrame, *, least: int) -> pl.DataFrame:
    """One year's sectors, with whether their births and deaths may be told."""
    sectors = year.filter(pl.col("sector_code") != ALL)

    def passes(parts: Sequence[str]) -> bool:
        own = sectors.filter(pl.col("sector_code").is_in(list(parts)))
        return min(int(own["opened_count"].sum()), int(own["closed_count"].sum())) >= least

    moved = sectors.sort(pl.col("opened_count") + pl.col("closed_count"), "sector_code")
    alone, together = alone_and_together(moved["sector_code"].to_list(), passes)
    shown = [*alone, *([ALL] if alone or together else [])]
    return year.with_columns(is_told=pl.col("sector_code").is_in(shown))


def _picture(frame: pl.DataFrame) -> str:
    """Net births of all firms, and of the sectors that grew most and least in the last year."""
    whole = frame.filter(pl.col("completeness_ratio") == 1)
    last = whole.filter(
        (pl.col("year_on") == pl.col("year_on").max()) & (pl.col("sector_code") != ALL)
    ).sort("net_birth_pct", "sector_code")
    chosen = [ALL, *last["sector_code"].tail(2).to_list(), *last["sector_code"].head(2).to_list()]
    wide = whole.pivot("sector_code", index="year_on", values="firms_count").sort("year_on")
    return line_chart(
        "Firms at the beginning of each year: all and four sectors, the first year being 100",
        x=[f"{year:%Y}" for year in wide["year_on"]],
        series={
            code: (wide[code] / wide[code][0] * 100).to_list()
            for code in dict.fromkeys(chosen)
            if code in wide.columns
        },
        unit="index",
    )


_FIRMS: Final = (
    "firms.firms_count", "firms.opened_count", "firms.closed_count", *limited_by("limits"),
)  # fmt: skip
_ALL_COUNTED: Final = "è il conteggio di tutte le imprese del registro"

declaration = Declaration(
    function=firms_by_sector,
    key="gold/economy/yearly_firms_by_sector",
    reads={"firms": "silver/economy/firms_by_cell", "limits": LIMITS},
    gives={
        "sector_code": given(
            "Sector (ATECO); 'altri' of those told as one, 'totale' of all.",
            "firms.sector_code", *_FIRMS,
        ),
        "year_on": given("First day of the year.", "firms.year_on"),
        "net_birth_pct": given("Opened less closed, of a hundred at the beginning.", *_FIRMS),
        "firms_count": given("Firms at the beginning of the year.", *_FIRMS),
        "opened_count": given("Firms that opened; empty where not told.", *_FIRMS),
        "closed_count": given("Firms that closed; empty where not told.", *_FIRMS),
        "definition_from_on": given("Day from which the limit holds.", *limited_by("limits")),
        "completeness_ratio": given("Of the year, what the register covers.", "firms.stated_on"),
        "observations_count": given("Firms that were there.", *_FIRMS),
        "quality_code": given("partial in the year of the register.", "firms.stated_on"),
    },
    key_columns=("sector_code", "year_on"),
    window_by=None,
    title="Firms by sector and year",
    method_version="2",
    literature=(
        "Birth and death rates: Eurostat-OECD Manual on Business Demography Statistics (2007), "
        "here net and of the register; minimum counts: Hundepool et al. (2012), ch. 4."
    ),
    plot=_picture,
    measured=Measured(
        entity="sector_code",
        urn="urn:ngsi-ld:EconomicSector:brescia:camera_commercio:",
        geometry="city",
        grain="year",
        period="year_on",
        definition_from="definition_from_on",
        values={
            "net_birth_pct": Value("Saldo fra nate e cessate", "%", no_interval=_ALL_COUNTED),
            "firms_count": Value("Imprese attive", "1", no_interval=_ALL_COUNTED),
        },
        title="Imprese che nascono e che chiudono",
        how=(
            "Le imprese individuali nate in un anno meno quelle cessate, ogni cento attive "
            "all'inizio. I settori che in qualche anno ne hanno avute meno di dieci si sommano ad "
            "altri, perché dietro un'impresa c'è una persona. L'anno in corso conta i mesi "
            "trascorsi e non si proietta."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
