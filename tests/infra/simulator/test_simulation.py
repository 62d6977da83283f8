import hashlib
import json
from datetime import date
from pathlib import Path

import polars as pl
import pytest

from infra.errors import TwinError
from infra.simulator import Simulation, canaries, simulate
from infra.simulator.run import found_datasets

pytestmark = pytest.mark.slow


def _bytes_and_times(folder: Path) -> dict[str, tuple[str, int]]:
    return {
        str(path.relative_to(folder)): (
            hashlib.sha256(path.read_bytes()).hexdigest(),
            path.stat().st_mtime_ns if "_ground_truth" not in path.parts else 0,
        )
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_the_same_seed_gives_the_same_bytes_and_file_times(tmp_path: Path) -> None:
    for name in ("one", "two"):
        simulate(profile="small", days=2, seed=5, out=tmp_path / name)

    assert _bytes_and_times(tmp_path / "one") == _bytes_and_times(tmp_path / "two")


# What the city decided, and where its car parks are, is written down and not drawn.
SAME_IN_ANY_CITY = {"parcheggi.json", "azioni.json", "scenari.jsonl", "calendario.jsonl"}


def test_another_seed_gives_other_deliveries(tmp_path: Path) -> None:
    one = simulate(profile="small", days=1, seed=1, out=tmp_path / "one")
    two = simulate(profile="small", days=1, seed=2, out=tmp_path / "two")

    different = [a for a, b in zip(one.files, two.files, strict=True) if _differ(a, b)]
    same = set(one.files) - set(different)
    assert {path.name for path in same} <= SAME_IN_ANY_CITY


def _differ(a: Path, b: Path) -> bool:
    return a.read_bytes() != b.read_bytes()


# Files that hold all that is known so far, of a month, of a year or of always.
GROWING = ("passaggi_", "movimento_", "incidenti")


def test_a_longer_simulation_tells_the_same_first_days(week: Simulation, tmp_path: Path) -> None:
    short = simulate(profile="small", days=2, seed=1, out=tmp_path)

    for path in short.files:
        name = path.relative_to(tmp_path)
        if path.name.startswith(GROWING):
            assert (week.out / name).is_file()
        elif path.name.startswith("letture_2"):
            longer = week.out / "a2a_files" / "letture_20250324_20250330.csv"
            with longer.open("rb") as file:
                assert file.read(path.stat().st_size) == path.read_bytes()
        else:
            assert (week.out / name).read_bytes() == path.read_bytes()


def test_what_is_simulated_again_replaces_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    simulate(profile="small", days=2, seed=1, out=tmp_path)
    (tmp_path / "a2a_files" / "mine.csv").write_text("not simulated")

    again = simulate(profile="small", days=1, seed=1, out=tmp_path)

    left = {p for p in tmp_path.rglob("*") if p.is_file() and "_ground_truth" not in p.parts}
    assert left == {*again.files, tmp_path / "a2a_files" / "mine.csv"}


def test_a_simulation_of_no_day_says_what_to_write(tmp_path: Path) -> None:
    with pytest.raises(TwinError, match="--days 1"):
        simulate(profile="small", days=0, seed=1, out=tmp_path)


def test_any_start_day_will_do(tmp_path: Path) -> None:
    simulated = simulate(
        profile="small", days=1, seed=1, out=tmp_path, start=date(2024, 10, 27)
    )  # the clock goes back: 25 hours in Rome

    assert all(rows.delivered_count > 0 for rows in simulated.rows.values())


def test_the_history_of_electricity_comes_as_one_file(week: Simulation) -> None:
    (history,) = (week.out / "a2a_files").glob("letture_*")

    with history.open("rb") as file:
        lines = sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 24), b""))
    assert lines == week.rows["a2a/electricity_readings"].delivered_count + 1


def test_the_data_sets_of_three_publishers_and_the_comune_are_found_by_themselves() -> None:
    assert {dataset.KEY for dataset in found_datasets()} >= {
        "a2a/electricity_readings",
        "arpa_lombardia/air_quality",
        "arpa_lombardia/weather",
        "brescia_mobilita/car_parks",
        "brescia_mobilita/parking_sessions",
        "comune_brescia/residents",
    }


def test_every_data_set_but_short_lists_and_the_timetable_has_defects_and_few(
    week: Simulation,
) -> None:
    for key, rows in week.rows.items():
        assert rows.refused_count <= 0.06 * rows.delivered_count
        assert rows.refused_count > 0 or rows.delivered_count < 500 or key.endswith("/gtfs")


PERSONAL = {
    "soste_*.csv": (";", "utf-8", ("targa", "intestatario", "nota")),
    "residenti.csv": (
        ";",
        "windows-1252",
        ("codice_fiscale", "cognome", "indirizzo", "telefono", "email"),
    ),
    "letture_*.csv": (",", "utf-8", ("pod", "matricola")),
}


@pytest.mark.parametrize("name", PERSONAL)
def test_every_personal_value_in_any_row_good_or_bad_is_a_canary(
    name: str, week: Simulation
) -> None:
    separator, encoding, columns = PERSONAL[name]
    known = set(canaries(week))

    for path in week.out.rglob(name):
        rows = pl.read_csv(
            path,
            separator=separator,
            encoding=encoding,
            infer_schema=False,
            truncate_ragged_lines=True,
        )
        for column in columns:
            assert set(rows[column].drop_nulls().unique()) - known == set()


def test_a_person_is_looked_for_by_name_code_address_and_telephone(week: Simulation) -> None:
    known = canaries(week)

    assert any(canary.startswith("+3934") for canary in known)
    assert any(canary.endswith("@example.org") for canary in known)
    assert any(canary.startswith("Via delle Lanterne Spente, ") for canary in known)
    assert len(known) == len(set(known))


def test_no_canary_is_so_short_that_it_is_found_by_chance(week: Simulation) -> None:
    assert min(map(len, canaries(week))) >= 7


def test_defects_are_counted_by_data_set_day_and_kind(week: Simulation) -> None:
    defects = json.loads((week.truth / "defects.json").read_text())

    refused = sum(d["rows_count"] for d in defects if d["is_refused"])

    assert refused == sum(rows.refused_count for rows in week.rows.values())
    assert {"row delivered a day later", "undeclared column"} <= {
        d["kind"] for d in defects if not d["is_refused"]
    }
