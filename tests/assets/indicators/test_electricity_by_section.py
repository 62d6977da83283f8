from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.indicators.electricity_by_section import electricity_by_section
from tests.assets.indicators.defined import COMPLETENESS

DAY = date(2025, 3, 24)


def consumed(*, area: str = "section", completeness: float = 1.0) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "consumed_on": [DAY],
            "section_id": ["0170290000001" if area == "section" else None],
            "area_code": [area],
            "energy_kwh": [96.0],
            "contributors_count": [10],
            "readings_count": [960],
            "completeness_ratio": [completeness],
        },
        schema_overrides={"section_id": pl.String},
    )


def test_a_section_that_is_told_alone_has_its_day():
    result = electricity_by_section(consumed(), COMPLETENESS)

    assert result.select("section_id", "consumed_on", "energy_kwh", "meters_count").rows() == [
        ("0170290000001", DAY, 96.0, 10)
    ]


@pytest.mark.parametrize("area", ["quarter", "zone", "city"])
def test_what_is_told_of_wider_places_is_no_sections(area):
    assert electricity_by_section(consumed(area=area), COMPLETENESS).is_empty()


@pytest.mark.parametrize(
    ("completeness", "quality"), [(0.74, []), (0.75, ["partial"]), (0.95, ["ok"])]
)
def test_a_day_with_too_few_readings_is_no_day(completeness, quality):
    result = electricity_by_section(consumed(completeness=completeness), COMPLETENESS)

    assert result["quality_code"].to_list() == quality


ENERGIES = st.lists(st.floats(0, 1e6), min_size=1, max_size=8)


@pytest.mark.shows("property", "gold/energy/daily_electricity_by_section")
@given(ENERGIES, st.randoms())
def test_all_energy_of_sections_is_told_in_any_order(energies, chance):
    days = [
        consumed().with_columns(
            section_id=pl.lit(f"01702900{n:05}"), energy_kwh=pl.lit(energy, pl.Float64)
        )
        for n, energy in enumerate(energies)
    ]
    mixed = chance.sample(days, len(days))

    result = electricity_by_section(pl.concat(days), COMPLETENESS)

    assert result["energy_kwh"].sum() == pytest.approx(sum(energies))
    assert result.equals(electricity_by_section(pl.concat(mixed), COMPLETENESS))
