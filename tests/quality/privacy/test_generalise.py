from datetime import UTC, date, datetime
from typing import Any

import polars as pl
import pytest

from quality.contract.model import Bands, RoundTo, Truncate
from quality.privacy.generalise import band, band_labels, round_to, truncate


@pytest.mark.parametrize(
    ("every", "start"),
    [
        ("15m", datetime(2025, 5, 14, 23, 30, tzinfo=UTC)),
        ("1h", datetime(2025, 5, 14, 23, tzinfo=UTC)),
        ("1d", datetime(2025, 5, 14, tzinfo=UTC)),
        ("1w", datetime(2025, 5, 12, tzinfo=UTC)),
        ("1mo", datetime(2025, 5, 1, tzinfo=UTC)),
        ("1y", datetime(2025, 1, 1, tzinfo=UTC)),
    ],
)
def test_an_instant_is_cut_down_in_utc(every: str, start: datetime) -> None:
    night = pl.Series([datetime(2025, 5, 14, 23, 44, 59, tzinfo=UTC), None])

    assert truncate(night, Truncate(truncate=every)).to_list() == [start, None]


def test_a_date_has_no_hours_to_cut() -> None:
    days = pl.Series([date(2025, 5, 14)])

    assert truncate(days, Truncate(truncate="6h")).to_list() == [date(2025, 5, 14)]
    assert truncate(days, Truncate(truncate="1mo")).to_list() == [date(2025, 5, 1)]


@pytest.mark.parametrize(
    ("step", "numbers", "rounded"),
    [
        (0.1, [0.25, -0.05, 0.31, None], [0.3, -0.1, 0.3, None]),
        (0.5, [0.74, 0.75], [0.5, 1.0]),
        (100, [149.0, 150.0], [100.0, 200.0]),
    ],
)
def test_numbers_are_rounded_to_the_nearest_multiple(
    step: float, numbers: list[float], rounded: list[float]
) -> None:
    assert round_to(pl.Series(numbers), RoundTo(round_to=step), "float").to_list() == rounded


@pytest.mark.parametrize(
    ("edges", "labels"),
    [
        ((0, 18, 65), ["<0", "0-17", "18-64", "65+"]),
        ((0, 0.5, 2), ["<0", "0-0.5", "0.5-2", "2+"]),
        ((0, 1, 5), ["<0", "0", "1-4", "5+"]),
        ((18,), ["<18", "18+"]),
    ],
)
def test_bands_are_named_by_their_edges(edges: tuple[float, ...], labels: list[str]) -> None:
    assert band_labels(edges) == labels


def test_an_edge_belongs_to_the_band_above_it() -> None:
    ages = pl.Series([-1.0, 0.0, 17.9, 18.0, 65.0, None])

    bands = band(ages, Bands(bands=(0, 18, 65))).to_list()

    assert bands == ["<0", "0-17", "0-17", "18-64", "65+", None]


def test_a_place_becomes_its_cell_and_its_coordinates_are_gone(protect: Any) -> None:
    delivered = {
        "lat": ["45,5416", "45,5416", "", "91,0", "45,5", "x"],
        "lon": ["10,2118", "10,2118", "", "10,0", "", "10,1"],
    }
    column = {"from": ["lat", "lon"], "type": "string", "personal": "indirect"}

    protected = protect(delivered, {"cell_id": {**column, "treatment": {"h3": 9}}})

    cells = protected.frame["cell_id"].to_list()
    assert cells[0] == cells[1]
    assert len(cells[0]) == 15
    assert cells[2] is None
    assert protected.refused.select("rule", "reason").rows() == [
        ("not_a_place", "cell_id: latitude or longitude is out of range"),
        ("not_a_place", "cell_id: only one of latitude and longitude is there"),
        ("not_a_number", "cell_id: latitude: not a number"),
    ]


def test_bands_of_a_text_column_read_numbers(protect: Any) -> None:
    columns = {"age_band": {"from": "eta", "type": "string", "treatment": {"bands": [0, 18, 65]}}}

    protected = protect({"eta": ["7", "70", "boh", ""]}, columns)

    assert protected.frame["age_band"].to_list() == ["0-17", "65+", None]
    assert protected.refused["reason"].to_list() == ["age_band: not a number"]
