"""The JSON routes of a simulated publisher: `/api/<style>/<data set>`, in every way of paging."""

import base64
from collections.abc import Mapping, Sequence
from typing import Final
from urllib.parse import urlencode

from infra.simulator.publishers.offers import Item, Json, Reply, as_json, refusal

STYLES: Final = ("whole", "page", "offset", "cursor", "link")
_USUAL: Final = 100


def within(records: Sequence[Item], field: str | None, query: Mapping[str, str]) -> list[Item]:
    """The records from `from` up to and without `to`, compared as text."""
    first, end = query.get("from", ""), query.get("to", "")
    if field is None or not (first or end):
        return list(records)
    return [
        record
        for record in records
        if first <= (at := _said(record, field)) and (not end or at < end)
    ]


def _said(record: Item, field: str) -> str:
    return "" if isinstance(record, str) else str(record.get(field, ""))


def paged(
    style: str, records: Sequence[Item], query: Mapping[str, str], *, address: str, most: int
) -> Reply:
    """One page; `most` is the largest page this server gives, whatever it is asked for."""
    try:
        size = min(int(query.get("limit") or query.get("per_page") or _USUAL), most)
        number, offset = int(query.get("page", "1")), int(query.get("offset", "0"))
        mark = int(base64.urlsafe_b64decode(query.get("cursor") or "MA=="))
    except ValueError:
        return refusal(400, "the parameters are not numbers")
    count = len(records)
    if style == "whole":
        size = count
    start = {"page": (number - 1) * size, "link": (number - 1) * size}.get(style, 0)
    start = {"offset": offset, "cursor": mark}.get(style, start)
    end = start + size
    items = list(records[start:end])
    if style == "link":
        if end >= count:
            return as_json(items)
        onward = urlencode({**query, "page": number + 1})
        return as_json(items, Link=f'<{address}?{onward}>; rel="next", <{address}>; rel="first"')
    said: dict[str, Json] = {"data": {"items": _plain(items), "count": count}}
    if style == "cursor":
        onward = base64.urlsafe_b64encode(str(end).encode()).decode()
        said["next"] = onward if end < count else None
    return as_json(said) if style in STYLES else refusal(404, "no such route")


def _plain(items: Sequence[Item]) -> list[Json]:
    return [item if isinstance(item, str) else dict(item) for item in items]
