"""How equally the reach of services is spread over residents."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from assets.declaration import Declaration, given
from assets.editions import only
from assets.measured import Measured, Value
from assets.methods.inequality import gini, palma, poverty, theil
from assets.plots import heat_table

_NEAR_MIN: Final = 15
_FAIR_MIN: Final = 30
_COLOURS: Final = (
    (0.0, "#b91c1c"), (0.25, "#f59e0b"), (0.5, "#bfdbfe"), (0.75, "#60a5fa"), (0.9, "#1d4ed8"),
)  # fmt: skip
_MEASURES: Final = (
    "within_15_ratio", "within_30_ratio", "gini_index", "theil_index", "palma_index",
    "fgt0_ratio", "fgt1_ratio", "fgt2_ratio",
)  # fmt: skip


@dataclass(frozen=True)
class Limits:
    """Whose access is poor and whose income: one edition of `definitions/access_equity`."""

    longest_min: float
    line_min: float
    poor_up_to_level: int
    rich_from_level: int


_SCHEMA: Final = pl.Schema(
    {
        "category_code": pl.String(),
        "band_code": pl.String(),
        "day_code": pl.String(),
        **dict.fromkeys(_MEASURES, pl.Float64()),
        "residents_count": pl.Int64(),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def equity_of_access(
    reach: pl.DataFrame, population: pl.DataFrame, lines: pl.DataFrame
) -> pl.DataFrame:
    """Give, for each category and time band, how equally residents reach its nearest open service.

    What is spread is what the way leaves of an hour: 60 minutes less the median travel time, nought
    for whoever reaches none. Gini, Theil and Palma (highest tenth of income over lowest four) are
    of that; FGT 0, 1 and 2 are the share, depth and severity of being farther than 15 minutes. The
    hour, the line of 15 minutes and the tenths are those of the newest definition. Sections off the
    streets take no part. Palma is null where one of both groups lives nowhere, or the poorer reach
    nothing.
    """
    values = only(lines)
    if values is None:
        return _SCHEMA.to_frame()
    limits = Limits(**{name: values[name] for name in Limits.__dataclass_fields__})
    people = population.select("section_id", "income_level", residents="residents_count")
    rows = (
        reach.join(people, on="section_id")
        .filter(pl.col("residents") > 0)
        .with_columns(
            has_data=pl.col("quality_code") != "no_data",
            minutes=pl.col("median_min").fill_null(limits.longest_min),
        )
        .sort("band_code", "category_code", "section_id")
    )
    found = []
    for (category, band), group in rows.group_by("category_code", "band_code", maintain_order=True):
        known = group.filter("has_data")
        everybody, counted = int(group["residents"].sum()), int(known["residents"].sum())
        is_partial = known["quality_code"].eq("partial").any() or counted < everybody
        measures = _measures(known, limits) if counted else dict.fromkeys(_MEASURES)
        found.append(
            {
                "category_code": category,
                "band_code": band,
                "day_code": group["day_code"].min(),
                **measures,
                "residents_count": counted,
                "definition_from_on": values["valid_from_on"],
                "completeness_ratio": _share(known, everybody),
                "observations_count": known.height,
                "quality_code": "no_data"
                if not counted
                else ("partial" if is_partial else "unverified"),
            }
        )
    return pl.DataFrame(found, schema=_SCHEMA).sort("category_code", "band_code")


def _share(known: pl.DataFrame, everybody: int) -> float:
    """How much of the residents' data was there, 0 to 1."""
    weighted = (known["residents"] * known["completeness_ratio"]).sum()
    return min(1.0, float(weighted) / everybody)


def _measures(known: pl.DataFrame, limits: Limits) -> dict[str, float | None]:
    minutes, people = known["minutes"].to_numpy(), known["residents"].to_numpy()
    left = np.clip(limits.longest_min - minutes, 0.0, limits.longest_min)
    line = limits.longest_min - limits.line_min
    income = known["income_level"].cast(pl.Float64).to_numpy()
    poorest = [poverty(left, people, line=line, aversion=n) for n in (0, 1, 2)]
    return {
        "within_15_ratio": float(np.average(minutes <= _NEAR_MIN, weights=people)),
        "within_30_ratio": float(np.average(minutes <= _FAIR_MIN, weights=people)),
        "gini_index": max(0.0, gini(left, people)),
        "theil_index": max(0.0, theil(left, people)),
        "palma_index": _or_none(
            lambda: palma(
                left,
                people,
                income,
                poor_up_to=limits.poor_up_to_level,
                rich_from=limits.rich_from_level,
            )
        ),
        "fgt0_ratio": poorest[0],
        "fgt1_ratio": poorest[1],
        "fgt2_ratio": poorest[2],
    }


def _or_none(ratio: Callable[[], float]) -> float | None:
    """A ratio, or None where it has no groups or nothing below."""
    try:
        value = ratio()
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _picture(frame: pl.DataFrame) -> str:
    """Residents within a quarter of an hour: a row a category, a column a time band."""
    bands = {
        band: f"{day[0]}{band.removeprefix(day + '_')[:2]}"
        for band, day in frame.select("band_code", "day_code").unique().sort("band_code").rows()
    }
    shares = frame.select("category_code", "band_code", "within_15_ratio").rows()
    return heat_table(
        "Residents within 15 minutes of an open service (w weekday, s Sunday, and the first hour)",
        rows=frame["category_code"].unique().sort().to_list(),
        columns=list(bands.values()),
        values={(category, bands[band]): share for category, band, share in shares},
        colours=_COLOURS,
        legend="share of residents",
    )


_WHO: Final = ("population.residents_count", "population.section_id", "reach.section_id")
_MADE_OF: Final = ("reach.median_min", "reach.quality_code", *_WHO)
_EDITION: Final = ("lines.valid_from_on", "lines.definition_code")
_SPREAD: Final = (*_MADE_OF, "lines.longest_min", *_EDITION)
_POOR: Final = (*_SPREAD, "lines.line_min")
_NO_INTERVAL: Final = "conta tutti i residenti, non un campione"

declaration = Declaration(
    function=equity_of_access,
    key="gold/services/equity_of_access_by_category",
    reads={
        "reach": "gold/services/reach_of_services_by_section",
        "population": "silver/services/population_by_section",
        "lines": "bronze/definitions/access_equity",
    },
    gives={
        "category_code": given("Category of services.", "reach.category_code"),
        "band_code": given("Time band and kind of day.", "reach.band_code"),
        "day_code": given("weekday or sunday.", "reach.day_code"),
        "within_15_ratio": given("Residents within 15 minutes, by the median.", *_SPREAD),
        "within_30_ratio": given("Residents within 30 minutes, by the median.", *_SPREAD),
        "gini_index": given("Gini of what the way leaves of an hour.", *_SPREAD),
        "theil_index": given("Theil's T of the same.", *_SPREAD),
        "palma_index": given(
            "Mean of the highest tenth of income over that of the lowest four.",
            "population.income_level",
            "lines.poor_up_to_level",
            "lines.rich_from_level",
            *_SPREAD,
        ),
        "fgt0_ratio": given("Share of residents farther than 15 minutes.", *_POOR),
        "fgt1_ratio": given("Depth: mean shortfall over the line.", *_POOR),
        "fgt2_ratio": given("Severity: mean of its square.", *_POOR),
        "residents_count": given("Residents counted.", "reach.quality_code", *_WHO),
        "definition_from_on": given("Day from which the line and tenths hold.", *_EDITION),
        "completeness_ratio": given(
            "Residents whose travel times are known, of all, times how complete these are.",
            "reach.completeness_ratio",
            "reach.quality_code",
            *_WHO,
        ),
        "observations_count": given("Sections counted.", "reach.quality_code", *_WHO),
        "quality_code": given(
            "unverified: speeds are assumed; partial without a timetable or off the streets.",
            "reach.quality_code",
            *_WHO,
        ),
    },
    key_columns=("category_code", "band_code"),
    window_by=None,
    title="Equity of access to services by category and time band",
    method_version="1",
    literature=(
        "Gini (1912); Theil (1967); Palma (2011); Foster, Greer & Thorbecke (1984), Econometrica "
        "52(3), as poverty of access: Karner, Pereira & Farber (2024), Transport Reviews. What is "
        "left of an hour as the good that is spread is the city's choice."
    ),
    plot=_picture,
    measured=Measured(
        entity="category_code",
        urn="urn:ngsi-ld:ServiceCategory:brescia:comune_brescia:",
        geometry="city",
        grain="always",
        by=("band_code",),
        definition_from="definition_from_on",
        values={
            "within_15_ratio": Value("Residenti entro 15 minuti", "1", no_interval=_NO_INTERVAL),
            "within_30_ratio": Value("Residenti entro 30 minuti", "1", no_interval=_NO_INTERVAL),
            "fgt1_ratio": Value(
                "Profondità della povertà di accesso", "1", no_interval=_NO_INTERVAL, bad="high"
            ),
            "gini_index": Value("Indice di Gini", "1", no_interval=_NO_INTERVAL, bad="high"),
        },
        title="Equità dei tempi della città",
        how=(
            "Di un'ora si guarda quanto resta dopo il viaggio fino al servizio aperto più vicino, "
            "e come questo si distribuisce tra i residenti. È povero di accesso chi dista più di "
            "15 minuti."
        ),
        is_high_bad=False,
    ),
)
