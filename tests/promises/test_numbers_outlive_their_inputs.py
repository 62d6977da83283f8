"""What was computed stays when the rows it was made of have ended their term."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl
import pytest

from assets.declaration import Declaration, given
from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.explaining import explain
from assets.twin import Twin, commit_notes
from quality.retention import keep_term
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import FIRST_DAY, Town, days

VISITS = "bronze/parks/visits"
COUNTS = "bronze/parks/counts"
# Visits are kept for 30 days, counts for ever: this evening two days of visits are too old.
TODAY = FIRST_DAY + timedelta(days=32)
DAYS = days(4)


def by_day(visits: pl.DataFrame, counts: pl.DataFrame) -> pl.DataFrame:
    """Visits of each day on which vehicles were counted."""
    came = visits.group_by(counted_on=pl.col("came_at").dt.date()).agg(
        visits_count=pl.len().cast(pl.Int64)
    )
    known = counts.select("counted_on").unique().join(came, on="counted_on", how="left")
    return known.with_columns(pl.col("visits_count").fill_null(0)).sort("counted_on")


DECLARED = Declaration(
    function=by_day,
    key="gold/green/daily_visits",
    reads={"visits": VISITS, "counts": COUNTS},
    gives={
        "counted_on": given("Day.", "counts.counted_on"),
        "visits_count": given("Visits.", "visits.visit_pid"),
    },
    key_columns=("counted_on",),
    window_by="counted_on",
    title="Visits",
    method_version="1",
    literature="None.",
)


def compute(declaration: Declaration, twin: Twin) -> dict[date, int]:
    derive(
        declaration, find_declarations() | {declaration.key: declaration}, twin=twin,
        requested=None, notes=commit_notes("run"),
    )  # fmt: skip
    rows = twin.lake.read(declaration.key).select("counted_on", "visits_count").collect()
    return dict(rows.sort("counted_on").rows())


@pytest.fixture(scope="module")
def landed(tmp_path_factory: pytest.TempPathFactory) -> Town:
    town = parks_town(tmp_path_factory.mktemp("parks") / "town")
    counted = ["spira;giorno;h1\n"]
    for number, day in enumerate(DAYS):
        visits = [f"V{day:%d}{n};ZZ00{n}ZZ;DUCOS;{day} 10:05:00;1.50;\n" for n in range(number + 1)]
        (town.sources / "town" / f"visits_{day}.csv").write_text(VISITS_HEADER + "".join(visits))
        counted.append(f"S1;{day};5\n")
    (town.sources / "town" / "counts.csv").write_text("".join(counted))
    town.run(VISITS, COUNTS, first=DAYS[0], last=DAYS[-1])
    return town


@pytest.fixture
def computed(landed: Town, tmp_path_factory: pytest.TempPathFactory) -> Twin:
    twin = landed.copied(tmp_path_factory.mktemp("ended") / "town").twin()
    assert list(compute(DECLARED, twin).values()) == [1, 2, 3, 4]
    keep_term(twin.contracts["parks/visits"], twin.lake, today=TODAY)
    return twin


def test_a_method_that_changed_leaves_the_days_whose_rows_have_ended_as_they_were(computed):
    found = compute(replace(DECLARED, method_version="2"), computed)

    assert found == dict(zip(DAYS, [1, 2, 3, 4], strict=True))


def test_a_day_that_looks_back_on_one_that_has_ended_stands_as_well(computed):
    looking = replace(DECLARED, lookback_days=1)
    written = computed.lake.marks(DECLARED.key, DAYS)

    assert list(compute(looking, computed).values()) == [1, 2, 3, 4]

    anew = computed.lake.marks(DECLARED.key, DAYS)
    assert [day for day in DAYS if anew[day] != written[day]] == [DAYS[3]]


def test_what_was_never_computed_is_computed_of_what_is_left(computed):
    other = replace(DECLARED, key="gold/green/daily_visits_again")

    assert list(compute(other, computed).values()) == [0, 0, 3, 4]


def test_a_number_whose_rows_have_ended_their_term_says_that_nobody_can_compute_it_again(computed):
    declarations = find_declarations() | {DECLARED.key: DECLARED}
    old, new = (
        explain(DECLARED, declarations, {"counted_on": f"{day}"}, computed) for day in DAYS[1:3]
    )

    assert old.row["visits_count"] == 2
    assert old.is_same is None
    assert f"rows of {VISITS} that it was made of have had their time" in old.why_not
    assert (new.is_same, new.why_not) == (True, "")
