"""How many road crashes there were each year, by who was hit and how badly."""

from typing import Final

import polars as pl

from assets.declaration import Declaration, given
from quality.disclosure.policy import Cells

# By years the registers' own lists are too fine: most cells would be of fewer than ten crashes.
_MODES: Final = {
    "auto": "veicolo a motore",
    "moto": "veicolo a motore",
    "bicicletta": "bicicletta o monopattino",
    "monopattino": "bicicletta o monopattino",
    "pedone": "pedone",
}
_SEVERITIES: Final = {
    "solo danni": "solo danni",
    "feriti": "feriti o morti",
    "feriti gravi": "feriti o morti",
    "mortale": "feriti o morti",
}
_UNKNOWN: Final = "non rilevato"


def crashes_by_severity(crashes: pl.DataFrame) -> pl.DataFrame:
    """Count the crashes of each year by the other party's means and by their outcome.

    The register's lists are merged: cars with motorcycles, bicycles with scooters, all injuries
    with deaths: severe ones alone are so few that half of the table would be withheld for them.
    What the officers left empty is `non rilevato`.
    """
    return crashes.select(
        occurred_year=pl.col("occurred_on").dt.year().cast(pl.Int64),
        mode_code=_merged("mode_code", _MODES),
        severity_code=_merged("severity_code", _SEVERITIES),
    )


def _merged(column: str, names: dict[str, str]) -> pl.Expr:
    return pl.col(column).replace_strict(names, default=_UNKNOWN, return_dtype=pl.String)


declaration = Declaration(
    function=crashes_by_severity,
    key="open/safety/yearly_crashes_by_severity",
    reads={"crashes": "bronze/comune_brescia/crashes"},
    gives={
        "occurred_year": given("Year of the crash.", "crashes.occurred_on"),
        "mode_code": given("The other party's means, merged; or 'totale'.", "crashes.mode_code"),
        "severity_code": given("Outcome, merged; or 'totale'.", "crashes.severity_code"),
        "crashes_count": given("Crashes; empty where withheld.", "crashes.crash_pid"),
        "is_withheld": given(
            "Whether the count is withheld, so that nobody is recognised.", "crashes.crash_pid"
        ),
    },
    key_columns=("occurred_year", "mode_code", "severity_code"),
    window_by=None,
    title="Road crashes by year, means and outcome",
    method_version="1",
    literature="Hundepool et al., Statistical Disclosure Control (2012), ch. 5.",
    release=Cells(
        quasi_identifiers=("mode_code",),
        sensitive=("severity_code",),
        within=("occurred_year",),
        count="crashes_count",
    ),
)
