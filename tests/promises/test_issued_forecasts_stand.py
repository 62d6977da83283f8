from dataclasses import dataclass, replace

import polars as pl
import pytest

from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.explaining import explain
from tests.promises.conftest import DAYS_COUNT
from tests.promises.test_late_rows import AIR, NEXT_DAY, SILVER, changed, files_by_window
from tests.promises.town import FIRST_DAY, Town, days, rows_of

FORECAST = "gold/air/daily_pm10_forecast_by_station"
PARAMETERS = "silver/air/pm10_forecast_parameters"
DEFINITIONS = (
    "bronze/definitions/completeness_rules",
    "bronze/definitions/forecast_models",
    "bronze/definitions/public_feasts",
)
LAST_DAY = days(DAYS_COUNT)[-1]
DECLARATIONS = find_declarations()


@dataclass(frozen=True)
class Forecasts:
    """A table of forecasts at one time: its rows, its version and the files of each window."""

    rows: pl.DataFrame
    version: int | None
    files: dict[str, set[str]]


def issue(town: Town) -> Forecasts:
    twin = town.twin()
    for table in (PARAMETERS, FORECAST):
        derive(
            DECLARATIONS[table], DECLARATIONS, twin=twin, requested=None, notes={"run": "by hand"}
        )
    return Forecasts(
        rows_of(town)[FORECAST], twin.lake.version(FORECAST), files_by_window(town, FORECAST)
    )


@pytest.fixture(scope="module")
def town(landed_once: Town, tmp_path_factory: pytest.TempPathFactory) -> Town:
    town = landed_once.copied(tmp_path_factory.mktemp("issuing") / "town")
    assert town.run(*DEFINITIONS, first=FIRST_DAY, last=LAST_DAY).is_success
    return town


@pytest.fixture(scope="module")
def before_and_after(town: Town) -> tuple[Forecasts, Forecasts]:
    """What was issued, and what stands there once all days have come anew, with other numbers."""
    before = issue(town)
    folder = town.sources / "arpa_files" / "aria"
    late = [
        line.strip().rstrip(",").replace('"valore":"', '"valore":"1')
        for day in days(DAYS_COUNT)
        for line in (folder / f"aria_{day}.json").read_text().splitlines()
        if '"VA"' in line
    ]
    (folder / f"aria_{NEXT_DAY}.json").write_text(f"[{','.join(late)}]")
    assert town.run(AIR, SILVER, first=NEXT_DAY, last=NEXT_DAY).is_success
    return before, issue(town)


def test_late_rows_change_no_forecast_but_that_of_the_newest_day(
    before_and_after: tuple[Forecasts, Forecasts],
) -> None:
    before, after = before_and_after
    stood = pl.col("issued_on") < LAST_DAY

    assert before.rows["issued_on"].unique().sort().to_list() == days(DAYS_COUNT)
    assert changed(before.files, after.files) == [str(LAST_DAY)]
    assert after.rows.filter(stood).equals(before.rows.filter(stood))
    assert not after.rows.equals(before.rows)


def test_without_news_nothing_is_issued(
    town: Town, before_and_after: tuple[Forecasts, Forecasts]
) -> None:
    _, after = before_and_after

    assert issue(town).version == after.version


def test_a_forecast_that_stood_is_explained_by_what_was_known_when_it_was_issued(
    town: Town, before_and_after: tuple[Forecasts, Forecasts]
) -> None:
    before, _ = before_and_after
    first = before.rows.sort("issued_on", "station_id", "lead_d").row(0, named=True)
    key = {name: str(first[name]) for name in ("station_id", "issued_on", "lead_d")}

    found = explain(DECLARATIONS[FORECAST], DECLARATIONS, key, town.twin())

    assert found.version == before.version
    assert found.is_same


def test_what_an_earlier_method_issued_is_not_held_to_a_later_one(
    town: Town, before_and_after: tuple[Forecasts, Forecasts]
) -> None:
    before, _ = before_and_after
    first = before.rows.row(0, named=True)
    key = {name: str(first[name]) for name in ("station_id", "issued_on", "lead_d")}
    later = replace(DECLARATIONS[FORECAST], method_version="later")

    found = explain(later, DECLARATIONS, key, town.twin())

    assert found.is_same is None
    assert "stands" in found.why_not
