import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from infra.adapters.raw import LINE, PAYLOAD, RawRows
from infra.keys import Keyring
from infra.settings import Settings
from quality.contract.model import Contract
from quality.privacy.gate import protect_rows
from quality.privacy.protected import Protected

Delivered = dict[str, list[Any]]  # cells of any type, as Parquet has them
Protect = Callable[..., Protected]


def contract_of(columns: dict[str, Any], **more: Any) -> Contract:  # keys as in YAML
    return Contract.model_validate(
        {
            "publisher": "city",
            "dataset": "things",
            "title": "Cose",
            "owner": "team:city",
            "purpose": "Contare.",
            "legal_basis": "public_task",
            "key_domain": "mobility",
            "retention_days": 30,
            "cadence": "static",
            "source": {"protocol": "file", "url": "things.csv"},
            "columns": columns,
            **more,
        }
    )


def rows_of(
    delivered: Delivered,
    *,
    unreadable: list[tuple[int, str]] | None = None,
    decimal: str | None = None,
    thousands: str | None = None,
) -> RawRows:
    frame = pl.DataFrame(delivered, strict=False)
    frame = frame.with_columns(
        pl.lit(0, pl.Int32).alias(PAYLOAD),
        pl.int_range(2, frame.height + 2, dtype=pl.Int64).alias(LINE),
    )
    refused = pl.DataFrame(
        [(0, line, reason) for line, reason in unreadable or []],
        schema={PAYLOAD: pl.Int32, LINE: pl.Int64, "reason": pl.String},
        orient="row",
    )
    return RawRows(frame, refused, decimal, thousands)


@pytest.fixture(scope="session")
def keyring(tmp_path_factory: pytest.TempPathFactory) -> Keyring:
    folder: Path = tmp_path_factory.mktemp("keys")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return Keyring.open(Settings.load({}, folder))


@pytest.fixture(scope="session")
def protect(keyring: Keyring) -> Protect:
    def through_the_gate(delivered: Delivered, columns: dict[str, Any], **more: Any) -> Protected:
        reading = {
            key: more.pop(key) for key in ("decimal", "thousands", "unreadable") if key in more
        }
        return protect_rows(rows_of(delivered, **reading), contract_of(columns, **more), keyring)

    return through_the_gate
