import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.privacy.service_time import read_service_times
from tests.quality.privacy.conftest import Protect


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("00:00:00", 0),
        ("8:05:09", 8 * 3600 + 5 * 60 + 9),
        ("24:00:00", 86_400),
        ("25:10:00", 90_600),
        ("100:00:00", 360_000),
        ("08:60:00", None),
        ("08:00", None),
        ("-1:00:00", None),
        ("08:00:00.5", None),
        ("", None),
        (None, None),
    ],
)
def test_a_clock_that_runs_on_past_midnight_is_read(text: str | None, seconds: int | None):
    assert read_service_times(pl.Series([text], dtype=pl.String)).to_list() == [seconds]


@given(st.integers(min_value=0, max_value=999 * 3600 + 3599))
def test_every_second_of_a_service_day_is_read_as_it_was_written(second: int):
    text = f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"

    assert read_service_times(pl.Series([text])).to_list() == [second]


def test_times_pass_the_gate_and_what_is_none_is_refused(protect: Protect):
    columns = {
        "leaves_s": {"from": "ora", "type": "integer", "sent_as": {"format": "gtfs_time"}},
    }

    got = protect({"ora": [" 25:10:00", "mezzanotte", None]}, columns)

    assert got.frame["leaves_s"].to_list() == [90_600, None]
    assert got.refused["reason"].to_list() == [
        "leaves_s: not a time of a service day, such as 25:10:00"
    ]
    assert got.refused["rule"].to_list() == ["not_a_time"]
