from datetime import date
from pathlib import Path

import pytest

from assets.declaration import Declaration, given
from assets.freshness import freshness_of, is_hourly, pace_of
from assets.twin import Twin
from tests.promises.contracts import VISITS, VISITS_HEADER, parks_town, write_contract
from tests.promises.town import Town

VISITS_TABLE = "bronze/parks/visits"
MONTHS_TABLE = "bronze/parks/visits_by_month"
DAY = date(2025, 3, 24)


def made_of(key: str, *reads: str) -> Declaration:
    """A computed table by day of which only its inputs matter."""
    return Declaration(
        function=lambda **frames: next(iter(frames.values())),
        key=key,
        reads={f"input{number}": table for number, table in enumerate(reads)},
        gives={"came_at": given("When somebody came.")},
        key_columns=("came_at",),
        window_by="came_at",
        title="Visits",
        method_version="1",
        literature="",
    )


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A day of visits in the lake; to be looked at, not to be changed."""
    folder = tmp_path_factory.mktemp("parks") / "town"
    town = parks_town(folder)
    monthly = VISITS.replace("cadence: daily", "cadence: monthly").replace("visits_{", "month_{")
    write_contract(folder / "contracts", "parks/visits_by_month", monthly)
    hourly = VISITS.replace("cadence: daily", "cadence: daily\n    refresh: hourly")
    write_contract(folder / "contracts", "parks/visits_of_today", hourly)
    path = town.sources / "town" / f"visits_{DAY}.csv"
    path.write_text(VISITS_HEADER + "1;AB123CD;DUCOS;24/03/2025 10:00;1,00;\n")
    assert town.run(VISITS_TABLE, first=DAY, last=DAY).is_success
    return town


@pytest.fixture
def twin(landed: Town) -> Twin:
    return landed.twin()


@pytest.mark.parametrize(
    ("today", "since"),
    [(date(2025, 3, 26), None), (date(2025, 3, 27), date(2025, 3, 27)),
     (date(2025, 5, 1), date(2025, 3, 27))],
)  # fmt: skip
def test_a_daily_table_is_stale_from_the_third_day_after_its_newest_window(
    twin: Twin, today: date, since: date | None
):
    state = freshness_of(VISITS_TABLE, {}, twin=twin, today=today)

    assert state.newest == DAY
    assert state.stale_since == since
    assert state.is_stale == (since is not None)
    assert (f"Stale since {since}" in state.said) == (since is not None)


def test_a_table_that_never_landed_is_not_fresh(twin: Twin):
    state = freshness_of(MONTHS_TABLE, {}, twin=twin, today=DAY)

    assert state.is_stale
    assert state.said == "There is no table yet."


def test_a_computed_table_is_as_slow_as_its_slowest_input(twin: Twin):
    declarations = {
        each.key: each
        for each in (
            made_of("silver/parks/visits", VISITS_TABLE, "bronze/parks/places"),
            made_of("gold/mobility/daily_visits", "silver/parks/visits", MONTHS_TABLE),
        )
    }

    assert pace_of("silver/parks/visits", declarations, twin) == "daily"
    assert pace_of("gold/mobility/daily_visits", declarations, twin) == "monthly"


def test_what_is_made_of_something_renewed_hourly_has_today_as_a_day(twin: Twin):
    declarations = {
        each.key: each
        for each in (
            made_of("silver/parks/visits", VISITS_TABLE),
            made_of("silver/parks/today", "bronze/parks/visits_of_today"),
            made_of("gold/mobility/daily_visits", "silver/parks/today", VISITS_TABLE),
        )
    }

    assert not is_hourly("silver/parks/visits", declarations, twin)
    assert is_hourly("gold/mobility/daily_visits", declarations, twin)


def test_a_run_says_of_a_publisher_who_sends_nothing_since_when_the_table_is_stale(
    landed: Town, tmp_path: Path
):
    town = landed.copied(tmp_path / "town")
    (town.sources / "town" / f"visits_{DAY}.csv").unlink()

    summary = town.run(VISITS_TABLE, first=DAY, last=DAY)

    assert summary.families == {"unavailable"}
    (said,) = [text for name, text in summary.warnings.items() if name.endswith(": freshness")]
    assert said.startswith("Stale since 2025-03-27: ")
    assert "ask the publisher" in said
