import os
import threading
import time
from functools import partial
from pathlib import Path

import polars as pl
import pytest
from deltalake import DeltaTable

from infra.errors import TwinError
from infra.lake import Lake, any_of
from infra.lake.log import Log
from infra.lake.places import Place
from infra.scan import scan
from infra.windows import Window
from tests.infra.lake.tables import KEY, READINGS, day, days, lake_at, readings, rows, write

GONE = "1goneforevergoneforevergone"
STAYS = "1staysforeverstaysforeversta"


def without_gone(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.filter(pl.col("meter_pid") != GONE)


@pytest.fixture
def written(lake: Lake) -> Lake:
    """Two days, the first corrected once: the meter that goes stands in an older version, too."""
    first = readings((GONE, 1.0, day(1)), (STAYS, 2.0, day(1)))
    write(lake, first, days(1, 1), mark=5, run="first")
    write(lake, readings((STAYS, 3.0, day(2))), days(2, 2), mark=6, run="second")
    write(lake, readings((GONE, 1.5, day(1)), (STAYS, 2.5, day(1))), days(1, 1), mark=7, run="late")
    return lake


def rewrite_and_purge(lake: Lake, job: str = "ER-1") -> None:
    lake.upkeep.rewrite(KEY, without_gone, job=job, notes={"erasure": job})
    lake.upkeep.purge(KEY, job=job)


def test_nothing_of_a_row_that_was_rewritten_and_purged_is_left(written: Lake) -> None:
    before = written.upkeep.holding(KEY, partial(any_of, {"meter_pid": [GONE]}))

    rewrite_and_purge(written)

    after = written.upkeep.holding(KEY, partial(any_of, {"meter_pid": [GONE]}))
    left = written.upkeep.traces(KEY, allowed=["energy_kwh"])
    assert (before.rows_count, before.other_files_count) == (1, 1)
    assert not after.is_any
    assert (left.other_files, left.old_log, left.statistics) == ((), (), ())
    assert rows(written) == [(STAYS, 2.5, day(1)), (STAYS, 3.0, day(2))]


def test_no_byte_of_a_purged_row_is_on_the_disk_even_where_statistics_had_shown_it(
    tmp_path: Path,
) -> None:
    lake = lake_at(str(tmp_path / "lake"))
    shown = pl.DataFrame({"meter_pid": [GONE, STAYS], "energy_kwh": [1.0, 2.0]})
    shown.write_delta(lake.uri(KEY), delta_write_options={"configuration": {}})
    assert {hit.path.rpartition(".")[2] for hit in scan(tmp_path, [GONE])} == {"json", "parquet"}

    rewrite_and_purge(lake)

    assert scan(tmp_path, [GONE]) == []
    assert scan(tmp_path, [STAYS])


def test_marks_and_the_newest_notes_outlive_a_purge(written: Lake) -> None:
    rewrite_and_purge(written)

    assert written.marks(KEY, [day(1), day(2)]) == {day(1): 7, day(2): 6}
    assert written.last_notes(KEY) == {"run": "late", "erasure": "ER-1"}
    assert written.changed_windows(KEY, after_version=1) is None


def test_older_versions_cannot_be_opened_after_a_purge(written: Lake) -> None:
    rewrite_and_purge(written)

    newest = written.version(KEY) or 0
    assert written.upkeep.oldest_readable(KEY) == newest
    with pytest.raises(TwinError, match=f"versions before {newest} were removed, by an erasure"):
        written.read(KEY, version=newest - 1)


def test_a_table_remembers_which_job_rewrote_and_which_purged_it(written: Lake) -> None:
    upkeep = written.upkeep

    upkeep.rewrite(KEY, without_gone, job="ER-1", notes={})
    half = (upkeep.is_rewritten(KEY, "ER-1"), upkeep.is_purged(KEY, "ER-1"))
    upkeep.purge(KEY, job="ER-1")

    assert half == (True, False)
    assert upkeep.is_purged(KEY, "ER-1")
    assert not upkeep.is_rewritten(KEY, "ER-2")


def test_windows_none_of_whose_rows_change_keep_their_files(written: Lake) -> None:
    before = written.contents(KEY, [day(1), day(2)])

    written.upkeep.rewrite(KEY, without_gone, job="ER-1", notes={})

    after = written.contents(KEY, [day(1), day(2)])
    assert [before[one] == after[one] for one in (day(1), day(2))] == [False, True]


def test_a_static_table_is_rewritten_and_purged_too(lake: Lake) -> None:
    frame = readings((GONE, 1.0, day(1)), (STAYS, 2.0, day(1))).drop("window_on")
    lake.replace_all(KEY, frame, spec=READINGS, notes={}, mark=3)

    rewrite_and_purge(lake)

    assert rows(lake) == [(STAYS, 2.0)]
    assert not lake.upkeep.holding(KEY, partial(any_of, {"meter_pid": [GONE]})).is_any
    assert lake.mark(KEY) == 3


def test_a_rewriting_that_changes_columns_is_refused(written: Lake) -> None:
    with pytest.raises(TwinError, match="may not change columns"):
        written.upkeep.rewrite(KEY, lambda rows: rows.drop("energy_kwh"), job="ER-1", notes={})


def test_a_file_that_a_killed_writer_left_half_written_counts_and_goes(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path / "lake"))
    write(lake, readings((STAYS, 2.0, day(1))), days(1, 1))
    (Path(lake.uri(KEY)) / "window_on=2025-01-01" / "part-half.parquet").write_bytes(b"PAR1half")

    before = lake.upkeep.holding(KEY, partial(any_of, {"meter_pid": [GONE]}))
    rewrite_and_purge(lake)

    assert before.other_files_count == 1
    assert lake.upkeep.traces(KEY, allowed=["energy_kwh"]).other_files == ()


def test_a_writer_waits_until_a_table_is_rewritten_and_loses_nothing(
    location: str, written: Lake
) -> None:
    late = readings((STAYS, 9.0, day(3)))
    writer = threading.Thread(target=lambda: write(lake_at(location), late, days(3, 3)))

    with written.upkeep.alone(KEY):
        writer.start()
        time.sleep(0.3)
        waits = writer.is_alive()
        rewrite_and_purge(written)
    writer.join(60)

    assert waits
    assert (STAYS, 9.0, day(3)) in rows(written)


def test_a_writer_that_waits_too_long_says_so_and_writes_nothing(
    location: str, written: Lake
) -> None:
    hurried = Lake(Place.of(location, _environment()), wait_s=0.2)
    version = written.version(KEY)

    with written.upkeep.alone(KEY):
        failure = _said_by(hurried)

    assert "is being rewritten" in failure
    assert "nothing was written" in failure
    assert written.version(KEY) == version


def test_who_rewrites_waits_for_writers_and_gives_up_in_the_end(
    location: str, written: Lake
) -> None:
    hurried = Lake(Place.of(location, _environment()), wait_s=0.2)

    with (
        written.writing(KEY),
        pytest.raises(TwinError, match="others go on writing"),
        hurried.upkeep.alone(KEY),
    ):
        pass


def test_windows_that_ended_are_gone_in_every_version_and_the_others_are_not(
    written: Lake,
) -> None:
    write(written, readings((STAYS, 4.0, day(2))), days(2, 2), mark=8)
    newest = written.version(KEY) or 0

    written.upkeep.expire_windows(KEY, day(2), notes={"upkeep": "retention"})

    assert written.upkeep.files_of_windows(KEY, day(2)) == []
    assert rows(written) == [(STAYS, 4.0, day(2))]
    older = written.read(KEY, version=newest - 1).collect()
    assert older.rows() == [(STAYS, 3.0, day(2))]
    assert written.upkeep.oldest_readable(KEY) == 0
    assert written.changed_windows(KEY, after_version=newest) == []


def test_ending_windows_twice_writes_once(written: Lake) -> None:
    written.upkeep.expire_windows(KEY, day(2), notes={})
    version = written.version(KEY)

    count = written.upkeep.expire_windows(KEY, day(2), notes={})

    assert (count, written.version(KEY)) == (0, version)


def test_statistics_that_a_column_may_not_have_are_named(tmp_path: Path) -> None:
    lake = lake_at(str(tmp_path / "lake"))
    frame = pl.DataFrame({"meter_pid": [STAYS], "energy_kwh": [1.0]})
    frame.write_delta(lake.uri(KEY))

    left = lake.upkeep.traces(KEY, allowed=["energy_kwh"])

    assert left.statistics == ("meter_pid",)


def test_a_log_without_its_checkpoint_is_not_shortened(written: Lake) -> None:
    place = Place.of(written.uri(KEY).removesuffix(f"/{KEY}"), _environment())

    with pytest.raises(TwinError, match="without a checkpoint"):
        Log(place, KEY).forget_before(written.version(KEY) or 0)


def _environment() -> dict[str, str]:
    return dict(os.environ)


def _said_by(lake: Lake) -> str:
    """What a writer says that could not wait; it runs in a thread of its own, as others do."""
    said: list[str] = []

    def attempt() -> None:
        try:
            write(lake, readings((STAYS, 9.0, day(3))), Window.of(day(3), "daily"))
        except TwinError as error:
            said.append(str(error))

    thread = threading.Thread(target=attempt)
    thread.start()
    thread.join(60)
    return said[0]


def test_deltalake_itself_opens_what_a_purge_left(written: Lake, location: str) -> None:
    rewrite_and_purge(written)

    options = Place.of(location, _environment()).storage_options
    table = DeltaTable(written.uri(KEY), storage_options=options)
    assert table.version() == written.version(KEY)
    assert len(table.history()) == 1
