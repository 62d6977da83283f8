"""How many cards travelled with each kind of ticket, day by day, with noise, for everyone."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from quality.differential.bounding import Question
from quality.differential.policy import Noisy

# A delivery is of a day of the city's clock and ends the UTC day before: each day is computed
# twice. A year of days is within a budget of 1, with one day in six once more after a correction.
_EPSILON_A_DAY: Final = 1 / 800


def passengers_by_product(validations: pl.DataFrame) -> pl.DataFrame:
    """Give each card of each UTC day, with its kind of ticket.

    Cards have another pseudonym every day: who travels on many days spends a share on each.
    """
    return validations.filter(pl.col("card_pid").is_not_null()).select(
        "card_pid", "product_code", travelled_on=pl.col("validated_at").dt.date()
    )


declaration = Declaration(
    function=passengers_by_product,
    key="open/mobility/daily_passengers_by_product",
    reads={"validations": "bronze/brescia_mobilita/transit_validations"},
    gives={
        "travelled_on": given("Day (UTC).", "validations.validated_at"),
        "product_code": given("Kind of ticket.", "validations.product_code"),
        "passengers_count": given(
            "Cards that travelled, with noise of a standard deviation of 1131; may be negative.",
            "validations.card_pid",
        ),
    },
    key_columns=("travelled_on", "product_code"),
    window_by="travelled_on",
    title="Cards that travelled, by kind of ticket and day, with noise",
    method_version="1",
    literature="Dwork, McSherry, Nissim, Smith (2006); discrete Laplace noise, ε = 1/800 a day.",
    release=Noisy(
        question=Question(
            domain="transit",
            unit="card_pid",
            cells=("product_code",),
            most_cells=1,
            epsilon=_EPSILON_A_DAY,
            count="passengers_count",
        ),
        day="travelled_on",
        values={"product_code": ("ORDINARIO", "MENSILE", "ANNUALE", "STUDENTI", "OVER65")},
    ),
)
