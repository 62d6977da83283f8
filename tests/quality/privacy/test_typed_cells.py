from datetime import time, timedelta
from typing import Any, Final

import polars as pl
import pytest

from infra.adapters.raw import RawRows
from infra.keys import Keyring
from quality.privacy.gate import protect_rows
from tests.quality.privacy.conftest import contract_of, rows_of

TYPES: Final = {
    "string": "x_code",
    "integer": "x_count",
    "float": "x_m",
    "decimal": "x_eur",
    "boolean": "is_x",
    "timestamp": "x_at",
    "date": "x_on",
    "geometry": "x_geom",
}
# Kinds of columns that a Parquet file may have and no column of ours is read from.
KINDS: Final = {
    "duration": pl.Series([timedelta(seconds=1), None]),
    "binary": pl.Series([b"\xff", None]),
    "list": pl.Series([[1], None]),
    "array": pl.Series([[1, 2], None], dtype=pl.Array(pl.Int64, 2)),
    "struct": pl.Series([{"a": 1}, None]),
    "list of structs": pl.Series([[{"a": timedelta(1)}], None]),
}

READ_AS_TEXT: Final = (
    *(pl.Int8, pl.UInt64, pl.Int128, pl.Float32, pl.Decimal(20, 3), pl.Boolean),
    pl.Enum(["1"]),
)


@pytest.mark.parametrize("type_", TYPES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_cell_of_a_kind_no_column_holds_is_refused_by_the_name_of_ours(
    protect: Any, kind: str, type_: str
) -> None:
    name = TYPES[type_]

    protected = protect({"x": KINDS[kind]}, {name: {"from": "x", "type": type_}})

    assert protected.frame[name].to_list() == [None]
    (reason,) = protected.refused["reason"]
    assert reason.startswith((f"{name}: not ", f"{name}: neither "))


@pytest.mark.parametrize("kind", KINDS)
def test_such_a_column_that_nobody_declared_is_left_out(protect: Any, kind: str) -> None:
    protected = protect({"codice": ["a", "b"], "x": KINDS[kind]}, {"codice": {"type": "string"}})

    assert protected.drift.undeclared == ("x",)


def test_such_a_cell_makes_no_pseudonym(protect: Any) -> None:
    columns = {
        "x_pid": {"from": "x", "type": "string", "personal": "direct", "treatment": "pseudonymise"}
    }

    for cells in KINDS.values():
        protected = protect({"x": cells}, columns)
        assert protected.refused["reason"].to_list() == ["x_pid: not a text"]


def test_a_time_of_day_is_a_text_and_part_of_an_instant(protect: Any) -> None:
    columns = {
        "seen_at": {"from": ["giorno", "ora"], "type": "timestamp", "sent_as": {"timezone": "UTC"}},
        "clock_code": {"from": "ora", "type": "string"},
    }

    row = protect({"giorno": ["2025-01-01"], "ora": [time(8, 30)]}, columns).frame.to_dicts()[0]

    assert f"{row['seen_at']:%Y-%m-%d %H:%M}" == "2025-01-01 08:30"
    assert row["clock_code"].startswith("08:30")


@pytest.mark.parametrize("dtype", READ_AS_TEXT)
def test_whatever_holds_one_can_be_read_as_text(keyring: Keyring, dtype: Any) -> None:
    cells = pl.Series("x", ["1" if isinstance(dtype, pl.Enum) else 1], dtype=dtype, strict=False)
    raw = rows_of({"x": ["1"]})
    raw = RawRows(raw.frame.with_columns(cells), raw.refused, None, None)

    kept = protect_rows(raw, contract_of({"x_code": {"from": "x", "type": "string"}}), keyring)

    assert kept.frame.height == 1
    assert kept.frame["x_code"].item() is not None
