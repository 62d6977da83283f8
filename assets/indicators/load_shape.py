"""How evenly each quarter draws its electricity, month by month."""

from typing import Final

import polars as pl

from assets.by_quarter import of_newest_month, of_quarters, told_mostly
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.editions import only
from assets.measured import Measured, Value
from assets.methods.areal import in_metres
from assets.methods.load_shape import load_factor, night_base
from assets.placing import ORIGIN
from assets.plots import line_chart
from assets.trust import quality

_NO_NIGHT: Final = {"night_from_h": 0, "night_until_h": 0, "valid_from_on": None}
_QUARTERS_A_DAY: Final = 96
_SUBJECT: Final = "electricity_load_by_month"
_KW_OF_A_QUARTER: Final = 4.0
_M2_A_KM2: Final = 1e6
_PRECISION: Final = 6


def load_shape(
    load: pl.DataFrame,
    quarters: pl.DataFrame,
    *,
    rules: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give each quarter's load factor, night base and peak density of each month.

    Load factor is mean over peak of the quarter hours of the month; night base is the mean of the
    hours that are night in the newest rule (by the city's clock) over the mean of all, missing
    without a rule; the peak is told a square kilometre of the quarter. A quarter with too few
    meters for a curve of its own has that of the rest of its zone or of the city (`told_code`, as
    on most of the month): then the peak is that of its share of their ground.
    """
    rule = completeness_of(completeness, _SUBJECT)
    night = only(rules) or _NO_NIGHT
    ground = quarters.select("quarter_id", "zone_name").with_columns(
        weight=pl.Series(_areas_km2(quarters["border_geom"]), dtype=pl.Float64)
    )
    curves = of_quarters(
        load.with_columns(
            readings_count=pl.col("contributors_count"), completeness_ratio=pl.lit(1.0)
        ),
        weights=ground,
        amount="energy_kwh",
        period="from_at",
    )
    local = pl.col("from_at").dt.convert_time_zone("Europe/Rome")
    known = curves.join(ground, on="quarter_id").with_columns(
        power_kw=pl.col("energy_kwh") * _KW_OF_A_QUARTER,
        month_on=local.dt.date().dt.month_start(),
        is_night=local.dt.hour().is_between(
            night["night_from_h"], night["night_until_h"], closed="left"
        ),
    )
    due = pl.col("month_on").dt.days_in_month().cast(pl.Int64) * _QUARTERS_A_DAY
    power, peak = pl.col("power_kw"), pl.col("power_kw").max()
    return (
        known.group_by("quarter_id", "month_on")
        .agg(
            load_factor_ratio=load_factor(power).round(_PRECISION),
            night_base_ratio=night_base(power, pl.col("is_night")).round(_PRECISION),
            peak_kwkm2=(pl.when(pl.col("weight").first() > 0).then(peak / pl.col("weight").first()))
            .round(_PRECISION),
            told_code=told_mostly(),
            observations_count=pl.len().cast(pl.Int64),
        )
        .with_columns(completeness_ratio=(pl.col("observations_count") / due).clip(0, 1))
        .select(
            "quarter_id",
            "month_on",
            "load_factor_ratio",
            "night_base_ratio",
            "peak_kwkm2",
            "told_code",
            pl.max_horizontal(
                rule.edition, pl.lit(night["valid_from_on"], pl.Date)
            ).alias("definition_from_on"),
            "completeness_ratio",
            "observations_count",
            quality_code=quality(
                no_data=pl.col("load_factor_ratio").is_null(),
                modelled=pl.col("told_code") != "quarter",
                partial=pl.col("completeness_ratio") < rule.complete,
            ),
        )
        .sort("quarter_id", "month_on")
    )  # fmt: skip


def _areas_km2(borders: pl.Series) -> list[float]:
    import shapely

    areas: list[float] = (shapely.area(in_metres(borders, **ORIGIN)) / _M2_A_KM2).tolist()
    return areas


def _picture(frame: pl.DataFrame) -> str:
    """The quarters of the newest month, from the most uneven on."""
    last = of_newest_month(frame, by="load_factor_ratio")
    return line_chart(
        "Load factor and night base of the quarters, per cent",
        x=last["quarter_id"].to_list(),
        series={
            "load factor": (100 * last["load_factor_ratio"]).to_list(),
            "night base": (100 * last["night_base_ratio"]).to_list(),
        },
        unit="%",
    )


_CURVE: Final = (
    "load.energy_kwh", "load.quarter_id", "load.zone_name", "load.contributors_count",
    "quarters.zone_name", "quarters.border_geom",
)  # fmt: skip
_RULE: Final = completeness_columns("completeness")
_NIGHT: Final = (
    "rules.definition_code", "rules.valid_from_on", "rules.night_from_h", "rules.night_until_h",
)  # fmt: skip
_NO_INTERVAL: Final = "è la curva di tutti i contatori letti, non una stima da un campione"

declaration = Declaration(
    function=load_shape,
    key="gold/energy/monthly_load_shape_by_quarter",
    reads={
        "load": "silver/energy/electricity_load_by_quarter_hour",
        "quarters": "silver/territory/quarters",
        "rules": "bronze/definitions/load_rules",
        "completeness": COMPLETENESS,
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "month_on": given("First day of the month.", "load.from_at"),
        "load_factor_ratio": given("Mean over peak power.", *_CURVE),
        "night_base_ratio": given("Power of the night over that of all hours.", *_CURVE, *_NIGHT),
        "peak_kwkm2": given("Greatest power, a square kilometre.", *_CURVE),
        "told_code": given("Whose curve it is: its own, a zone's or the city's.", *_CURVE),
        "definition_from_on": given(
            "Day from which the rules of night and of completeness hold.",
            *_RULE, "rules.valid_from_on",
        ),
        "completeness_ratio": given("Quarter hours, of the month's.", *_CURVE),
        "observations_count": given("Quarter hours.", *_CURVE),
        "quality_code": given(
            "modelled where the curve is that of a wider place; partial of less than the month.",
            *_CURVE, *_RULE, "completeness.complete_ratio",
        ),
    },
    key_columns=("quarter_id", "month_on"),
    window_by=None,
    title="Load factor and night base by quarter and month",
    method_version="3",
    literature="Load factor: IEC 60050, 691-10-02, from memory.",
    plot=_picture,
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="month",
        period="month_on",
        definition_from="definition_from_on",
        values={
            "load_factor_ratio": Value("Fattore di carico", "1", no_interval=_NO_INTERVAL),
            "night_base_ratio": Value("Base notturna", "1", no_interval=_NO_INTERVAL),
            "peak_kwkm2": Value("Punta per km²", "kW/km2", no_interval=_NO_INTERVAL),
        },
        title="Forma del carico elettrico",
        how=(
            "La potenza media divisa per la più alta: vicino a uno il quartiere consuma sempre "
            "uguale, vicino a zero ha punte. La base notturna dice quanto resta acceso nelle ore "
            "in cui la città dorme (load_rules). Le curve si mostrano da cento contatori in su, "
            "altrimenti vale la curva della zona o della città."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
