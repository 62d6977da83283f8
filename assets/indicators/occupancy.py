"""How full the city's beds were in each month, by kind of house."""

from collections.abc import Sequence
from typing import Final

import polars as pl

from assets.completeness import COMPLETENESS, completeness_columns, completeness_of
from assets.declaration import Declaration, given
from assets.measured import Measured, Value
from assets.plots import line_chart
from assets.small_groups import LIMITS, alone_and_together
from assets.stays import LIMITED, may_be_told
from assets.trust import quality
from quality.disclosure.policy import TOTAL

ALL: Final = TOTAL
OTHERS: Final = "altre"
_SUBJECT: Final = "stays_by_month"
_SUMS: Final = ("nights_count", "arrivals_count", "bed_days_count", "bed_days_due_count", "rows")
_PRECISION: Final = 4
_SCHEMA: Final = pl.Schema(
    {
        "category_code": pl.String(), "month_on": pl.Date(),
        "structures_count": pl.Int64(), **dict.fromkeys(_SUMS, pl.Int64()),
        "days_count": pl.Int64(),
    }
)  # fmt: skip


def occupancy(
    stays: pl.DataFrame, completeness: pl.DataFrame, limits: pl.DataFrame
) -> pl.DataFrame:
    """Give net and gross occupancy and the average stay of each kind of house and of all.

    Net occupancy is nights over the beds of the days on which a house reported, gross over its
    beds on all days of the month; in a month that is not over, of its days so far. Kinds with too
    few houses or guests, or with one house that has too large a share of the nights, are told as
    one, `altre`, with others until the rule holds for them together: so nothing that is told gives
    back what is not. A month in which it does not even hold for all has no row.
    """
    rule = completeness_of(completeness, _SUBJECT)
    known = stays.filter(
        pl.all_horizontal(pl.col("nights_count", "category_code").is_not_null())
        & (pl.col("beds_count") > 0)
    ).with_columns(month_on=pl.col("stayed_on").dt.month_start())
    by_house = _by_house(known)
    told = [_told(month, limits) for month in by_house.sort("month_on").partition_by("month_on")]
    month_days = pl.col("month_on").dt.days_in_month().cast(pl.Int64)
    complete = pl.col("rows") / (pl.col("structures_count") * month_days)
    return (
        pl.concat([pl.DataFrame(schema=_SCHEMA), *told])
        .with_columns(completeness_ratio=complete.clip(0, 1))
        .select(
            "category_code",
            "month_on",
            net_occupancy_ratio=_share("nights_count", "bed_days_count"),
            gross_occupancy_ratio=_share("nights_count", "bed_days_due_count"),
            average_stay_d=_share("nights_count", "arrivals_count"),
            nights_count="nights_count",
            arrivals_count="arrivals_count",
            structures_count="structures_count",
            definition_from_on=rule.edition,
            completeness_ratio="completeness_ratio",
            observations_count="rows",
            quality_code=quality(
                partial=(pl.col("completeness_ratio") < rule.complete)
                | (pl.col("days_count") < month_days)
            ),
        )
        .sort("category_code", "month_on")
    )


def _share(part: str, whole: str) -> pl.Expr:
    return pl.when(pl.col(whole) > 0).then((pl.col(part) / pl.col(whole)).round(_PRECISION))


def _by_house(known: pl.DataFrame) -> pl.DataFrame:
    """Each house's month, with the days of the month that the whole series has."""
    days = known.group_by("month_on").agg(days_count=pl.col("stayed_on").n_unique())
    houses = known.group_by("category_code", "month_on", "structure_pid").agg(
        pl.col("nights_count", "arrivals_count").sum(),
        bed_days_count=pl.col("beds_count").sum(),
        beds_count=pl.col("beds_count").max(),
        rows=pl.len().cast(pl.Int64),
    )
    return houses.join(days, on="month_on").with_columns(
        pl.col("days_count").cast(pl.Int64),
        bed_days_due_count=pl.col("beds_count") * pl.col("days_count").cast(pl.Int64),
    )


def _told(houses: pl.DataFrame, limits: pl.DataFrame) -> pl.DataFrame:
    """The rows of one month: kinds told alone, the others together, and all."""
    size = houses.group_by("category_code").agg(pl.col("nights_count").sum())
    parts = size.sort("nights_count", "category_code")["category_code"].to_list()

    def of(kinds: Sequence[str]) -> pl.DataFrame:
        return houses.filter(pl.col("category_code").is_in(list(kinds)))

    allowed = may_be_told(limits)
    alone, together = alone_and_together(
        parts, lambda kinds: bool(_summed(of(kinds)).select(allowed).item())
    )
    groups = {kind: [kind] for kind in alone}
    if alone and together:
        groups[OTHERS] = together
    if alone or together:
        groups[ALL] = parts
    frames = [_sums(of(kinds), name) for name, kinds in groups.items()]
    return pl.concat([pl.DataFrame(schema=_SCHEMA), *frames])


def _summed(houses: pl.DataFrame) -> pl.DataFrame:
    """What decides whether these houses are enough, as one row."""
    return houses.select(
        pl.col("nights_count", "arrivals_count").sum(),
        structures_count=pl.len(),
        largest_nights_count=pl.col("nights_count").max().fill_null(0),
    )


def _sums(houses: pl.DataFrame, name: str) -> pl.DataFrame:
    return houses.select(
        pl.lit(name).alias("category_code"),
        pl.col("month_on").first(),
        structures_count=pl.len().cast(pl.Int64),
        **{column: pl.col(column).sum() for column in _SUMS},
        days_count=pl.col("days_count").first(),
    )


def _picture(frame: pl.DataFrame) -> str:
    """Net occupancy of the last two years, in all and by the kinds told in each month."""
    wide = (
        frame.sort("month_on")
        .pivot("category_code", index="month_on", values="net_occupancy_ratio")
        .tail(24)
    )
    kinds = [name for name in (ALL, *sorted(set(wide.columns) - {ALL, "month_on"})) if name in wide]
    return line_chart(
        "Beds taken by kind of house and month",
        x=[f"{month:%m/%y}" for month in wide["month_on"]],
        series={kind: (wide[kind] * 100).to_list() for kind in kinds[:5]},
        unit="%",
    )


_KNOWN: Final = (
    "stays.nights_count", "stays.beds_count", "stays.structure_pid", "stays.arrivals_count",
    *LIMITED,
)  # fmt: skip
_RULE: Final = completeness_columns("completeness")
_ALL_COUNTED: Final = "è la somma di tutti gli esercizi, non una stima da un campione"

declaration = Declaration(
    function=occupancy,
    key="gold/tourism/monthly_occupancy_by_category",
    reads={
        "stays": "bronze/regione_lombardia/stays",
        "completeness": COMPLETENESS,
        "limits": LIMITS,
    },
    gives={
        "category_code": given(
            "Kind of house; 'altre' of those told as one, 'totale' of all.",
            "stays.category_code", *_KNOWN,
        ),
        "month_on": given("First day of the month.", "stays.stayed_on"),
        "net_occupancy_ratio": given("Nights over beds of the days reported.", *_KNOWN),
        "gross_occupancy_ratio": given("Nights over beds of all days of the month.", *_KNOWN),
        "average_stay_d": given("Nights a guest.", *_KNOWN),
        "nights_count": given("Guests' nights.", *_KNOWN),
        "arrivals_count": given("Guests who arrived.", *_KNOWN),
        "structures_count": given("Houses that reported.", *_KNOWN),
        "definition_from_on": given("Day from which the rule of completeness holds.", *_RULE),
        "completeness_ratio": given(
            "Days reported, of those of the month; a house that was shut counts as missing.",
            *_KNOWN,
        ),
        "observations_count": given("Days of houses summed.", *_KNOWN),
        "quality_code": given(
            "partial of less than all, or before the month is over.",
            *_KNOWN, *_RULE, "completeness.complete_ratio",
        ),
    },
    key_columns=("category_code", "month_on"),
    window_by=None,
    title="Occupancy of beds by kind of house and month",
    method_version="2",
    literature=(
        "Net and gross use of bed places: Eurostat, Methodological manual for tourism statistics "
        "(2014). Minimum counts and dominance: Hundepool et al., Statistical Disclosure Control "
        "(2012), ch. 4; the thresholds of official statistics were not verified."
    ),
    plot=_picture,
    measured=Measured(
        entity="category_code",
        urn="urn:ngsi-ld:Accommodation:brescia:regione_lombardia:",
        geometry="city",
        grain="month",
        period="month_on",
        definition_from="definition_from_on",
        values={
            "net_occupancy_ratio": Value("Letti occupati", "1", no_interval=_ALL_COUNTED),
            "gross_occupancy_ratio": Value(
                "Letti occupati, di tutti quelli del mese", "1", no_interval=_ALL_COUNTED
            ),
            "average_stay_d": Value("Durata media del soggiorno", "d", no_interval=_ALL_COUNTED),
            "nights_count": Value("Presenze", "1", no_interval=_ALL_COUNTED),
        },
        title="Letti occupati",
        how=(
            "Le presenze di un mese divise per i letti disponibili in ogni giorno comunicato "
            "(netta) o in tutti i giorni (lorda). Le categorie con meno di tre esercizi, con uno "
            "che fa il 70 % delle presenze o con meno di dieci clienti si sommano ad altre, "
            "perché di nessun esercizio si sappia quanto lavora."
        ),
        is_high_bad=False,
    ),
)  # fmt: skip
