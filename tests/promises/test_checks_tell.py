from pathlib import Path

from tests.promises.checks import checks_of, metadata_of
from tests.promises.contracts import VISITS_HEADER, parks_town
from tests.promises.town import FIRST_DAY

AT = f"{FIRST_DAY} 10:05:00"


def test_rows_whose_pseudonym_names_nobody_are_kept_and_counted(tmp_path: Path) -> None:
    town = parks_town(tmp_path)
    plates = ("ZZ001ZZ", "N/D", "", "sconosciuta")
    rows = "".join(f"V{n};{plate};DUCOS;{AT};1;\n" for n, plate in enumerate(plates))
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(VISITS_HEADER + rows)

    done = town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY)

    said = metadata_of(checks_of(town, done)["privacy"])
    assert said["vehicle_pid names nobody"] == "3 of 4 rows"
    assert said["visit_pid names nobody"] == "0 of 4 rows"
