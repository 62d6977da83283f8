import polars as pl
import pytest

from infra.errors import TwinError
from infra.lake import Lake, TableSpec

LEDGER = "audit/privacy/spent"
SPEC = TableSpec(pl.Schema({"spent_count": pl.Int64}))


def rows(*numbers: int) -> pl.DataFrame:
    return pl.DataFrame({"spent_count": numbers}, schema=SPEC.schema)


def amend(lake: Lake, *numbers: int) -> int:
    return lake.amend(LEDGER, lambda _: rows(*numbers), spec=SPEC, notes={"run": "r"})


def test_rows_are_added_to_those_there(lake: Lake) -> None:
    amend(lake, 1)
    amend(lake, 2)

    assert sorted(lake.read(LEDGER).collect()["spent_count"]) == [1, 2]
    assert lake.last_notes(LEDGER) == {"run": "r"}


def test_no_rows_are_no_commit(lake: Lake) -> None:
    amend(lake, 1)

    assert amend(lake) == lake.version(LEDGER) == 1


def test_another_writer_in_between_has_the_rows_made_anew_from_what_it_wrote(lake: Lake) -> None:
    amend(lake, 1)
    seen = []

    def sum_of(known: pl.DataFrame) -> pl.DataFrame:
        if not seen:
            amend(lake, 10)
        seen.append(int(known["spent_count"].sum()))
        return rows(seen[-1])

    lake.amend(LEDGER, sum_of, spec=SPEC, notes={})

    assert seen == [1, 11]
    assert sorted(lake.read(LEDGER).collect()["spent_count"]) == [1, 10, 11]


def test_what_the_rows_cannot_be_made_for_leaves_the_table_as_it_was(lake: Lake) -> None:
    amend(lake, 1)

    def refuse(known: pl.DataFrame) -> pl.DataFrame:
        raise TwinError("no")

    with pytest.raises(TwinError, match="no"):
        lake.amend(LEDGER, refuse, spec=SPEC, notes={})

    assert lake.version(LEDGER) == 1
