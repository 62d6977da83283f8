"""Text → instants and dates: ISO 8601, Italian day-first, or the format the contract declares."""

import re
from datetime import timedelta
from typing import Final

import polars as pl

from infra.errors import ContractError
from quality.privacy.cells import empty
from quality.privacy.month_names import in_english, with_numbers

ROME: Final = "Europe/Rome"
SOLAR: Final = "solar"
INSTANT: Final = pl.Datetime("us", "UTC")

# Layouts polars reads at full speed, by what the first text looks like; the rest take the long way.
_FAST: Final = (
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$", "%Y-%m-%dT%H:%M:%SZ", 20),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}$", "%Y-%m-%dT%H:%M:%S", 19),
    (r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$", "%Y-%m-%d %H:%M:%S", 19),
)
_TIME: Final = (
    r"(?:(?:T|,? +)([0-9]{1,2})[:.]([0-9]{2})(?:[:.]([0-9]{2})(?:[.,]([0-9]{1,9}))?)?)?"
    r" *(Z|z|UTC|[+-][01][0-9](?::?[0-5][0-9])?)?$"
)
_ISO: Final = r"^([0-9]{4})[-/]([0-9]{2})[-/]([0-9]{2})" + _TIME
_COMPACT: Final = r"^((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})" + _TIME
_ITALIAN: Final = r"^([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})" + _TIME
_YEAR_MONTH: Final = r"^([0-9]{4})-([0-9]{2})$"
_MONTH_YEAR: Final = r"^([0-9]{1,2})/([0-9]{4})$"
_YEAR: Final = r"^((?:1[5-9]|2[01])[0-9]{2})$"
# polars takes no format with hours and without minutes.
_HOURS: Final = r"%[-_0]?[HIkl]"
_MINUTES: Final = r"%[-_0]?[MTRXrc]"
_MONTH_NAME: Final = r"%[bBh]"
_WITH_YEAR: Final = r"%[-_0]?[YyCGgFDxcs+]"
_PARTS: Final = ("day", "hour", "minute", "second", "fraction", "offset")

# What each strptime directive matches, to find where a declared format ends within a longer text.
_DIRECTIVES: Final = {
    **dict.fromkeys("mdeHkIlMSy", " ?[0-9]{1,2}"),
    **dict.fromkeys("bBhaA", r"\p{L}+\.?"),
    **dict.fromkeys("pP", "[AaPp][Mm]"),
    "Y": "[0-9]{4}",
    "j": "[0-9]{1,3}",
    "z": "(?:Z|[+-][0-9]{2}:?[0-9]{2})",
    "f": r"\.?[0-9]+",
    "F": "[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}",
    "T": "[0-9]{1,2}:[0-9]{2}:[0-9]{2}",
    "R": "[0-9]{1,2}:[0-9]{2}",
    "%": "%",
}


def read_instants(
    texts: pl.Series, *, format_: str | None, zone: str | None, is_prefix: bool = False
) -> pl.Series:
    """The instants these texts stand for, UTC; null where one is none.

    A text without an offset is local time of `zone` (Europe/Rome; `solar` is UTC+1 all year). The
    hour that happens twice in autumn is its earlier one; the one skipped in spring is no instant.
    `is_prefix` reads a declared format at the start of the text and ignores what follows it.
    """
    if format_ is not None:
        return _instants_of_format(texts, format_, zone=zone, is_prefix=is_prefix)
    fast = _fast(texts, zone)
    rest = texts if fast is None else empty(texts, where=fast.is_not_null())
    if fast is not None and not rest.is_not_null().any():
        return fast
    rest = with_numbers(rest)
    parts = _with_day(rest, texts)
    wall = _wall_clock(parts)
    instants = localise(wall, zone)
    with_offset = _with_offset(wall, parts["offset"])
    instants = with_offset.zip_with(parts["offset"].is_not_null(), instants)
    return instants if fast is None else fast.fill_null(instants)


def read_dates(
    texts: pl.Series, *, format_: str | None, zone: str | None, is_prefix: bool = False
) -> pl.Series:
    """The calendar days these texts stand for; null where one is none.

    A time of day is cut off; only where the text has an offset is it first brought to local time.
    A month or a year alone is its first day.
    """
    if format_ is not None:
        if _has_offset(format_):
            instants = _instants_of_format(texts, format_, zone=zone, is_prefix=is_prefix)
            return local_dates(instants, zone)
        return _strptime(texts, format_, is_prefix=is_prefix).dt.date()
    dates = texts.str.to_date("%Y-%m-%d", strict=False)
    dates = empty(dates, where=texts.str.len_bytes() != 10)
    rest = empty(texts, where=dates.is_not_null())
    if not rest.is_not_null().any():
        return dates
    rest = with_numbers(rest)
    parts = _with_day(rest, texts)
    wall = _wall_clock(parts)
    local = local_dates(_with_offset(wall, parts["offset"]), zone)
    local = local.zip_with(parts["offset"].is_not_null(), wall.dt.date())
    months = rest.str.replace(_MONTH_YEAR, "${2}-${1}")
    months = months.str.replace(_YEAR, "${1}-01").str.to_date("%Y-%m", strict=False)
    is_month = rest.str.contains(f"{_YEAR_MONTH}|{_MONTH_YEAR}|{_YEAR}")
    return dates.fill_null(local).fill_null(empty(months, where=~is_month))


def localise(wall: pl.Series, zone: str | None) -> pl.Series:
    """Instants of wall-clock times; null for a time that the clock skips in spring."""
    if zone == SOLAR:
        return (wall - timedelta(hours=1)).dt.replace_time_zone("UTC")
    aware = wall.dt.replace_time_zone(zone or ROME, ambiguous="earliest", non_existent="null")
    return aware.dt.convert_time_zone("UTC")


def check_format(format_: str | None) -> None:
    """Raise ContractError for a format that no text could match."""
    if format_ is None or format_ == "%s":
        return
    if not re.search(_WITH_YEAR, format_):
        raise ContractError(
            "sent_as.format: not a strptime format with a year; write one such as %d/%m/%Y %H:%M"
        )
    try:
        pl.Series(["-"]).str.to_datetime(_with_minutes(format_), strict=False, time_unit="us")
    except pl.exceptions.PolarsError:
        raise ContractError(
            "sent_as.format: not a strptime format; write one such as %d/%m/%Y %H:%M"
        ) from None


def _has_offset(format_: str) -> bool:
    return re.search(r"%[:#]?z", format_) is not None


def _instants_of_format(
    texts: pl.Series, format_: str, *, zone: str | None, is_prefix: bool
) -> pl.Series:
    times = _strptime(texts, format_, is_prefix=is_prefix)
    if format_ == "%s":  # seconds since 1970 are an instant already
        return times.dt.replace_time_zone("UTC")
    return times if _has_offset(format_) else localise(times, zone)


def _strptime(texts: pl.Series, format_: str, *, is_prefix: bool) -> pl.Series:
    if is_prefix:
        texts = texts.str.extract(_pattern(format_), 1)
    if re.search(_MONTH_NAME, format_):
        texts = in_english(texts)
    if _with_minutes(format_) != format_:
        texts = texts + " 00"
    return texts.str.to_datetime(_with_minutes(format_), strict=False, time_unit="us")


def _with_minutes(format_: str) -> str:
    """The format, with minutes if it has hours and no minutes."""
    is_without = re.search(_HOURS, format_) and not re.search(_MINUTES, format_)
    return f"{format_} %M" if is_without else format_


def _pattern(format_: str) -> str:
    pattern, rest = "", format_
    while rest:
        character, rest = rest[0], rest[1:]
        if character != "%":
            pattern += re.escape(character)
            continue
        rest = rest.lstrip(":#-._0123456789")
        pattern += _DIRECTIVES.get(rest[:1], ".+?")
        rest = rest[1:]
    return f"^({pattern})"


def _fast(texts: pl.Series, zone: str | None) -> pl.Series | None:
    first = texts.drop_nulls().head(1)
    for pattern, layout, length in _FAST:
        if first.str.contains(pattern).any():
            wall = texts.str.to_datetime(layout, strict=False, time_unit="us")
            # strptime also takes 2025-1-5T1:02:03; what is not of this length goes the long way.
            wall = empty(wall, where=texts.str.len_bytes() != length)
            if layout.endswith("Z"):
                return wall.dt.replace_time_zone("UTC")
            return localise(wall, zone)
    return None


def _with_day(rest: pl.Series, texts: pl.Series) -> pl.DataFrame:
    """The parts of each text: day as `YYYY-MM-DD`, hour, minute, second, fraction, offset."""
    iso, compact = _groups(rest, _ISO, "ymd"), _groups(rest, _COMPACT, "ymd")
    italian = _groups(rest, _ITALIAN, "dmy")
    if not _is_day_first(texts):
        italian = italian.clear(len(italian))
    return pl.DataFrame(
        {part: iso[part].fill_null(compact[part]).fill_null(italian[part]) for part in _PARTS}
    )


def _groups(texts: pl.Series, pattern: str, order: str) -> pl.DataFrame:
    names = [*order, *_PARTS[1:]]
    groups = texts.str.extract_groups(pattern).struct.rename_fields(names).struct.unnest()
    two = [pl.col(name).str.zfill(2) for name in ("m", "d")]
    return groups.select(
        pl.concat_str([pl.col("y"), *two], separator="-").alias("day"), *_PARTS[1:]
    )


def _is_day_first(texts: pl.Series) -> bool:
    """Whether 03/04/2025 is the third of April here, as everywhere in Italy.

    Not so if more distinct values can only be month-first (04/25/2025) than only day-first: then
    such values could be misread, and all of them are refused until sent_as.format says how.
    """
    days = texts.unique().str.extract_groups(_ITALIAN).struct.unnest()
    first, second = (days[name].cast(pl.Int32, strict=False) for name in days.columns[:2])
    month_first = int(((first <= 12) & (second > 12)).sum())
    return month_first == 0 or month_first < int(((first > 12) & (second <= 12)).sum())


def _wall_clock(parts: pl.DataFrame) -> pl.Series:
    """Clock times of the parts. 24:00 is the next day's midnight."""
    hour, minute, second = (
        pl.col(name).fill_null("00").str.zfill(2) for name in ("hour", "minute", "second")
    )
    ends_day = (hour == "24") & (minute == "00") & (second == "00")
    start = pl.when(ends_day).then(pl.lit("00")).otherwise(hour)
    clock = pl.concat_str(start, minute, second, separator=":")
    text = pl.concat_str(pl.col("day"), clock, separator=" ")
    fraction = pl.col("fraction").fill_null("0").str.pad_end(6, "0").str.head(6)
    return parts.select(
        text.str.to_datetime("%Y-%m-%d %H:%M:%S", strict=False, time_unit="us")
        + pl.duration(microseconds=fraction.cast(pl.Int64))
        + pl.duration(days=ends_day.cast(pl.Int64))
    ).to_series()


def _with_offset(wall: pl.Series, offsets: pl.Series) -> pl.Series:
    """Instants of wall-clock times that say their offset from UTC; null without one."""
    plain = offsets.str.replace("Z|z|UTC", "+00")
    hours = plain.str.slice(1, 2).cast(pl.Int64, strict=False)
    minutes = plain.str.slice(3).str.strip_chars(":").cast(pl.Int64, strict=False).fill_null(0)
    sign = plain.str.starts_with("-").cast(pl.Int64) * -2 + 1
    ahead = (sign * (hours * 60 + minutes) * 60_000_000).cast(pl.Duration("us"))
    return (wall - ahead).dt.replace_time_zone("UTC")


def local_dates(instants: pl.Series, zone: str | None) -> pl.Series:
    """The calendar days of instants on the clock of a zone."""
    if zone == SOLAR:
        return (instants + timedelta(hours=1)).dt.date()
    return instants.dt.convert_time_zone(zone or ROME).dt.date()
