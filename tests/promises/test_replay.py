import os
from collections import Counter
from collections.abc import Sequence
from datetime import date

import polars as pl
import pytest

from assets.twin import commit_notes, utc_now
from quality.replay import Replay, replay_refused
from tests.promises.contracts import VISITS_HEADER, edit_contract
from tests.promises.town import FIRST_DAY, Town, assert_same_rows, days, rows_of, versions_of

SECOND_DAY = days(2)[1]


def replayed(town: Town, dataset: str) -> Replay:
    """What `gemello quarantine replay` does."""
    twin = town.twin()
    contract = twin.contracts[f"parks/{dataset}"]
    return replay_refused(
        contract,
        at=twin.workplace,
        adapter=twin.adapter(contract),
        notes=commit_notes("replay"),
        now=utc_now(),
    )


def landed(town: Town, dataset: str) -> None:
    summary = town.run(f"bronze/parks/{dataset}", first=FIRST_DAY, last=SECOND_DAY)
    assert summary.is_success, summary.failures


def visits(town: Town, day: date, *rows: Sequence[str]) -> None:
    text = VISITS_HEADER + "".join(";".join(row) + ";\n" for row in rows)
    (town.sources / "town" / f"visits_{day}.csv").write_text(text)


def two_days_of_visits(town: Town) -> None:
    at = [f"{day} 10:05:00" for day in (FIRST_DAY, SECOND_DAY)]
    visits(
        town,
        FIRST_DAY,
        ("V1", "ZZ001ZZ", "DUCOS", at[0], "1.50"),
        ("V2", "ZZ002ZZ", "TARELLO", at[0], "2.50"),
        ("V1", "ZZ001ZZ", "DUCOS", at[0], "1.50"),
        ("V3", "ZZ003ZZ", "CASTELLI", "2031-01-01 10:00:00", "1.50"),
    )
    visits(
        town,
        SECOND_DAY,
        ("V4", "ZZ001ZZ", "TARELLO", at[1], "900"),
        ("V5", "ZZ004ZZ", "TARELLO", at[1], "3.50"),
        ("V6", "ZZ005ZZ", "DUCOS", at[1], "4.50"),
    )


def test_rows_refused_by_a_rule_that_was_wrong_are_released_once_and_the_others_stay(
    parks: Town,
) -> None:
    two_days_of_visits(parks)
    landed(parks, "visits")
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")

    result = replayed(parks, "visits")
    again = replayed(parks, "visits")

    rows = rows_of(parks)
    kept, refused = rows["bronze/parks/visits"], rows["quarantine/parks/visits"]
    assert result == Replay(refused_count=5, released_count=2, expired_count=0)
    assert again == Replay(refused_count=3, released_count=0, expired_count=0)
    assert sorted(kept["paid_eur"]) == [1.5, 2.5, 3.5, 4.5]
    assert kept["visit_pid"].n_unique() == kept.height
    assert kept.group_by("window_on").len().sort("window_on")["len"].to_list() == [2, 2]
    assert Counter(refused["rule"]) == {
        "duplicate_key": 1,
        "event_time_out_of_range": 1,
        "expect_column_values_to_be_between(paid_eur)": 1,
    }


def test_a_replay_gives_what_landing_everything_again_would_give(parks: Town) -> None:
    two_days_of_visits(parks)
    landed(parks, "visits")
    edit_contract(parks, "parks/visits", "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]")
    replayed(parks, "visits")
    after_replay = rows_of(parks)

    landed(parks, "visits")

    # A replay reads each row alone, so that a duplicate may stand in quarantine for another reason.
    assert_same_rows(rows_of(parks), after_replay, but_for=["rule", "reason"])


def test_nothing_is_released_while_the_contract_stays_as_it_is(parks: Town) -> None:
    two_days_of_visits(parks)
    landed(parks, "visits")
    before = rows_of(parks)

    result = replayed(parks, "visits")

    assert result == Replay(refused_count=5, released_count=0, expired_count=0)
    assert_same_rows(rows_of(parks), before)


def test_cells_of_a_wide_line_without_key_are_released_one_by_one(parks: Town) -> None:
    (parks.sources / "town" / "counts.csv").write_text(
        "spira;giorno;h1;h2;h3\n"
        f"L1;{FIRST_DAY};10;250;x\n"
        f"L1;{SECOND_DAY};11;;300\n"
        f"L2;{FIRST_DAY};10;10;10\n"
        "L3;31-31-2025;1;2;3\n"
    )
    landed(parks, "counts")
    refused = rows_of(parks)["quarantine/parks/counts"]
    edit_contract(parks, "parks/counts", "max_value: 100", "max_value: 260")

    result = replayed(parks, "counts")
    again = replayed(parks, "counts")

    rows = rows_of(parks)
    kept = rows["bronze/parks/counts"]
    assert refused.height == 6
    assert result == Replay(refused_count=6, released_count=1, expired_count=0)
    assert again.released_count == 0
    assert Counter(kept.drop_nulls()["passages_count"]) == {10: 4, 11: 1, 250: 1}
    assert kept.filter(pl.col("window_on") == SECOND_DAY).height == 2
    assert rows["quarantine/parks/counts"].height == 5


def test_a_row_whose_day_could_not_be_read_is_released_into_its_own_day(parks: Town) -> None:
    (parks.sources / "town" / "counts.csv").write_text(
        f"spira;giorno;h1\nL1;{FIRST_DAY};10\nL2;{SECOND_DAY:%Y|%m|%d};11\n"
    )
    landed(parks, "counts")
    stood = rows_of(parks)["quarantine/parks/counts"]["window_on"].to_list()
    edit_contract(parks, "parks/counts", "%Y-%m-%d", "%Y|%m|%d")

    result = replayed(parks, "counts")

    rows = rows_of(parks)
    assert stood == [FIRST_DAY]
    assert result.released_count == 1
    assert sorted(rows["bronze/parks/counts"]["window_on"]) == [FIRST_DAY, SECOND_DAY]
    assert rows["quarantine/parks/counts"].is_empty()


def test_a_released_row_of_a_static_table_holds_from_its_delivery_on(parks: Town) -> None:
    path = parks.sources / "town" / "places.csv"
    path.write_text("codice,nome,area\nP1,Ducos,100\nP2,Castelli,5000\nP3,Tarello,\n")
    os.utime(path, (1_700_000_000, 1_700_000_000))
    landed(parks, "places")
    edit_contract(parks, "parks/places", "max_value: 1000", "max_value: 9000")

    result = replayed(parks, "places")
    first = rows_of(parks)
    landed(parks, "places")

    kept = first["bronze/parks/places"]
    assert result == Replay(refused_count=1, released_count=1, expired_count=0)
    assert kept["park_id"].to_list() == ["P1", "P2", "P3"]
    assert kept["valid_to"].null_count() == 3
    assert kept["valid_from"].n_unique() == 1
    assert_same_rows(rows_of(parks), first)


@pytest.mark.parametrize("dataset", ["visits", "counts"])
def test_rows_of_a_delivery_that_was_destroyed_are_told_and_stay(parks: Town, dataset: str) -> None:
    two_days_of_visits(parks)
    (parks.sources / "town" / "counts.csv").write_text(f"spira;giorno;h1\nL1;{FIRST_DAY};900\n")
    edit_contract(parks, "parks/counts", "max_quarantined_ratio: 0.9", "max_quarantined_ratio: 1")
    landed(parks, dataset)
    before = rows_of(parks)
    refused = before[f"quarantine/parks/{dataset}"]
    deliveries_count = refused["delivery_id"].n_unique()
    assert parks.twin().archive.expire(refused["sealed_until_on"].max()) == deliveries_count

    result = replayed(parks, dataset)

    assert result == Replay(refused.height, released_count=0, expired_count=refused.height)
    assert_same_rows(rows_of(parks), before)


def undo_commits(town: Town, table: str, *, after: int) -> None:
    """The table as it is if its writer was killed before these commits."""
    for path in (town.lake / table / "_delta_log").glob("*.json"):
        if int(path.stem) > after:
            path.unlink()


@pytest.mark.parametrize("dataset", ["visits", "counts", "places"])
def test_a_replay_killed_between_its_two_tables_is_finished_by_the_next_one(
    parks: Town, dataset: str
) -> None:
    two_days_of_visits(parks)
    (parks.sources / "town" / "counts.csv").write_text(
        f"spira;giorno;h1;h2;h3\nL1;{FIRST_DAY};10;150;x\nL2;{FIRST_DAY};150;12;300\n"
        f"L2;{FIRST_DAY};150;12;13\n"
    )
    (parks.sources / "town" / "places.csv").write_text(
        "codice,nome,area\nP1,Ducos,100\nP2,Castelli,5000\nP3,Tarello,\nP4,Prealpino,99999\n"
    )
    landed(parks, dataset)
    old, new = {
        "visits": ("[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]"),
        "counts": ("max_value: 100", "max_value: 260"),
        "places": ("max_value: 1000", "max_value: 9000"),
    }[dataset]
    edit_contract(parks, f"parks/{dataset}", old, new)
    before, version = rows_of(parks), versions_of(parks)[f"quarantine/parks/{dataset}"]
    undisturbed = replayed(parks, dataset)
    after = rows_of(parks)
    undo_commits(parks, f"quarantine/parks/{dataset}", after=version)

    half_done = rows_of(parks)
    again = replayed(parks, dataset)

    assert undisturbed.released_count
    assert half_done[f"bronze/parks/{dataset}"].equals(after[f"bronze/parks/{dataset}"])
    assert not half_done[f"quarantine/parks/{dataset}"].equals(after[f"quarantine/parks/{dataset}"])
    assert_same_rows(rows_of(parks), after)
    kept, refused = f"bronze/parks/{dataset}", f"quarantine/parks/{dataset}"
    assert after[kept].height + after[refused].height == (
        before[kept].height + before[refused].height
    )
    assert again.released_count == half_done[refused].height - after[refused].height


def test_a_row_released_and_refused_again_by_a_later_landing_is_not_taken_for_released(
    parks: Town,
) -> None:
    two_days_of_visits(parks)
    landed(parks, "visits")
    strict, loose = "[DUCOS, CASTELLI]", "[DUCOS, CASTELLI, TARELLO]"
    edit_contract(parks, "parks/visits", strict, loose)
    replayed(parks, "visits")
    edit_contract(parks, "parks/visits", loose, "[DUCOS]")
    landed(parks, "visits")
    before = rows_of(parks)

    edit_contract(parks, "parks/visits", "[DUCOS]", loose)
    result = replayed(parks, "visits")

    rows = rows_of(parks)
    assert before["quarantine/parks/visits"].height == 5
    assert result.released_count == 2
    assert rows["bronze/parks/visits"].height == before["bronze/parks/visits"].height + 2
