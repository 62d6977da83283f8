"""Everything in which the source of a contract may contradict its columns or its cadence."""

import re
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Final

from infra.adapters.file import FileAdapter
from infra.adapters.form import FileForm
from infra.adapters.raw import tidy_name
from infra.adapters.source import WINDOW, in_window
from infra.windows import PLACEHOLDERS, Cadence, Window
from quality.contract.problems import Problem, closest, either, quoted

if TYPE_CHECKING:
    from quality.contract.model import Contract

_PLACEHOLDER: Final = re.compile(r"\{([^{}]*)\}")
# Beginning with a letter: what a simulated city knows of itself lies in a folder that does not.
_SETTING: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
# The keys of a source that hold placeholders, with what must be readable to look at them.
ADDRESSES: Final = frozenset(
    {
        "source",
        *(f"source.{key}" for key in ("url", "where", "resource", "headers", "hosts", "access")),
    }
)
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
    """What is wrong with the placeholders of a source."""
    source = contract.source
    faults = list(dict.fromkeys(_faults_in_place(contract)))
    yield from faults
    text = getattr(source, source.windows_in) or ""
    if faults or not WINDOW.search(text):
        return
    where = f"source.{source.windows_in}"
    cadence: Cadence = "daily" if contract.cadence == "stream" else contract.cadence
    if cadence == "static":
        yield Problem(
            where,
            "names a window, and a static data set has none",
            "take {window} out, or write another cadence",
        )
        return
    probes = _PROBES[cadence]
    if len({in_window(text, Window.of(day, cadence)) for day in probes}) < len(probes):
        yield Problem(
            where,
            f"the cadence is {contract.cadence}, and {{window}} is written alike for several "
            "windows: each file would be read several times",
            f"write {{window:{_FORMATS[cadence]}}}, or another cadence",
        )


def _faults_in_place(contract: "Contract") -> Iterator[Problem]:
    source = contract.source
    filled = source.filled_texts()
    texts = filled | {source.windows_in: getattr(source, source.windows_in) or ""}
    for key, text in texts.items():
        where = f"source.{key}"
        if key == "url" and ".." in text.partition("?")[0].split("/"):
            yield Problem(where, "leads out of its folder by ..", "write the folder it is in")
            continue
        if text.count("{") != text.count("}") or "{" in _PLACEHOLDER.sub("", text):
            yield Problem(where, "a brace is not closed", "write {name} or {window:%Y-%m-%d}")
            continue
        for inside in _PLACEHOLDER.findall(text):
            if inside.partition(":")[0] in PLACEHOLDERS and key != source.windows_in:
                yield Problem(
                    where,
                    f"{{{inside}}} stands where no window is filled in",
                    f"write it in source.{source.windows_in}",
                )
                continue
            fault = _fault(inside, is_filled=key in filled)
            if fault is not None:
                yield Problem(where, *fault)


def _fault(inside: str, *, is_filled: bool) -> tuple[str, str] | None:
    """What is wrong with a placeholder, and what to write; None for a good one."""
    name, colon, pattern = inside.partition(":")
    if name in PLACEHOLDERS:
        unknown = [text for text in re.findall(r"%(.?)", pattern) if text not in _DIRECTIVES]
        unknown += [""] if re.search(r"%$", pattern) else []
        if unknown:
            return (
                f"%{unknown[0]} is no part of a date",
                f"write {{{name}:%Y-%m-%d}} with %Y, %m, %d, or another of "
                + either([f"%{letter}" for letter in "yjbBGVuHMS"]),
            )
        if colon and not re.search(r"%[^%]", pattern):
            return f"{{{inside}}} holds no part of a date", f"write {{{name}:%Y-%m-%d}}"
        return None
    if not is_filled:
        return f"{{{inside}}} is unknown", "write {window:%Y-%m-%d}"
    if colon or not _SETTING.fullmatch(name):
        return (
            f"{{{inside}}} is unknown",
            "write {name}, for what GEMELLO_SOURCES fills, or {window:%Y-%m-%d}",
        )
    return None


def layout_problems(contract: "Contract") -> Iterator[Problem]:
    """Where the source says which columns come, and the contract reads or ignores others."""
    source = contract.source
    if not isinstance(source, FileForm):
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


def consume_problems(contract: "Contract") -> Iterator[Problem]:
    """Where removing what has landed would lose rows, or there would be no copy of them."""
    source = contract.source
    if not isinstance(source, FileAdapter) or not source.consume:
        return
    where = "source.consume"
    if not source.names_windows or any(mark in source.url for mark in "*?["):
        yield Problem(
            where,
            "goes with one file for each window: with several, the next would stand for all",
            "remove it, or put {window:%Y-%m-%d} into source.url and no * ? [",
        )
    if contract.archive_days == 0:
        yield Problem(
            where, "would leave no copy of a delivery", "remove it, or write archive_days: 14"
        )


def _not_in_header(contract: "Contract", source: FileForm) -> Iterator[Problem]:
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


def _unread_keys(source: FileForm) -> Iterator[Problem]:
    if source.format is None:
        return
    for key, formats in _READ_BY.items():
        if getattr(source, key) is not None and source.format not in formats:
            yield Problem(
                f"source.{key}",
                f"goes with format: {either(formats)}, not {source.format}",
                "remove it, or correct the format",
            )
