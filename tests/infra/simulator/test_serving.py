import json
import shutil
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from infra.errors import TwinError
from infra.settings import Settings
from infra.simulator import Simulation
from infra.simulator.serving import publishing


def status(address: str, **headers: str) -> int:
    try:
        with urllib.request.urlopen(urllib.request.Request(address, headers=headers)) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def rentals(address: str) -> str:
    return f"{address}/api/whole/shared_vehicles/2025-03-24"


def test_a_day_that_was_not_simulated_is_not_there(served: Settings) -> None:
    address = served.sources["brescia_mobilita_api"]

    assert status(f"{address}/api/cursor/shared_vehicles/2025-03-24") == 200
    assert status(f"{address}/api/cursor/shared_vehicles/2025-03-31") == 404


def test_each_data_set_of_the_portal_holds_the_days_of_its_own_years(served: Settings) -> None:
    rows = {}
    for part in ("s7st-2r5k", "s7cr-9m4w"):
        question = f"{served.sources['arpa_api']}/resource/{part}.json?$limit=50000"
        with urllib.request.urlopen(question) as answer:
            rows[part] = {row["giorno"] for row in json.load(answer)}

    assert rows == {
        "s7st-2r5k": {f"2025-03-{day}" for day in range(24, 31)},
        "s7cr-9m4w": set(),
    }


def test_what_changed_in_the_folder_is_served_at_once_and_the_rest_is_as_it_was(
    week: Simulation, tmp_path: Path
) -> None:
    place = "brescia_mobilita_api/shared_vehicles"
    shutil.copytree(week.out / place, tmp_path / place)
    path = tmp_path / place / "2025-03-24.jsonl"
    with publishing(tmp_path) as addresses:
        question = rentals(addresses["brescia_mobilita_api"])
        with urllib.request.urlopen(question) as answer:
            before, etag = json.load(answer), answer.headers["ETag"]
        unchanged = status(question, **{"If-None-Match": etag})

        path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
        with urllib.request.urlopen(question) as answer:
            after = json.load(answer)

    assert unchanged == 304
    assert before["data"]["count"] > 3
    assert after["data"]["items"] == before["data"]["items"][:3]


def test_a_folder_in_which_nobody_has_an_api_cannot_be_served(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="no publisher with an API"), publishing(tmp_path):
        pass
