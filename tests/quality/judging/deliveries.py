"""A small contract of parking sessions and deliveries to judge by it."""

from datetime import UTC, date, datetime
from typing import Any

import polars as pl

from infra.windows import Window
from quality.contract.model import Contract
from quality.judgement import Verdict, judge

COLUMNS: dict[str, dict[str, Any]] = {
    "session_id": {"type": "string"},
    "car_park_id": {"type": "string"},
    "entered_at": {"type": "timestamp"},
    "paid_on": {"type": "date"},
    "paid_eur": {"type": "float"},
    "refund_eur": {"type": "float"},
    "price_eur": {"type": "decimal"},
    "cars_count": {"type": "integer"},
    "spots_count": {"type": "integer"},
    "is_covered": {"type": "boolean"},
}
SCHEMA = pl.Schema(
    {
        "session_id": pl.String(),
        "car_park_id": pl.String(),
        "entered_at": pl.Datetime("us", "UTC"),
        "paid_on": pl.Date(),
        "paid_eur": pl.Float64(),
        "refund_eur": pl.Float64(),
        "price_eur": pl.Decimal(12, 2),
        "cars_count": pl.Int64(),
        "spots_count": pl.Int64(),
        "is_covered": pl.Boolean(),
        "__payload": pl.Int32(),
        "__line": pl.Int64(),
        "__event_on": pl.Date(),
    }
)
NOON = datetime(2025, 1, 2, 12, tzinfo=UTC)
DAY = Window.of(date(2025, 1, 2), "daily")


def contract(*expectations: dict[str, Any] | str, **changes: Any) -> Contract:
    keys: dict[str, Any] = {
        "publisher": "brescia_mobilita",
        "dataset": "parking_sessions",
        "title": "Soste",
        "owner": "team:mobility",
        "purpose": "Sapere quanto è pieno ogni parcheggio.",
        "legal_basis": "not_personal",
        "cadence": "daily",
        "since": date(2025, 1, 1),
        "source": {"protocol": "file", "url": "sessions.csv"},
        "event_time": "entered_at",
        "columns": COLUMNS,
        "expectations": list(expectations),
        "max_quarantined_ratio": 1.0,
    }
    return Contract.model_validate(keys | changes)


def delivery(height: int | None = None, **columns: list[Any]) -> pl.DataFrame:
    rows = height if height is not None else len(next(iter(columns.values())))
    sessions = [f"s{row}" for row in range(rows)]
    given = {"session_id": sessions, "entered_at": [NOON] * rows, "__payload": [0] * rows}
    given |= {"__line": list(range(2, rows + 2)), **columns}
    frame = pl.DataFrame(
        {name: given.get(name, [None] * rows) for name in SCHEMA if name != "__event_on"},
        schema={name: kind for name, kind in SCHEMA.items() if name != "__event_on"},
    )
    return frame.with_columns(pl.col("entered_at").dt.date().alias("__event_on"))


def judged(frame: pl.DataFrame, terms: Contract, **changes: Any) -> Verdict:
    given = {"refused_before": 0, "delivered_count": frame.height, "window": DAY}
    return judge(frame, terms, **(given | changes))
