"""Times of a service day, whose clock runs on past midnight: `25:10:00` is 01:10 of the next."""

from typing import Final

import polars as pl

_CLOCK: Final = r"^([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])$"


def read_service_times(texts: pl.Series) -> pl.Series:
    """Seconds since noon less twelve hours of the service day; null where a text is no such time.

    On the two days a year when clocks change that is not midnight: noon is what the day has.
    """
    parts = texts.str.extract_groups(_CLOCK).struct.unnest()
    hours, minutes, seconds = (parts[name].cast(pl.Int64) for name in parts.columns)
    return (hours * 3600 + minutes * 60 + seconds).alias(texts.name)
