"""How much heat a square metre of each quarter asks for, and how it follows the cold."""

import math
from typing import Final

import numpy as np
import polars as pl

from assets.by_quarter import floors, of_quarters, told_mostly
from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.consumption import in_order
from assets.declaration import Declaration, given
from assets.editions import newest
from assets.measured import Measured, Value
from assets.methods.energy_signature import Signature, energy_signature
from assets.plots import line_chart
from assets.trust import SUSPECT, quality

# A thermal year begins on the first of July, so that a winter stands in one.
_BEGINS: Final = "6mo"
_DAYS_A_YEAR: Final = 365
# Which rules say what a day needs, a year, and the days on either side of the change point.
_DAY: Final = "heat_supplied_by_day"
_SUBJECT: Final = "heat_signature_by_year"
_SIDE: Final = "heat_signature_by_side"
_LAW: Final = "heating_dpr412"
_WATTS: Final = 1000 / 24  # of a kilowatt hour a day
_PRECISION: Final = 6
_KEY: Final = ("quarter_id", "carrier_code", "year_on")
_FITTED: Final = (
    "normalised_kwhm2", "normalised_low_kwhm2", "normalised_high_kwhm2",
    "slope_wm2k", "slope_low_wm2k", "slope_high_wm2k",
    "change_c", "change_low_c", "change_high_c",
    "base_kwhm2", "base_low_kwhm2", "base_high_kwhm2", "cv_ratio",
)  # fmt: skip


def heat_signature(
    *,
    heat: pl.DataFrame,
    gas: pl.DataFrame,
    days: pl.DataFrame,
    buildings: pl.DataFrame,
    sections: pl.DataFrame,
    quarters: pl.DataFrame,
    rules: pl.DataFrame,
    carriers: pl.DataFrame,
    completeness: pl.DataFrame,
) -> pl.DataFrame:
    """Give the energy signature of district heat and gas, by quarter and thermal year.

    Energy of a day a square metre of floor of all the quarter's buildings is base + slope · max(0,
    change - mean temperature) (ASHRAE Guideline 14, three parameters; IPMVP option C). The year's
    need is heating energy over the degree days of the same days times those that the law gives the
    city, and 365 days of base. The mean temperature is that of all stations. A quarter with too few
    supplies has its share, by floor, of the rest of its zone or of the city (`told_code`): which,
    is what was so on most days. Years with too few days, or too few on either side of the change
    point, have no signature. Days count by how much of their temperature was measured, and a year
    in which a thermometer was suspect on any of its days is.
    """
    rule = completeness_of(completeness, _SUBJECT)
    needed = (rule.least_count, completeness_of(completeness, _SIDE).least_count)
    floor = floors(buildings, sections, quarters)
    held = newest(carriers, "carrier_code")
    content = dict(held.select("carrier_code", "content_kwhm3").rows())
    gas_kwh = gas.with_columns(energy_kwh=pl.col("gas_m3") * pl.lit(content.get("gas"), pl.Float64))
    daily = pl.concat(
        [
            of_quarters(
                one.filter(pl.col("energy_kwh").is_not_null()), weights=floor, amount="energy_kwh"
            ).with_columns(carrier_code=pl.lit(code))
            for code, one in (("heat", heat.rename({"heat_kwh": "energy_kwh"})), ("gas", gas_kwh))
        ]
    )
    weather = days.group_by("day_on").agg(
        pl.col("temp_mean_c", f"{_LAW}_kd").drop_nulls().sort().mean(),
        is_suspect=(pl.col("quality_code") == SUSPECT).any(),
        came=pl.col("completeness_ratio").sort().mean(),
    )
    known = (
        daily.filter(pl.col("completeness_ratio") >= completeness_of(completeness, _DAY).least)
        .join(floor.filter(pl.col("weight") > 0), on="quarter_id")
        .join(weather, left_on="consumed_on", right_on="day_on")
        .filter(pl.col("temp_mean_c").is_not_null())
        .with_columns(
            energy_kwhm2=pl.col("energy_kwh") / pl.col("weight"),
            year_on=pl.col("consumed_on").dt.offset_by(f"-{_BEGINS}").dt.truncate("1y")
            .dt.offset_by(_BEGINS),
        )
        .sort(*_KEY, "consumed_on")
    )  # fmt: skip
    law = newest(rules, "rule_code").filter(pl.col("rule_code") == _LAW)
    reference = law["reference_kd"][0] if law.height else None
    fitted = pl.DataFrame(
        [
            _fitted(part, reference, needed)
            for part in known.partition_by(*_KEY, maintain_order=True)
        ],
        schema={name: known.schema[name] for name in _KEY} | dict.fromkeys(_FITTED, pl.Float64),
        orient="row",
    )
    places = known.group_by(_KEY).agg(
        told_code=told_mostly(),
        floor_m2=pl.col("weight").first(),
        observations_count=pl.len().cast(pl.Int64),
        is_suspect=pl.col("is_suspect").any(),
        came=in_order("came"),
    )
    is_known = pl.col("normalised_kwhm2").is_not_null()
    share = (pl.col("came") / rule.due).clip(0, 1)
    emission = pl.col("normalised_kwhm2") * pl.col("emission_kgkwh")
    return (
        places.join(fitted, on=list(_KEY))
        .join(
            held.select("carrier_code", "emission_kgkwh", "is_verified", "valid_from_on"),
            on="carrier_code",
            how="left",
        )
        .select(
            *_KEY,
            *_FITTED,
            emission_kgm2=emission.round(_PRECISION),
            told_code="told_code",
            floor_m2="floor_m2",
            definition_from_on="valid_from_on",
            completeness_ratio=share,
            observations_count="observations_count",
            quality_code=quality(
                no_data=~is_known,
                unverified=~pl.col("is_verified").fill_null(value=False),
                modelled=pl.col("told_code") != "quarter",
                suspect=pl.col("is_suspect"),
                partial=share < rule.complete,
            ),
        )
        .sort(_KEY)
    )


def _fitted(
    part: pl.DataFrame, reference_kd: float | None, needed: tuple[int, int]
) -> tuple[object, ...]:
    """The key of one quarter, carrier and year, and its signature, in the order of `_FITTED`."""
    key = part.select(_KEY).row(0)
    energy, mean = part["energy_kwhm2"].to_numpy(), part["temp_mean_c"].to_numpy()
    least_days, least_a_side = needed
    found = None
    if part.height >= least_days:
        found = energy_signature(energy, mean, least_days_a_side=least_a_side)
    if found is None:
        return (*key, *[None] * len(_FITTED))
    year, half = _normalised(
        found, float(np.sort(energy).sum()), float(part[f"{_LAW}_kd"].sort().sum()), reference_kd
    )
    with_halves = (
        (year, half),
        (found.slope * _WATTS, found.slope_half * _WATTS),
        (found.change_c, found.change_half),
        (found.base, found.base_half),
    )
    numbers = [
        None if value is None or off is None else round(value + side * off, _PRECISION)
        for value, off in with_halves
        for side in (0, -1, 1)
    ]
    return (*key, *numbers, round(found.cv_ratio, _PRECISION))


def _normalised(
    found: Signature, energy: float, degree_days: float, reference_kd: float | None
) -> tuple[float | None, float | None]:
    """The need of a usual year, and half of its 95 % interval, by square metre.

    Base lies in both parts, with opposite signs; the days' scatter about the signature in the sum.
    """
    if reference_kd is None or degree_days <= 0:
        return None, None
    days, usual = found.days_count, reference_kd / degree_days
    year = (energy - days * found.base) * usual + _DAYS_A_YEAR * found.base
    scatter = 1.96 * found.cv_ratio * energy / days * math.sqrt(days) * usual
    return year, math.hypot((_DAYS_A_YEAR - days * usual) * found.base_half, scatter)


def _picture(frame: pl.DataFrame) -> str:
    """Energy against temperature of the quarter in the middle, of each carrier's last year."""
    temperatures = list(range(-5, 26))
    known = frame.filter(pl.col("slope_wm2k").is_not_null())
    last = known.filter(pl.col("year_on") == pl.col("year_on").max())
    series = {}
    for (carrier,), part in last.group_by("carrier_code", maintain_order=True):
        base, slope, change = part.select(
            pl.col("base_kwhm2", "slope_wm2k", "change_c").median()
        ).row(0)
        series[f"{carrier}"] = [
            1000 * (base + slope / _WATTS * max(0.0, change - t)) for t in temperatures
        ]
    return line_chart(
        "Energy signature of the quarter in the middle",
        x=[f"{t} °C" for t in temperatures],
        series=series,
        unit="Wh/m² a day",
    )


_TOLD: Final = tuple(
    f"{carrier}.{name}"
    for carrier in ("heat", "gas")
    for name in ("quarter_id", "zone_name", "completeness_ratio", "contributors_count")
)
_PLACES: Final = ("sections.quarter_id", "quarters.zone_name", "sections.section_id")
_FLOOR: Final = ("buildings.floor_m2", "buildings.section_id")
_DAILY: Final = (
    "heat.heat_kwh", "gas.gas_m3", *_TOLD, "days.day_on", "days.temp_mean_c",
    "days.heating_dpr412_kd", "carriers.content_kwhm3", "carriers.valid_from_on", *_PLACES,
    *_FLOOR, *completeness_columns("completeness", "least_ratio", "least_count"),
)  # fmt: skip
_LAWS: Final = ("rules.reference_kd", "rules.rule_code", "rules.valid_from_on")
_COUNTED: Final = (
    "heat.heat_kwh", "gas.gas_m3", "days.day_on", "days.temp_mean_c", "carriers.content_kwhm3",
    "carriers.valid_from_on", *_TOLD, *_PLACES, *_FLOOR,
    *completeness_columns("completeness", "least_ratio"),
)  # fmt: skip

declaration = Declaration(
    function=heat_signature,
    key="gold/energy/yearly_heat_signature_by_quarter",
    reads={
        "heat": "silver/energy/heat_consumption_by_day",
        "gas": "silver/energy/gas_consumption_by_day",
        "days": "gold/energy/daily_degree_days_by_station",
        "buildings": "bronze/comune_brescia/buildings",
        "sections": "bronze/istat/census_sections",
        "quarters": "silver/territory/quarters",
        "rules": "bronze/definitions/degree_day_rules",
        "carriers": "bronze/definitions/energy_carriers",
        "completeness": COMPLETENESS,
    },
    gives={
        "quarter_id": given("The Comune's code of the quarter.", "quarters.quarter_id"),
        "carrier_code": given("heat (district heat) or gas.", "carriers.carrier_code"),
        "year_on": given(
            "First day of the thermal year, 1 July.", "heat.consumed_on", "gas.consumed_on"
        ),
        **{
            name: given(text, *_DAILY, *(_LAWS if name.startswith("normalised") else ()))
            for name, text in {
                "normalised_kwhm2": "Need of a year as cold as the law's, a square metre.",
                "normalised_low_kwhm2": "Lower end of its 95 % interval.",
                "normalised_high_kwhm2": "Upper end of its 95 % interval.",
                "slope_wm2k": "Heat loss: power a square metre and degree below the change point.",
                "slope_low_wm2k": "Lower end of its 95 % interval.",
                "slope_high_wm2k": "Upper end of its 95 % interval.",
                "change_c": "Mean temperature below which heating begins.",
                "change_low_c": "Lower end of its 95 % interval.",
                "change_high_c": "Upper end of its 95 % interval.",
                "base_kwhm2": "Energy a day that does not hang on the cold, a square metre.",
                "base_low_kwhm2": "Lower end of its 95 % interval.",
                "base_high_kwhm2": "Upper end of its 95 % interval.",
                "cv_ratio": "Scatter of days about the signature, over their mean: CV(RMSE).",
            }.items()
        },
        "emission_kgm2": given(
            "Carbon dioxide of that need.", *_DAILY, *_LAWS, "carriers.emission_kgkwh"
        ),
        "told_code": given(
            "Whose energy it is: the quarter's own, or its share of a zone's or the city's.",
            *_COUNTED,
        ),
        "floor_m2": given("Floor of all buildings of the quarter.", *_FLOOR, *_PLACES),
        "definition_from_on": given("Day from which the factors hold.", "carriers.valid_from_on"),
        "completeness_ratio": given(
            "Days with energy and temperature, by how much of it was measured, of a year's.",
            *_COUNTED, "completeness.due_count", "days.completeness_ratio",
        ),
        "observations_count": given("Days with energy and temperature.", *_COUNTED),
        "quality_code": given(
            "no_data without a signature; unverified while the factors are from memory; modelled "
            "where it is a share of a wider place's; suspect where a thermometer was.",
            *_DAILY, *_LAWS, "carriers.is_verified", "completeness.due_count",
            "completeness.complete_ratio", "days.completeness_ratio", "days.quality_code",
        ),
    },
    key_columns=_KEY,
    window_by=None,
    title="Energy signature of heat by quarter and year",
    method_version="2",
    literature=(
        "ASHRAE Guideline 14 (2014), three-parameter heating model; IPMVP, option C; D.P.R. "
        "412/1993 (gradi giorno). From memory, but for the normals that degree days are held to."
    ),
    plot=_picture,
    measured=Measured(
        entity="quarter_id",
        urn="urn:ngsi-ld:AdministrativeArea:brescia:comune:",
        geometry="quarter",
        shapes="silver/territory/quarters",
        grain="year",
        period="year_on",
        by=("carrier_code",),
        definition_from="definition_from_on",
        values={
            "normalised_kwhm2": Value(
                "Fabbisogno di un anno convenzionale", "kW.h/m2",
                low="normalised_low_kwhm2", high="normalised_high_kwhm2",
            ),
            "slope_wm2k": Value(
                "Dispersione per grado", "W/(m2.K)", low="slope_low_wm2k", high="slope_high_wm2k"
            ),
            "change_c": Value(
                "Temperatura sotto la quale si scalda", "Cel", low="change_low_c",
                high="change_high_c", bad="neither",
            ),
            "base_kwhm2": Value(
                "Consumo di ogni giorno", "kW.h/m2", low="base_low_kwhm2", high="base_high_kwhm2"
            ),
            "emission_kgm2": Value(
                "Anidride carbonica", "kg/m2",
                no_interval="l'incertezza del fattore di emissione non è nota",
            ),
        },
        title="Firma energetica del riscaldamento",
        how=(
            "Il calore di ogni giorno, diviso per la superficie degli edifici, si confronta con "
            "la temperatura: sotto una certa soglia cresce di tanto per ogni grado. Da qui il "
            "consumo di un anno con i gradi giorno convenzionali della città. Dove le utenze sono "
            "poche vale la parte del quartiere nella sua zona, o nella città."
        ),
    ),
)  # fmt: skip
