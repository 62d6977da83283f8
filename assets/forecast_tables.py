"""What a table of forecasts looks like: what it forecasts, its columns, what they are made of."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import polars as pl

from assets.declaration import Declaration, Given, given
from assets.measured import Geometry, Measured, Value

LEVELS: Final = (80, 95)
DAY_H: Final = 24
# Fits, past forecasts and what is still to come of the oldest of them.
_LOOKBACK_DAYS: Final = 80
MODELS: Final = "bronze/definitions/forecast_models"
FEASTS: Final = "bronze/definitions/public_feasts"
_READS: Final = {"models": MODELS, "feasts": FEASTS}
METHOD_VERSION: Final = "1"
_LITERATURE: Final = (
    "Harmonic regression and seasonal naive: Hyndman & Athanasopoulos, Forecasting: Principles and "
    "Practice (2021), 5.2 and 7.4. Intervals: Lei et al., JASA 113 (2018); adaptive: Gibbs & "
    "Candès, NeurIPS 34 (2021)."
)


@dataclass(frozen=True)
class Target:
    """What is forecast: a number of an entity, by hours or days, so many of them ahead.

    `value` is the column of the number, its last part the unit. `issued_h` are the hours (UTC) of
    the day after which a forecast is made; `every_d` is 7 where one is made on Sundays alone.
    """

    code: str
    entity: str
    value: str
    step: Literal["hour", "day"]
    leads: int
    decimals: int = 1
    issued_h: tuple[int, ...] = (DAY_H,)
    every_d: int = 1

    @property
    def steps_a_day(self) -> int:
        """How many steps a day has."""
        return DAY_H if self.step == "hour" else 1

    @property
    def offsets(self) -> list[int]:
        """How many steps of the day of issue are known when each of its forecasts is made."""
        return [hour * self.steps_a_day // DAY_H for hour in self.issued_h]

    @property
    def lead(self) -> str:
        """The column of the steps ahead."""
        return "lead_h" if self.step == "hour" else "lead_d"

    @property
    def at(self) -> str:
        """The column of the hour or day that is forecast."""
        return "target_at" if self.step == "hour" else "target_on"

    @property
    def key_columns(self) -> tuple[str, ...]:
        """What tells a forecast from another."""
        issued = "issued_on" if len(self.issued_h) == 1 else "issued_at"
        return (self.entity, issued, self.lead)

    def named(self, part: str) -> str:
        """`low_80` of `vehicles_count` is `low_80_count`."""
        return f"{part}_{self.value.rpartition('_')[2]}"

    @property
    def bounds(self) -> list[str]:
        """The columns of the intervals, from low to high of each."""
        return [self.named(f"{side}_{level}") for level in LEVELS for side in ("low", "high")]

    @property
    def schema(self) -> pl.Schema:
        """The columns of its table."""
        at = pl.Datetime("us", "UTC") if self.step == "hour" else pl.Date()
        numbers = [self.value, *self.bounds, self.named("naive"), self.named("scale")]
        return pl.Schema(
            {
                self.entity: pl.String(),
                "issued_on": pl.Date(),
                "issued_at": pl.Datetime("us", "UTC"),
                self.lead: pl.Int64(),
                self.at: at,
                **dict.fromkeys(numbers, pl.Float64()),
                "model_code": pl.String(),
                "model_version": pl.String(),
                "is_naive_beaten": pl.Boolean(),
                "error_ratio": pl.Float64(),
                "compared_count": pl.Int64(),
                "definition_from_on": pl.Date(),
                "completeness_ratio": pl.Float64(),
                "observations_count": pl.Int64(),
                "quality_code": pl.String(),
            }
        )

    @property
    def parameters_key(self) -> tuple[str, ...]:
        """What tells a fitted parameter from another."""
        return (self.entity, "issued_on", "parameter_code")

    @property
    def parameters_schema(self) -> pl.Schema:
        """The columns of the table of its fitted parameters."""
        return pl.Schema(
            {
                self.entity: pl.String(),
                "issued_on": pl.Date(),
                "parameter_code": pl.String(),
                self.named("parameter"): pl.Float64(),
                "model_version": pl.String(),
                "definition_from_on": pl.Date(),
            }
        )


def model_version(edition: Mapping[str, Any]) -> str:
    """The edition of the model's choices (a row of the definition), and of the method."""
    return f"{METHOD_VERSION}.{edition['definition_code']}"


_HARMONICS: Final = (
    "day_harmonics_count", "week_harmonics_count", "free_day_harmonics_count",
    "year_harmonics_count",
)  # fmt: skip
_CHOICES: Final = tuple(
    f"models.{name}"
    for name in (
        "definition_code", "valid_from_on", "target_code", "season_count", *_HARMONICS,
        "ridge_ratio", "damping_ratio", "level_count", "train_d", "calibration_count",
        "compared_count", "adaptation_ratio", "is_feast_sunday",
    )
)  # fmt: skip
_OF_FEASTS: Final = ("feasts.valid_from_on", "feasts.month_day", "feasts.after_easter_d")
_MADE_OF: Final = (*_CHOICES, *_OF_FEASTS)


def _columns(
    target: Target, *, entity: Given, described: str, at: tuple[str, ...], of: tuple[str, ...]
) -> dict[str, Given]:
    """What the columns of such a table say.

    `at` are the instants of what is forecast, `of` what decides its number.
    """
    fitted = tuple(
        f"parameters.{name}" for name in (*target.parameters_key, target.named("parameter"))
    )
    # What is compared and measured by is of the rows alone, and of no fit of this day.
    past = (*of, *at, *_MADE_OF)
    made = (*fitted, *past)
    step = (*of, *at, "models.season_count", "models.train_d")
    edges = {
        target.named(f"{side}_{level}"): given(
            f"{'From' if side == 'low' else 'To'}: {level} of 100 truths lie between.", *made
        )
        for level in LEVELS
        for side in ("low", "high")
    }
    edition = tuple(f"models.{name}" for name in ("target_code", "valid_from_on"))
    unit = "Hours" if target.step == "hour" else "Days"
    return {
        target.entity: entity,
        "issued_on": given("Last day (UTC) of which anything was known.", *at, *edition),
        "issued_at": given(
            "When the forecast was made: what came later is not in it.", *at, *edition
        ),
        target.lead: given(f"{unit} ahead, from 1.", *at),
        target.at: given("What is forecast: from when on, UTC, or which day.", *at),
        target.value: given(described, *made),
        **edges,
        target.named("naive"): given("The same by the seasonal naive.", *fitted),
        target.named("scale"): given(
            "Mean step from season to season before: what errors are measured by.", *step
        ),
        "model_code": given("harmonic where it beat the naive, else naive.", *made),
        "model_version": given(
            "Edition of the model's choices.", "models.definition_code", *edition
        ),
        "is_naive_beaten": given("Whether harmonic was better; empty if not compared.", *made),
        "error_ratio": given("Mean error of harmonic over that of naive, lately.", *past),
        "compared_count": given(
            "Past forecasts in that comparison.", *step, "models.compared_count"
        ),
        "definition_from_on": given("Since when these choices hold.", *edition),
        "completeness_ratio": given(
            "Known steps, of those asked to fit.", *of, *at, "models.train_d", *edition
        ),
        "observations_count": given(
            "Known steps it was fitted to.", *of, *at, "models.train_d", *edition
        ),
        "quality_code": given("modelled: nothing of a forecast is measured.", *edition),
    }


def declared(
    target: Target,
    function: Callable[..., pl.DataFrame],
    *,
    key: str,
    observed: str,
    parameters: str,
    entity: Given,
    described: str,
    at: tuple[str, ...],
    of: tuple[str, ...],
    title: str,
    measured: Measured,
    also: Mapping[str, str] | None = None,
) -> Declaration:
    """The statement about a table of forecasts that reads `observed`; `at` are its instants.

    The first of `at` is the one whose days are those of issue; `also` is what else it reads.
    """
    return Declaration(
        function=function,
        key=key,
        reads={"observed": observed, "parameters": parameters, **_READS, **(also or {})},
        gives=_columns(target, entity=entity, described=described, at=at, of=of),
        key_columns=target.key_columns,
        window_by="issued_on",
        issued_from=at[0],
        lookback_days=_LOOKBACK_DAYS,
        looks_back={"parameters": 0},
        title=title,
        method_version=METHOD_VERSION,
        literature=_LITERATURE,
        measured=measured,
    )


def parameters_declared(
    target: Target,
    function: Callable[..., pl.DataFrame],
    *,
    key: str,
    observed: str,
    entity: Given,
    at: tuple[str, ...],
    of: tuple[str, ...],
    title: str,
    also: Mapping[str, str] | None = None,
) -> Declaration:
    """The statement about a table of what is fitted to `observed`; `at` are its instants.

    The first of `at` is the one whose days are those of issue; `also` is what else it reads.
    """
    # An edition that leaves a choice open is none.
    made = (*of, *at, *_MADE_OF)
    edition = tuple(f"models.{name}" for name in ("target_code", "valid_from_on"))
    return Declaration(
        function=function,
        key=key,
        reads={"observed": observed, **_READS, **(also or {})},
        gives={
            target.entity: entity,
            "issued_on": given("Last day (UTC) of which anything was known.", *at, *edition),
            "parameter_code": given("Which parameter, of either model.", *made),
            target.named("parameter"): given(
                "The parameter, in the unit of what is forecast.",
                *made,
            ),
            "model_version": given(
                "Edition of the model's choices.", "models.definition_code", *edition
            ),
            "definition_from_on": given("Since when these choices hold.", *edition),
        },
        key_columns=target.parameters_key,
        window_by="issued_on",
        issued_from=at[0],
        lookback_days=_LOOKBACK_DAYS,
        title=title,
        method_version=METHOD_VERSION,
        literature=_LITERATURE,
    )  # fmt: skip


def measured_as(
    target: Target,
    *,
    name: str,
    unit: str,
    title: str,
    urn: str,
    geometry: Geometry,
    shapes: str = "",
    how: str = "",
    is_high_bad: bool | None = None,
) -> Measured:
    """How a table of forecasts is read: its number with its interval of 95 %, lead by lead."""
    low, high = target.named("low_95"), target.named("high_95")
    is_hourly_issue = len(target.issued_h) > 1
    return Measured(
        entity=target.entity,
        urn=urn,
        geometry=geometry,
        shapes=shapes,
        grain="hour" if is_hourly_issue else "day",
        period="issued_at" if is_hourly_issue else "issued_on",
        by=(target.lead,),
        definition_from="definition_from_on",
        values={target.value: Value(name, unit, low=low, high=high, level=0.95)},
        title=title,
        how=f"{how} {_HOW}".strip(),
        is_high_bad=is_high_bad,
    )


_HOW: Final = (
    "Due modi: il più semplice («naive» nelle tabelle) ripete la settimana prima; il modello "
    "(«harmonic») segue la forma del giorno e della settimana, tratta i festivi come domeniche "
    "dove serve e parte dal livello degli ultimi giorni. Si pubblica il modello solo se nelle "
    "ultime otto previsioni ha sbagliato meno, altrimenti il più semplice, e lo si dice. "
    "Gli intervalli vengono dagli errori delle previsioni passate; dove sono troppo pochi "
    "mancano. Una previsione emessa non si riscrive."
)
