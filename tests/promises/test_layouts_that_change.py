from datetime import date, timedelta
from pathlib import Path

import pytest

from infra.lake import Lake
from tests.promises.contracts import edit_contract, write_contract
from tests.promises.town import Town, assert_same_rows, rows_of, versions_of

DAYS = [date(2025, 6, 28) + timedelta(days=number) for number in range(6)]
CHANGE = date(2025, 6, 30)
TABLE = "bronze/bikes/rentals"
CONTRACT = """\
    title: Noleggi di biciclette
    owner: team:bici
    purpose: Sapere da dove si parte.
    legal_basis: public_task
    key_domain: bikes
    retention_days: 30
    cadence: daily
    since: 2025-01-01
    source: {protocol: file, url: "{bikes}/rentals_{window:%Y-%m-%d}.csv"}
    primary_key: [rental_pid]
    columns:
      rental_pid: {from: noleggio, type: string, personal: indirect, treatment: pseudonymise}
      station_id: {from: stazione, type: string}
      paid_eur: {from: importo, type: float}
    expectations:
      - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 50}
    max_quarantined_ratio: 0.5
    """
RENAMED = "{from: importo_eur, type: float}"
EARLIER = """\
columns: {paid_eur: {from: importo}}
    source: {separator: ";", decimal: ","}
"""


def town_of(folder: Path, contract: str = CONTRACT) -> Town:
    town = Town(home=folder / "home", sources=folder / "sources", contracts=folder / "contracts")
    write_contract(folder / "contracts", "bikes/rentals", contract)
    (town.sources / "bikes").mkdir(parents=True)
    return town


def old_file(town: Town, day: date) -> None:
    """As it was until the change: semicolons, decimal commas, and a row that is out of range."""
    deliver(town, day, f"noleggio;stazione;importo\nR1-{day};VITTORIA;1,50\nR2-{day};VOLTA;80,00\n")


def new_file(town: Town, day: date) -> None:
    """As it is since: commas, decimal dots, another name, another order."""
    deliver(
        town, day, f"importo_eur,noleggio,stazione\n1.50,R1-{day},VITTORIA\n80.00,R2-{day},VOLTA\n"
    )


def deliver(town: Town, day: date, text: str) -> None:
    (town.sources / "bikes" / f"rentals_{day}.csv").write_text(text)


def deliver_all(town: Town) -> None:
    for day in DAYS:
        (old_file if day <= CHANGE else new_file)(town, day)


def with_earlier(town: Town) -> None:
    """The contract after the publisher's change, as its author writes it."""
    edit_contract(town, "bikes/rentals", "{from: importo, type: float}", RENAMED)
    path = (town.contracts or Path()) / "bikes" / "rentals" / "contract.yaml"
    text = f"earlier:\n  - valid_until: {CHANGE}\n    {EARLIER}"
    path.write_text(path.read_text() + text)


@pytest.fixture
def changed(tmp_path: Path) -> Town:
    """Six days of a series whose columns change after the third."""
    town = town_of(tmp_path / "changed")
    deliver_all(town)
    with_earlier(town)
    return town


@pytest.fixture
def undisturbed(tmp_path: Path) -> Town:
    """The same six days from a publisher that never changed anything, with the same keys."""
    town = town_of(tmp_path / "undisturbed", CONTRACT.replace("importo", "importo_eur"))
    for day in DAYS:
        new_file(town, day)
    return town


def share_keys(giver: Town, taker: Town) -> None:
    taker.home.mkdir(parents=True, exist_ok=True)
    (taker.home / "root.key").write_bytes((giver.home / "root.key").read_bytes())
    (taker.home / "root.key").chmod(0o600)
    ring = taker.home / "root.key.ring"
    for path in sorted((giver.home / "root.key.ring").rglob("*")):
        target = ring / path.relative_to(giver.home / "root.key.ring")
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True, mode=0o700)
        else:
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            target.write_bytes(path.read_bytes())


def run(town: Town, *, from_archive: bool = False) -> None:
    done = town.run(TABLE, first=DAYS[0], last=DAYS[-1], from_archive=from_archive)
    assert done.is_success, done.failures


def test_a_backfill_over_a_change_of_layout_gives_the_table_of_a_series_that_never_changed(
    changed: Town, undisturbed: Town
) -> None:
    run(undisturbed)
    share_keys(undisturbed, changed)

    run(changed)

    assert_same_rows(rows_of(changed), rows_of(undisturbed), but_for=["delivery_id"])
    quarantine = rows_of(changed)["quarantine/bikes/rentals"]
    assert quarantine["payload_index"].to_list() == [0] * 6
    assert quarantine["row_index"].to_list() == [3] * 6


def test_tables_are_rebuilt_from_sealed_deliveries_of_both_layouts(changed: Town) -> None:
    run(changed)
    before = rows_of(changed)
    for stage in ("bronze", "quarantine"):
        folder = changed.lake / stage / "bikes" / "rentals"
        folder.rename(folder.with_name("gone"))
        folder.with_name("gone").rename(changed.home / stage)

    run(changed, from_archive=True)

    assert_same_rows(rows_of(changed), before)


def test_what_landed_before_the_change_is_left_alone_after_it(tmp_path: Path) -> None:
    text = CONTRACT.replace('%d}.csv"', '%d}.csv", separator: ";", decimal: ","')
    town = town_of(tmp_path, text)
    for day in DAYS[:3]:
        old_file(town, day)
    run(town)
    before = versions_of(town)
    edit_contract(town, "bikes/rentals", ', separator: ";", decimal: ","', "")
    with_earlier(town)

    run(town)

    assert versions_of(town) == before

    for day in DAYS[3:]:
        new_file(town, day)
    run(town)

    assert sorted(rows_of(town)[TABLE]["window_on"]) == DAYS
    written = Lake.open(town.settings).changed_windows(TABLE, after_version=before[TABLE])
    assert written == DAYS[3:]


def test_refused_rows_of_both_layouts_are_replayed_under_a_corrected_rule(changed: Town) -> None:
    run(changed)
    edit_contract(changed, "bikes/rentals", "max_value: 50", "max_value: 100")

    said = changed.command("quarantine", "replay", "bikes/rentals")

    rows = rows_of(changed)
    assert said.returncode == 0, said.stderr
    assert "6 released" in said.stdout
    assert rows["quarantine/bikes/rentals"].is_empty()
    assert sorted(rows[TABLE]["paid_eur"]) == [1.5] * 6 + [80.0] * 6


def test_a_file_of_today_in_the_layout_of_yesterday_is_refused(changed: Town) -> None:
    old_file(changed, DAYS[-1])

    done = changed.run(TABLE, first=DAYS[-1], last=DAYS[-1])

    (failure,) = done.failures.values()
    assert "lacks" in failure
