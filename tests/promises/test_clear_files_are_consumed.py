import shutil
from pathlib import Path
from typing import Final

import pytest

from infra.errors import ContractError
from infra.windows import Window
from orchestration.runner import RunSummary
from quality.consuming import consume
from quality.contract.load import load_contract
from tests.promises.checks import metadata_of_run
from tests.promises.contracts import VISITS_HEADER, edit_contract
from tests.promises.town import FIRST_DAY, Town, days, rows_of

VISITS: Final = "bronze/parks/visits"
SECOND_DAY: Final = days(2)[1]
WINDOW: Final = Window.between(FIRST_DAY, SECOND_DAY, "daily")
CONSUMED: Final = '.csv", consume: true}'


def deliver(town: Town, *, park: str = "DUCOS") -> Path:
    """One visit of the first day."""
    path = town.sources / "town" / f"visits_{FIRST_DAY}.csv"
    path.write_text(f"{VISITS_HEADER}V1;ZZ001ZZ;{park};{FIRST_DAY} 10:05:00;1.50;\n")
    return path


def land(town: Town, *, from_archive: bool = False) -> RunSummary:
    return town.run(VISITS, first=FIRST_DAY, last=SECOND_DAY, from_archive=from_archive)


def consumed(town: Town) -> Town:
    """The same installation with a contract that has its files removed."""
    edit_contract(town, "parks/visits", '.csv"}', CONSUMED)
    return town


def test_a_file_that_landed_is_removed_and_its_rows_come_back_from_the_sealed_copy(
    parks: Town,
) -> None:
    path = deliver(consumed(parks))
    first = land(parks)
    before = rows_of(parks)[VISITS]
    twin = parks.twin()
    contract = twin.contracts["parks/visits"]
    later = twin.adapter(contract).pull(WINDOW)
    shutil.rmtree(parks.lake / VISITS)

    rebuilt = land(parks, from_archive=True)

    assert first.is_success
    assert not path.exists()
    assert "files in the clear" not in metadata_of_run(parks, first)
    assert later.unchanged == {None}
    assert rebuilt.is_success
    assert before.height == 1
    assert rows_of(parks)[VISITS].equals(before)


def test_a_file_that_was_refused_or_has_changed_since_stays(parks: Town) -> None:
    edit_contract(parks, "parks/visits", "max_quarantined_ratio: 0.9", "max_quarantined_ratio: 0")
    path = deliver(consumed(parks), park="NOWHERE")

    refused = land(parks)

    twin = parks.twin()
    contract = twin.contracts["parks/visits"]
    assert not refused.is_success
    assert path.exists()
    assert twin.archive.digests("parks/visits", WINDOW)
    path.write_text("what came meanwhile")
    assert consume(contract, WINDOW, at=twin.workplace, adapter=twin.adapter(contract)) == 0
    assert path.exists()


def test_a_run_says_how_many_files_stand_in_the_clear_and_for_how_long(parks: Town) -> None:
    path = deliver(parks)

    said = metadata_of_run(parks, land(parks))

    assert path.exists()
    assert said["files in the clear"] == "1 in the publisher's folder, the oldest for 0 d"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('_{window:%Y-%m-%d}.csv"}', '.csv", consume: true}'),
        ('_{window:%Y-%m-%d}.csv"}', '_{window:%Y-%m-%d}*.csv", consume: true}'),
        ('.csv"}', '.csv", consume: true}\narchive_days: 0'),
    ],
    ids=["whole file", "several files a window", "no copy"],
)
def test_a_contract_that_would_lose_what_it_removes_is_refused(
    parks: Town, old: str, new: str
) -> None:
    edit_contract(parks, "parks/visits", old, new)

    with pytest.raises(ContractError, match=r"source\.consume: "):
        load_contract((parks.contracts or Path()) / "parks/visits")
