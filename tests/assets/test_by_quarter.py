from datetime import date

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.by_quarter import floors, of_quarters, residents

DAY = date(2025, 3, 24)
WEIGHTS = pl.DataFrame(
    {
        "quarter_id": ["QA", "QB", "QC", "QD"],
        "zone_name": ["Nord", "Nord", "Nord", "Sud"],
        "weight": [100.0, 300.0, 100.0, 50.0],
    }
)


def row(
    zone: str | None, quarter: str | None, kwh: float, *, meters: int = 10, completeness: float = 1
) -> tuple[object, ...]:
    return (DAY, zone, quarter, kwh, meters, meters, float(completeness))


def areas(*rows: tuple[object, ...]) -> pl.DataFrame:
    return pl.DataFrame(
        rows,
        schema={
            "consumed_on": pl.Date, "zone_name": pl.String, "quarter_id": pl.String,
            "energy_kwh": pl.Float64, "contributors_count": pl.Int64, "readings_count": pl.Int64,
            "completeness_ratio": pl.Float64,
        },
        orient="row",
    )  # fmt: skip


def told(frame: pl.DataFrame) -> list[tuple[object, ...]]:
    return of_quarters(frame, weights=WEIGHTS, amount="energy_kwh").select(
        "quarter_id", "told_code", "energy_kwh"
    ).rows()  # fmt: skip


def test_a_quarter_has_its_own_and_the_others_the_rest_of_their_zone_by_weight():
    found = told(areas(row("Nord", "QA", 7.0), row("Nord", "QA", 3.0), row("Nord", None, 40.0)))

    assert found == [("QA", "quarter", 10.0), ("QB", "zone", 30.0), ("QC", "zone", 10.0)]


def test_what_is_told_of_the_city_is_of_zones_of_which_nothing_else_is():
    found = told(areas(row("Nord", "QA", 7.0), row(None, None, 40.0)))

    assert found == [("QA", "quarter", 7.0), ("QD", "city", 40.0)]


def test_completeness_is_that_of_all_who_contribute():
    frame = areas(
        row("Sud", "QD", 1.0, meters=30, completeness=1),
        row("Sud", "QD", 1.0, meters=10, completeness=0.2),
    )

    found = of_quarters(frame, weights=WEIGHTS, amount="energy_kwh")

    assert found["completeness_ratio"].to_list() == pytest.approx([0.8])


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.sampled_from(["QA", "QB", "QC", "QD"]), unique=True, max_size=3),
    st.floats(0, 1e6),
    st.floats(0, 1e6),
)
def test_what_is_handed_on_adds_up_to_what_was_told(own, rest, city):
    zone_of = dict(WEIGHTS.select("quarter_id", "zone_name").rows())
    rows = [row(zone_of[quarter], quarter, 5.0) for quarter in own]
    rows += [row("Nord", None, rest)] if {"QA", "QB", "QC"} - set(own) else []
    rows += [row(None, None, city)] if "QD" not in own else []

    found = of_quarters(areas(*rows), weights=WEIGHTS, amount="energy_kwh")

    assert found["quarter_id"].to_list() == ["QA", "QB", "QC", "QD"]
    assert found["energy_kwh"].sum() == pytest.approx(areas(*rows)["energy_kwh"].sum())


def test_floors_and_residents_are_those_of_a_quarters_sections_and_nought_without():
    quarters = WEIGHTS.select("quarter_id", "zone_name").head(2)
    sections = pl.DataFrame(
        {"section_id": ["1", "2"], "quarter_id": ["QA", "QA"], "residents_count": [30, 12]}
    )
    buildings = pl.DataFrame({"section_id": ["1", "2", "9"], "floor_m2": [100.0, 50.0, 7.0]})

    assert floors(buildings, sections, quarters)["weight"].to_list() == [150.0, 0.0]
    assert residents(sections, quarters)["weight"].to_list() == [42.0, 0.0]
