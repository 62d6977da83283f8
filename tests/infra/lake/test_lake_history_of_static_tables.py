from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.errors import TwinError
from infra.lake import Lake, TableSpec
from infra.lake.fields import VALID_FROM, VALID_TO
from infra.lake.merging import history_after
from tests.infra.lake.tables import rows

KEY = "bronze/istat/census_sections"
SPEC = TableSpec(pl.Schema({"section_id": pl.String, "residents_count": pl.Int64}))
HISTORY = SPEC.with_own(VALID_FROM, VALID_TO)


def at(hour: int) -> datetime:
    return datetime(2025, 1, 1, tzinfo=UTC) + timedelta(hours=hour)


def sections(**residents: int | None) -> pl.DataFrame:
    return pl.DataFrame(list(residents.items()), schema=SPEC.schema, orient="row")


def deliver(
    lake: Lake, frame: pl.DataFrame, hour: int, *, mark: int, spec: TableSpec = SPEC
) -> int:
    return lake.merge_history(
        KEY, frame, primary_key=["section_id"], at=at(hour), spec=spec, notes={}, mark=mark
    )


def as_of(history: pl.DataFrame, instant: datetime) -> dict[str, int | None]:
    valid = history.filter(
        pl.col(VALID_FROM) <= instant,
        pl.col(VALID_TO).is_null() | (pl.col(VALID_TO) > instant),
    )
    assert valid["section_id"].is_unique().all()
    return dict(valid.select(SPEC.schema.names()).iter_rows())


def test_history_keeps_what_changed_what_vanished_and_what_came_back(lake: Lake) -> None:
    deliver(lake, sections(a=1, b=2, c=None), 1, mark=1)
    deliver(lake, sections(a=1, b=3), 2, mark=2)
    deliver(lake, sections(a=1, b=3, c=None), 3, mark=3)

    assert lake.read(KEY).collect().rows() == [
        ("a", 1, at(1), None),
        ("b", 2, at(1), at(2)),
        ("b", 3, at(2), None),
        ("c", None, at(1), at(2)),
        ("c", None, at(3), None),
    ]


def test_the_same_delivery_twice_makes_no_version(lake: Lake) -> None:
    first = deliver(lake, sections(a=1), 1, mark=1)

    assert deliver(lake, sections(a=1), 1, mark=1) == first
    assert deliver(lake, sections(a=1), 2, mark=1) == first


def test_another_delivery_that_changes_no_row_leaves_its_mark_only(lake: Lake) -> None:
    first = deliver(lake, sections(a=1), 1, mark=1)
    before = rows(lake, KEY)

    second = deliver(lake, sections(a=1), 2, mark=2)

    assert second == first + 1
    assert lake.mark(KEY) == 2
    assert rows(lake, KEY) == before
    assert lake.changed_windows(KEY, after_version=first) == []
    assert lake.changed_windows(KEY, after_version=0) is None


def test_a_delivery_older_than_the_newest_changes_nothing(lake: Lake) -> None:
    newest = deliver(lake, sections(a=1), 5, mark=1)
    before = rows(lake, KEY)

    assert deliver(lake, sections(a=9), 4, mark=2) == newest
    assert rows(lake, KEY) == before
    assert lake.mark(KEY) == 1


def test_a_corrected_delivery_of_the_same_instant_takes_the_place_of_the_first(lake: Lake) -> None:
    deliver(lake, sections(a=1, b=1), 1, mark=1)
    deliver(lake, sections(a=2), 2, mark=2)

    deliver(lake, sections(a=1, b=7), 2, mark=3)

    assert lake.read(KEY).collect().rows() == [
        ("a", 1, at(1), None),
        ("b", 1, at(1), at(2)),
        ("b", 7, at(2), None),
    ]


def test_a_column_added_to_a_static_table_starts_new_rows(lake: Lake) -> None:
    deliver(lake, sections(a=1), 1, mark=1)
    grown = TableSpec(pl.Schema([*SPEC.schema.items(), ("is_urban", pl.Boolean())]))

    deliver(lake, sections(a=1).with_columns(is_urban=pl.lit(value=True)), 2, mark=2, spec=grown)
    deliver(lake, sections(a=1), 3, mark=3)

    columns = ["section_id", "residents_count", "is_urban", VALID_FROM, VALID_TO]
    assert lake.read(KEY).select(columns).collect().rows() == [
        ("a", 1, None, at(1), at(2)),
        ("a", 1, True, at(2), None),
    ]


@pytest.mark.parametrize(
    ("frame", "complaint"),
    [
        (pl.concat([sections(canary=1), sections(canary=2)]), "1 repeats it"),
        (sections(canary=1).with_columns(section_id=pl.lit(None, pl.String)), "1 row lacks"),
    ],
)
def test_rows_that_cannot_be_told_apart_are_refused(
    lake: Lake, frame: pl.DataFrame, complaint: str
) -> None:
    with pytest.raises(TwinError, match=complaint) as refusal:
        deliver(lake, frame, 1, mark=1)

    assert "canary" not in str(refusal.value)


def test_a_static_table_without_a_key_is_replaced_whole(lake: Lake) -> None:
    lake.replace_all(KEY, sections(a=1, b=2), spec=SPEC, notes={}, mark=1)

    lake.replace_all(KEY, sections(c=3), spec=SPEC, notes={"run": "2"}, mark=2)

    assert rows(lake, KEY) == [("c", 3)]
    assert lake.mark(KEY) == 2
    assert lake.last_notes(KEY) == {"run": "2"}


def test_a_static_table_keeps_to_its_kind(lake: Lake) -> None:
    lake.replace_all(KEY, sections(a=1), spec=SPEC, notes={}, mark=1)

    with pytest.raises(TwinError, match="made as one whole, not with history"):
        deliver(lake, sections(a=1), 1, mark=1)

    assert rows(lake, KEY) == [("a", 1)]


def test_a_table_that_is_made_as_a_whole_may_gain_a_history_and_lose_it(lake: Lake) -> None:
    held = sections(a=1).with_columns(
        pl.lit(at(0)).dt.cast_time_unit("us").alias(VALID_FROM),
        pl.lit(None, pl.Datetime("us", "UTC")).alias(VALID_TO),
    )
    lake.replace_all(KEY, sections(a=1, b=2), spec=SPEC, notes={}, mark=1)

    lake.replace_all(KEY, held, spec=SPEC, notes={}, mark=2)
    found = lake.read(KEY).collect()
    lake.replace_all(KEY, sections(c=3), spec=SPEC, notes={}, mark=3)

    assert found.rows() == [("a", 1, at(0), None)]
    assert lake.read(KEY, version=1).collect().width == 2
    assert lake.read(KEY).select(SPEC.schema.names()).collect().rows() == [("c", 3)]


DELIVERIES = st.lists(
    st.dictionaries(st.sampled_from("abcd"), st.none() | st.integers(0, 2)), max_size=5
)


def history_of(deliveries: list[dict[str, int | None]]) -> pl.DataFrame:
    history = HISTORY.to_frame()
    for hour, delivery in enumerate(deliveries):
        history = history_after(
            history, sections(**delivery), primary_key=("section_id",), at=at(hour)
        )
    return history


@given(DELIVERIES)
def test_every_delivery_can_be_read_back_as_of_its_instant(
    deliveries: list[dict[str, int | None]],
) -> None:
    history = history_of(deliveries)

    assert [as_of(history, at(hour)) for hour in range(len(deliveries))] == deliveries


@given(DELIVERIES, st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2)))
def test_repeating_or_correcting_a_delivery_is_as_if_it_had_come_once(
    deliveries: list[dict[str, int | None]], last: dict[str, int | None]
) -> None:
    once = history_of([*deliveries, last])
    instant = at(len(deliveries))
    identity = ("section_id",)

    twice = history_after(once, sections(**last), primary_key=identity, at=instant)
    wrong = history_after(once, sections(a=99), primary_key=identity, at=instant)
    corrected = history_after(wrong, sections(**last), primary_key=identity, at=instant)

    assert twice.equals(once)
    assert corrected.equals(once)


def test_a_list_of_keys_alone_keeps_those_that_come_again() -> None:
    spec = TableSpec(pl.Schema({"section_id": pl.String}))
    empty = pl.DataFrame(schema=spec.with_own(VALID_FROM, VALID_TO))
    both = pl.DataFrame({"section_id": ["a", "b"]})

    first = history_after(empty, both, primary_key=("section_id",), at=at(1))
    second = history_after(first, both.head(1), primary_key=("section_id",), at=at(2))

    assert second.rows() == [("a", at(1), None), ("b", at(1), at(2))]
