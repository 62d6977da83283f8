import json
from pathlib import Path

from tests.promises.contracts import VISITS, parks_town, write_contract
from tests.promises.town import CAR_PARKS, Town, rows_of

OFF_STREET = "silver/mobility/off_street_parking"


def town_of_one_car_park(folder: Path) -> Town:
    """Its publishers deliver by day and by month: Dagster cuts their tables in two ways."""
    town = parks_town(folder)
    monthly = VISITS.replace("cadence: daily", "cadence: monthly").replace("visits_{", "month_{")
    write_contract(folder / "contracts", "parks/visits_by_month", monthly)
    park = {"codice": "P-ARNALDO", "nome": "Arnaldo", "posti": 8, "referente": ""}
    park |= {"latitudine": 45.54, "longitudine": 10.22}
    path = town.sources / "brescia_mobilita_files" / "sosta" / "parcheggi.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({"dati": {"parcheggi": [park]}}))
    return town


def test_a_list_made_of_a_list_can_be_computed_alone(tmp_path: Path):
    town = town_of_one_car_park(tmp_path)
    assert town.run(CAR_PARKS).is_success

    summary = town.run(OFF_STREET)

    assert summary.is_success, summary.failures
    assert [table.table for table in summary.tables] == [OFF_STREET]
    assert rows_of(town)[OFF_STREET].height == 1
