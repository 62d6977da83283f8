import io
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import polars as pl
import pytest

from infra.adapters.file import FileAdapter
from infra.adapters.raw import LINE, PAYLOAD
from infra.arrivals import Payload
from infra.errors import ContractError

# In a process of its own, so that one that is aborted is seen.
DAMAGE = """
import io, random, sys
from collections import Counter
from datetime import UTC, date, datetime
import polars as pl
from infra.adapters.file import FileAdapter
from infra.arrivals import Payload
from infra.errors import ContractError

adapter = FileAdapter(protocol="file", url="x.parquet")
frame = pl.DataFrame({
    "codice": [f"Zzcanary{n}" for n in range(50)], "misura": [n / 7 for n in range(50)],
    "giorno": [date(2025, 1, 1)] * 50, "ora": [datetime(2025, 1, 1)] * 50, "lista": [[1, 2]] * 50,
})
dice, ends, files = random.Random(int(sys.argv[1])), Counter(), []
for compression in ("zstd", "snappy", "uncompressed"):
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression=compression)
    files.append(buffer.getvalue())
for _ in range(400):
    content = bytearray(dice.choice(files))
    if dice.random() < 0.2:
        del content[dice.randrange(4, len(content)):]
    else:
        lowest = max(4, len(content) - 1000) if dice.random() < 0.7 else 4
        for _ in range(dice.choice([1, 2, 8])):
            content[dice.randrange(lowest, len(content))] = dice.randrange(256)
    try:
        adapter.read([Payload("x.parquet", bytes(content), datetime.now(UTC))])
        ends["read"] += 1
    except ContractError as error:
        assert "canary" not in str(error)
        ends["refused"] += 1
print(ends["refused"], sum(ends.values()))
"""


def payload_of(frame: pl.DataFrame) -> Payload:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return Payload("x.parquet", buffer.getvalue(), datetime(2025, 1, 1, tzinfo=UTC))


@pytest.mark.parametrize("seed", [1, 2])
def test_a_damaged_file_is_refused_and_never_takes_the_process_with_it(seed: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DAMAGE, str(seed)], capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    refused, tried = map(int, done.stdout.split())
    assert tried == 400
    assert refused > 200
    assert "panicked" not in done.stderr
    assert "canary" not in done.stderr


def test_a_file_cut_short_says_whom_to_ask() -> None:
    whole = payload_of(pl.DataFrame({"codice": ["a"] * 99}))
    cut = Payload("x.parquet", whole.content[:-20], whole.modified_at)

    with pytest.raises(ContractError, match=r"^file 1 of 1 .* damaged or was cut short; ask the"):
        FileAdapter(protocol="file", url="x.parquet").read([cut])


def test_cells_keep_the_types_of_the_file() -> None:
    frame = pl.DataFrame(
        {
            "text": ["a", None],
            "whole": pl.Series([1, 2], dtype=pl.UInt16),
            "amount": pl.Series([Decimal("1.10"), None], dtype=pl.Decimal(10, 2)),
            "day": [date(2025, 1, 1), None],
            "at": [datetime(2025, 1, 1, tzinfo=UTC), None],
            "clock": [time(1), None],
            "lasting": [timedelta(seconds=1), None],
            "many": [[1], []],
            "parts": [{"a": 1}, {"a": None}],
            "is_open": [True, None],
        }
    )

    read = FileAdapter(protocol="file", url="x.parquet").read([payload_of(frame)]).frame

    assert read.drop(LINE, PAYLOAD).equals(frame)
    assert read[LINE].to_list() == [1, 2]


def test_a_name_that_stands_twice_is_numbered() -> None:
    import pyarrow as pa
    from pyarrow import parquet

    buffer = io.BytesIO()
    parquet.write_table(pa.table([[1], [2]], names=["a", "a"]), buffer)
    payload = Payload("x.parquet", buffer.getvalue(), datetime(2025, 1, 1, tzinfo=UTC))

    read = FileAdapter(protocol="file", url="x.parquet").read([payload]).frame

    assert read.columns[:2] == ["a (1)", "a (2)"]
