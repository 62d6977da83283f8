"""Everything in which the source of a contract may contradict its columns or its cadence."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from infra.adapters.file import WINDOW, FileAdapter
from infra.adapters.raw import tidy_name
from quality.contract.problems import Problem, closest, either, quoted

if TYPE_CHECKING:
    from quality.contract.model import Contract

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
_SETTING: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_DIRECTIVES: Final = "YymdjHMSbBGVuUWaA%"
# Windows that a name must tell apart: neighbours, the same day of another month, week and year.
_PROBES: Final = {
    "daily": (
        *(date(2025, 3, 4), date(2025, 3, 5), date(2025, 3, 11), date(2025, 4, 4)),
        date(2026, 3, 4),
    ),
    "monthly": (date(2025, 3, 1), date(2025, 4, 1), date(2026, 3, 1)),
    "yearly": (date(2025, 1, 1), date(2026, 1, 1)),
}
_FORMATS: Final = {"daily": "%Y-%m-%d", "monthly": "%Y-%m", "yearly": "%Y"}
# Keys that only some formats read; elsewhere they would be passed over without a word.
_READ_BY: Final = {
    "separator": ("csv",),
    "quote": ("csv",),
    "comment": ("csv",),
    "skip_rows": ("csv", "xlsx"),
    "encoding": ("csv", "json", "jsonl", "geojson"),
    "sheet": ("xlsx",),
    "records": ("json",),
}


def address_problems(contract: "Contract") -> Iterator[Problem]:
    """What is wrong with the placeholders of `source.url`."""
    url = contract.source.url
    if url.count("{") != url.count("}") or "{" in _PLACEHOLDER.sub("", url):
        yield Problem("source.url", "a brace is not closed", "write {name} or {window:%Y-%m-%d}")
        return
    faults = list(dict.fromkeys(_faults(url)))
    yield from (Problem("source.url", wrong, write) for wrong, write in faults)
    if faults or not WINDOW.search(url):
        return
    cadence = "daily" if contract.cadence == "stream" else contract.cadence
    if cadence == "static":
        yield Problem(
            "source.url",
            "names a window, and a static data set has none",
            "take {window} out, or write another cadence",
        )
        return
    probes = _PROBES[cadence]
    if len({_dated(url, day) for day in probes}) < len(probes):
        yield Problem(
            "source.url",
            f"the cadence is {contract.cadence}, and {{window}} is written alike for several "
            "windows: each file would be read several times",
            f"write {{window:{_FORMATS[cadence]}}}, or another cadence",
        )


def _faults(url: str) -> Iterator[tuple[str, str]]:
    for inside in _PLACEHOLDER.findall(url):
        name, colon, pattern = inside.partition(":")
        if name == "window":
            unknown = [text for text in re.findall(r"%(.?)", pattern) if text not in _DIRECTIVES]
            unknown += [""] if re.search(r"%$", pattern) else []
            if unknown:
                yield (
                    f"%{unknown[0]} is no part of a date",
                    "write {window:%Y-%m-%d} with %Y, %m, %d, or another of "
                    + either([f"%{letter}" for letter in "yjbBGVuHMS"]),
                )
            elif colon and not re.search(r"%[^%]", pattern):
                yield f"{{{inside}}} holds no part of a date", "write {window:%Y-%m-%d}"
        elif colon or not _SETTING.fullmatch(name):
            yield (
                f"{{{inside}}} is unknown",
                "write {name}, for what GEMELLO_SOURCES fills, or {window:%Y-%m-%d}",
            )


def _dated(url: str, start: date) -> str:
    return WINDOW.sub(lambda match: start.strftime(match[1] or "%Y-%m-%d"), url)


def layout_problems(contract: "Contract") -> Iterator[Problem]:
    """Where the source says which columns come, and the contract reads or ignores others."""
    source = contract.source
    if not isinstance(source, FileAdapter):
        return
    yield from _unread_keys(source)
    melt = source.melt
    if melt is not None:
        known = {*contract.delivered, *map(tidy_name, contract.dropped)}
        for key in ("name", "value"):
            made = tidy_name(getattr(melt, key))
            if made not in known:
                yield Problem(
                    f"source.melt.{key}",
                    f"no column is read from {quoted(made)}",
                    "write it as `from` of the column it fills, or under dropped",
                )
    if source.header is not True:
        yield from _not_in_header(contract, source)


def _not_in_header(contract: "Contract", source: FileAdapter) -> Iterator[Problem]:
    declared = source.header if isinstance(source.header, tuple) else ()
    known = [tidy_name(name) for name in declared]
    for name in dict.fromkeys(known):
        if name and known.count(name) > 1:
            yield Problem("source.header", f"{quoted(name)} stands twice", "give each its own name")
    made = [] if source.melt is None else [source.melt.name, source.melt.value]
    for delivered, readers in contract.delivered.items():
        if delivered in (*known, *map(tidy_name, made)):
            continue
        where = f"columns.{readers[0]}.from"
        if not declared and not re.fullmatch("[1-9][0-9]*", delivered):
            yield Problem(
                where,
                f"{quoted(delivered)} is no number, and source.header is false",
                'write the place of the column, from "1", or a list of names as source.header',
            )
        elif declared:
            meant = closest(delivered, known, likeness=0.75)
            yield Problem(
                where,
                f"{quoted(delivered)} is not in source.header",
                f"write {meant}" if meant else "write a name that stands there, or add it there",
            )


def _unread_keys(source: FileAdapter) -> Iterator[Problem]:
    if source.format is None:
        return
    for key, formats in _READ_BY.items():
        if getattr(source, key) is not None and source.format not in formats:
            yield Problem(
                f"source.{key}",
                f"goes with format: {either(formats)}, not {source.format}",
                "remove it, or correct the format",
            )
