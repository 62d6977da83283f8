"""Where extreme events would hurt most: hazard, exposure and vulnerability of each cell."""

from typing import Final

import numpy as np
import polars as pl

from assets.cells import ground_near, spread_over
from assets.declaration import Declaration, given
from assets.editions import newest, weights_of
from assets.green import green_to_stay_in
from assets.maps import cell_shapes, shape_map
from assets.measured import Measured, Value
from assets.methods.composite import (
    geometric_mean,
    random_weights,
    rank_from_worst,
    rank_interval,
)
from assets.methods.terrain import percentile_rank

_NEAR_GREEN: Final = "near_green"
_DRAWS: Final = 500
_SEED: Final = 2008
_PARTS: Final = ("hazard", "exposure", "vulnerability")
_INDICES: Final = (
    "pluvial_hazard_index", "heat_hazard_index", "exposure_index", "elderly_ratio",
    "no_green_ratio", "pluvial_vulnerability_index", "heat_vulnerability_index",
    "pluvial_risk_index", "heat_risk_index", "risk_max_index", "risk_mean_index",
)  # fmt: skip
_RANKS: Final = ("rank_level", "rank_low_level", "rank_high_level")
SCHEMA: Final = pl.Schema(
    {
        "cell_id": pl.String(),
        **dict.fromkeys(_INDICES, pl.Float64()),
        **dict.fromkeys(_RANKS, pl.Int64()),
        "definition_from_on": pl.Date(),
        "completeness_ratio": pl.Float64(),
        "observations_count": pl.Int64(),
        "quality_code": pl.String(),
    }
)


def extreme_risk_by_cell(
    *,
    pluvial: pl.DataFrame,
    sections: pl.DataFrame,
    green: pl.DataFrame,
    kinds: pl.DataFrame,
    standards: pl.DataFrame,
    weights: pl.DataFrame,
) -> pl.DataFrame:
    """Rate each cell's risk from intense rain and from heat, and rank the cells, 1 the worst.

    A risk is the weighted geometric mean of hazard, exposure (residents) and vulnerability, each
    from 0 to 1. Rain: the hazard of the pluvial table; the vulnerable are the share aged 65 and
    over, as a rank. Heat: hazard is the rank in sealed ground, which stands for the city's heat
    island and is no temperature; vulnerability is the mean of the rank in the elderly and of the
    share of the cell farther than 300 m, as the crow flies, from public green to stay in of half a
    hectare (kinds and limits by definition).
    Wind, drought and air episodes have no difference between cells here and are left out. Cells are
    ranked by their greater risk. The interval (5 to 95 %) is that of the rank over 500 random
    weights, by the greater and by the mean risk in turn.
    """
    cells = pluvial.sort("cell_id")
    if not cells.height:
        return SCHEMA.to_frame()
    elderly = _elderly(cells["cell_id"], sections)
    far = _far_from_green(cells["cell_id"], green, kinds, standards)
    lives = cells["residents_count"].fill_null(0.0).to_numpy() > 0
    old = np.where(lives, percentile_rank(np.where(lives, elderly, np.nan)), 0.0)
    old = np.nan_to_num(old)
    exposure = cells["exposure_index"].fill_null(0.0).to_numpy()
    rain = cells["hazard_index"].fill_null(np.nan).to_numpy()
    sealed = cells["sealed_ratio"].fill_null(np.nan).to_numpy()
    heat, hot_vulnerable = percentile_rank(sealed), (old + far) / 2
    parts = np.stack(
        [
            np.stack([rain, exposure, old], axis=-1),
            np.stack([heat, exposure, hot_vulnerable], axis=-1),
        ]
    )
    is_known = ~np.isnan(parts).any(axis=(0, 2))
    chosen = [weights_of(weights, name, _PARTS) for name in ("pluvial_risk", "heat_risk")]
    if any(one is None for one in chosen):
        is_known[:] = False
    columns = dict(zip(_INDICES[:3], (rain, heat, exposure), strict=True))
    columns |= {"elderly_ratio": np.where(lives, elderly, np.nan), "no_green_ratio": far}
    columns |= {"pluvial_vulnerability_index": old, "heat_vulnerability_index": hot_vulnerable}
    columns |= _rated(parts, chosen, is_known)
    made = cells.with_columns(
        pl.Series(name, values, dtype=pl.Float64).fill_nan(None) for name, values in columns.items()
    )
    return made.with_columns(
        definition_from_on=pl.lit(newest(weights)["valid_from_on"].max(), pl.Date),
        quality_code=pl.when(~pl.Series(is_known))
        .then(pl.lit("no_data"))
        .when(pl.col("quality_code") == "ok")
        .then(pl.lit("modelled"))
        .otherwise(pl.col("quality_code")),
    ).select(pl.col(name).cast(kind) for name, kind in SCHEMA.items())


def _rated(
    parts: np.ndarray, weights: list[np.ndarray | None], is_known: np.ndarray
) -> dict[str, np.ndarray]:
    """Both risks, their greater and mean, and the rank with its interval.

    `parts` are (hazards, cells, parts).
    """
    names = (*_INDICES[7:], *_RANKS)
    rated = {name: np.full(len(is_known), np.nan) for name in names}
    if not is_known.any():
        return rated
    known = parts[:, is_known]
    risks = np.stack(
        [geometric_mean(one, w) for one, w in zip(known, weights, strict=True) if w is not None]
    )
    rank = rank_from_worst(risks.max(axis=0))
    ranks = []
    for draw, drawn in enumerate(random_weights(len(_PARTS), draws=_DRAWS, seed=_SEED)):
        simulated = geometric_mean(known, drawn)
        combined = simulated.max(axis=0) if draw % 2 else simulated.mean(axis=0)
        ranks.append(rank_from_worst(combined))
    low, high = rank_interval(ranks)
    values = (
        *risks, risks.max(axis=0), risks.mean(axis=0), rank,
        np.minimum(low, rank), np.maximum(high, rank),
    )  # fmt: skip
    for name, value in zip(names, values, strict=True):
        rated[name][is_known] = value
    return rated


def _elderly(cells: pl.Series, sections: pl.DataFrame) -> np.ndarray:
    """The share aged 65 and over of those who live in each cell; `nan` where nobody does."""
    people, older, oldest = spread_over(
        cells, sections.sort("section_id"), "residents_count", "age_65_79_count", "age_80_count"
    )
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(people > 0, (older + oldest) / people, np.nan)


def _far_from_green(
    cells: pl.Series, green: pl.DataFrame, kinds: pl.DataFrame, standards: pl.DataFrame
) -> np.ndarray:
    """The share of each cell's ground far from green to stay in; `nan` without a standard."""
    held = newest(standards.filter(standard_code=_NEAR_GREEN)).head(1)
    if not held.height:
        return np.full(len(cells), np.nan)
    least_m2, within_m = held.select("least_m2", "within_m").row(0)
    chosen = green_to_stay_in(green, kinds, least_m2=least_m2)
    return 1 - ground_near(cells, chosen["border_geom"], within_m=within_m)


def _picture(frame: pl.DataFrame) -> str:
    """The greater risk of each cell."""
    return shape_map(
        "Risk from extreme events (rain or heat), by cell",
        cell_shapes(frame["cell_id"]),
        frame["risk_max_index"],
        legend="greater risk, 0 to 1",
        is_high_bad=True,
    )


_RAIN: Final = ("pluvial.hazard_index",)
_HEAT: Final = ("pluvial.sealed_ratio",)
_EXPOSED: Final = ("pluvial.exposure_index",)
_OLD: Final = (
    "sections.residents_count", "sections.age_65_79_count", "sections.age_80_count",
    "sections.border_geom", "pluvial.residents_count",
)  # fmt: skip
_GREEN: Final = (
    "green.border_geom", "green.area_m2", "green.kind_code", "green.is_public", "kinds.kind_code",
    "kinds.is_to_stay", "kinds.valid_from_on", "standards.standard_code", "standards.least_m2",
    "standards.within_m", "standards.valid_from_on",
)  # fmt: skip
_WEIGHTS: Final = (
    "weights.weight_ratio", "weights.composite_code", "weights.component_code",
    "weights.valid_from_on",
)  # fmt: skip
# A cell of which one part is not known has no risk at all.
_ALL: Final = (*_RAIN, *_HEAT, *_EXPOSED, *_OLD, *_GREEN, *_WEIGHTS)

declaration = Declaration(
    function=extreme_risk_by_cell,
    key="gold/risk/extreme_risk_by_cell",
    reads={
        "pluvial": "gold/risk/pluvial_vulnerability_by_cell",
        "sections": "bronze/istat/census_sections",
        "green": "bronze/comune_brescia/green_areas",
        "kinds": "bronze/definitions/green_kinds",
        "standards": "bronze/definitions/green_standards",
        "weights": "bronze/definitions/risk_weights",
    },
    gives={
        "cell_id": given("H3 cell of resolution 9.", "pluvial.cell_id"),
        "pluvial_hazard_index": given("Hazard of intense rain, 0 to 1.", *_RAIN),
        "heat_hazard_index": given("Rank in sealed ground, 0 to 1.", *_HEAT),
        "exposure_index": given("Rank in residents, 0 to 1.", *_EXPOSED),
        "elderly_ratio": given("Share of residents aged 65 and over.", *_OLD),
        "no_green_ratio": given("Share of ground over 300 m from public green.", *_GREEN),
        "pluvial_vulnerability_index": given("Rank in the share of elderly.", *_OLD),
        "heat_vulnerability_index": given(
            "Mean of the rank in the elderly and of ground without green.", *_OLD, *_GREEN
        ),
        "pluvial_risk_index": given("Risk from intense rain, 0 to 1.", *_ALL),
        "heat_risk_index": given("Risk from heat, 0 to 1.", *_ALL),
        "risk_max_index": given("The greater of both risks.", *_ALL),
        "risk_mean_index": given("The mean of both risks.", *_ALL),
        "rank_level": given("Rank by the greater risk, 1 the worst.", *_ALL),
        "rank_low_level": given("Best case of the interval: 5th percentile.", *_ALL),
        "rank_high_level": given("Other end of the interval: 95th percentile.", *_ALL),
        "definition_from_on": given(
            "Day from which the weights of the risks hold.", "weights.valid_from_on"
        ),
        "completeness_ratio": given(
            "Share of the cell with terrain.", "pluvial.completeness_ratio"
        ),
        "observations_count": given("Points of the terrain.", "pluvial.observations_count"),
        "quality_code": given(
            "That of the pluvial table; no_data where a part is missing.",
            "pluvial.quality_code",
            *_ALL,
        ),
    },
    key_columns=("cell_id",),
    window_by=None,
    title="Risk from extreme events, by cell",
    method_version="2",
    literature=(
        "Risk as hazard, exposure and vulnerability: UNDRR 2017, IPCC AR5 WG2. Composition and "
        "uncertainty of ranks: OECD/JRC 2008. Green within 300 m: WHO Europe 2016."
    ),
    plot=_picture,
    measured=Measured(
        entity="cell_id",
        urn="urn:ngsi-ld:ExtremeRisk:brescia:h3:",
        geometry="cell",
        grain="always",
        definition_from="definition_from_on",
        values={
            "risk_max_index": Value(
                "Rischio maggiore",
                "1",
                no_interval="l'incertezza è quella del posto in ordine",
                is_relative=True,
            ),
            "risk_mean_index": Value(
                "Rischio medio",
                "1",
                no_interval="l'incertezza è quella del posto in ordine",
                is_relative=True,
            ),
            "rank_level": Value(
                "Posto in ordine di rischio",
                "1",
                low="rank_low_level",
                high="rank_high_level",
                is_relative=True,
                level=0.90,
                bad="neither",
            ),
        },
        title="Rischio da eventi estremi",
        how=(
            "Per pioggia intensa e caldo: quanto è forte il pericolo nella cella, quanti vi "
            "abitano, quanto sono fragili. Il posto in ordine si ricalcola con 500 pesi a caso: "
            "l'intervallo dice quanto dipende da come si pesa."
        ),
    ),
)
