"""The rows of one text file of a GTFS feed."""

from collections.abc import Mapping
from typing import Final

import polars as pl

from infra.adapters.csv_rows import read_csv
from infra.adapters.encoding import Text, as_utf8
from infra.adapters.form import FileForm
from infra.adapters.grammar import Grammar
from infra.adapters.raw import LINE, Table, refusals, tidy_name
from infra.errors import ContractError

# The standard leaves nothing open here, so nothing is sniffed.
_GRAMMAR: Final = Grammar(",", '"')
_AS_GTFS: Final = FileForm(
    format="csv",
    separator=_GRAMMAR.separator,
    quote=_GRAMMAR.quote,
    decimal=".",
    skip_rows=0,
)
_BLANK: Final = b"\xef\xbb\xbf \t\r\n\0"
# What no row may be without, by https://gtfs.org/schedule/reference. Trailing fields after the last
# of these may be left out: the standard's own sample feed does so.
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "agency": frozenset({"agency_name", "agency_url", "agency_timezone"}),
    "stops": frozenset({"stop_id", "stop_name", "stop_lat", "stop_lon"}),
    "routes": frozenset({"route_id", "route_type"}),
    "trips": frozenset({"route_id", "service_id", "trip_id"}),
    "stop_times": frozenset(
        {"trip_id", "stop_id", "stop_sequence", "arrival_time", "departure_time"}
    ),
    "calendar": frozenset(
        {"service_id", "start_date", "end_date"}
        | {f"{day}day" for day in ("mon", "tues", "wednes", "thurs", "fri", "satur", "sun")}
    ),
    "calendar_dates": frozenset({"service_id", "date", "exception_type"}),
    "frequencies": frozenset({"trip_id", "start_time", "end_time", "headway_secs"}),
    "shapes": frozenset({"shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence"}),
    "feed_info": frozenset({"feed_publisher_name", "feed_publisher_url", "feed_lang"}),
    "transfers": frozenset({"from_stop_id", "to_stop_id", "transfer_type"}),
}


def rows_of(table: str, content: bytes) -> Table | None:
    """The rows of a file of a feed; None if it has not even a header.

    Raises ContractError, naming the file, if it is no table.
    """
    if not content.strip(_BLANK):
        return None
    text = as_utf8(content, None)
    try:
        read = read_csv(text, _AS_GTFS)
        if read.refused.height:
            read = read_csv(_with_trailing_fields(table, text, read), _AS_GTFS)
    except ContractError as error:
        raise ContractError(f"{table}.txt: {error}") from None
    return _without_nul(read) if b"\0" in text.content else read


def _without_nul(read: Table) -> Table:
    """The same rows, but for those with a NUL character: no text has one, and few tools take it."""
    cells = pl.any_horizontal(pl.col(pl.String).str.contains("\0", literal=True).fill_null(False))
    lines = read.frame.filter(cells)[LINE]
    refused = refusals((line, "there is a NUL character on this line") for line in lines)
    return Table(read.frame.filter(~cells), pl.concat([read.refused, refused]).sort(LINE))


def _with_trailing_fields(table: str, text: Text, read: Table) -> Text:
    """The same file, its refused lines ended with the empty fields they may have left out."""
    lines = text.content.split(b"\n")
    header = next(line for line in lines if line.strip(_BLANK))
    names = [tidy_name(name) for name in _GRAMMAR.split(header.decode().rstrip("\r")) or ()]
    needed = max((at for at, name in enumerate(names, 1) if name in _NEEDED[table]), default=0)
    for number in read.refused[LINE]:
        line = lines[number - 1].removesuffix(b"\r")
        fields = _GRAMMAR.split(line.decode(errors="replace"))
        if fields is not None and max(needed, 2) <= len(fields) < len(names):
            lines[number - 1] = line + b"," * (len(names) - len(fields))
    return Text(b"\n".join(lines), text.encoding, text.undecodable)
