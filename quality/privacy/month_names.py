"""Dates with the month in words, Italian or English, as the readers of dates know them."""

from typing import Final

import polars as pl

# In the order of the year: Italian, then as strptime knows them.
_MONTHS: Final = {
    "gennaio": "January",
    "febbraio": "February",
    "marzo": "March",
    "aprile": "April",
    "maggio": "May",
    "giugno": "June",
    "luglio": "July",
    "agosto": "August",
    "settembre": "September",
    "ottobre": "October",
    "novembre": "November",
    "dicembre": "December",
}
# By the full name and by its first three letters; `sett` and `sept` are September for many.
_NUMBERS: Final[dict[str, int]] = {
    name: number
    for number, months in enumerate(_MONTHS.items(), start=1)
    for full in map(str.lower, months)
    for name in (full, full[:3])
} | {"sett": 9, "sept": 9}
_WEEKDAY: Final = r"(?i:(?:lun|mar|mer|gio|ven|sab|dom)\p{L}*\.?,? +)?"
_MONTH: Final = f"(?i:({'|'.join(sorted(_NUMBERS, key=len, reverse=True))}))"
_WORDED: Final = (
    rf"^{_WEEKDAY}(?:([0-9]{{1,2}})[°º]?(?: +|-|/))?{_MONTH}\.?(?: +|-|/)([0-9]{{4}})"
    r"((?:,|T| ).*)?$"
)


def with_numbers(texts: pl.Series) -> pl.Series:
    """`1 gennaio 2025 10:30` as `2025-01-01 10:30`, `gennaio 2025` as `2025-01`, others as is."""
    if not texts.str.contains("[a-zA-Z]{3}").any():
        return texts
    groups = texts.str.extract_groups(_WORDED)
    parts = groups.struct.rename_fields(["day", "month", "year", "rest"]).struct.unnest()
    if parts["month"].null_count() == len(parts):
        return texts
    month = pl.col("month").str.to_lowercase().replace_strict(_NUMBERS, return_dtype=pl.Int64)
    numbers = pl.concat_str(
        pl.concat_str("year", month.cast(pl.String).str.zfill(2), separator="-"),
        pl.concat_str(pl.lit("-"), pl.col("day").str.zfill(2)).fill_null(""),
        pl.col("rest").fill_null(""),
    )
    return parts.select(pl.coalesce(numbers, texts)).to_series()


def in_english(texts: pl.Series) -> pl.Series:
    """The same texts with the months in English, full or short, for strptime's %B and %b."""
    for italian, english in _MONTHS.items():
        texts = texts.str.replace(rf"(?i)\b{italian}\b", english)
        texts = texts.str.replace(rf"(?i)\b{italian[:3]}\b", english[:3])
    return texts
