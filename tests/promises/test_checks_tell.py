from pathlib import Path

import dagster as dg

from orchestration.instance import open_instance
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


def test_a_refused_delivery_fails_one_check_that_says_what_to_do_and_stops_the_others(
    tmp_path: Path,
) -> None:
    town = parks_town(tmp_path)
    rows = "".join(f"V{n};ZZ001ZZ;DUCOS;never;1;\n" for n in range(4))
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(VISITS_HEADER + rows)

    done = town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY)

    checks = checks_of(town, done)
    contract = checks.pop("contract")
    assert (contract.passed, contract.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert "Then: gemello run --select bronze/parks/visits" in str(metadata_of(contract))
    assert sorted(checks) == ["drift", "privacy"]
    for check in checks.values():
        assert check.severity == dg.AssetCheckSeverity.WARN
        assert "No verdict: the check contract stopped the delivery" in (check.description or "")
    assert not any("No verdict" in text for text in done.warnings.values())


def test_checks_of_a_publisher_who_sent_nothing_say_so_and_when_to_try_again(
    tmp_path: Path,
) -> None:
    town = parks_town(tmp_path)

    done = town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY)

    checks = checks_of(town, done)
    assert sorted(checks) == ["contract", "drift", "privacy"]
    for check in checks.values():
        assert check.severity == dg.AssetCheckSeverity.WARN
        assert "No verdict: nothing came." in (check.description or "")
        assert "gemello run --select bronze/parks/visits" in (check.description or "")


def test_a_source_that_delivered_does_not_count_as_missing(tmp_path: Path) -> None:
    town = parks_town(tmp_path)
    row = f"V1;ZZ001ZZ;DUCOS;{AT};1;\n"
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(VISITS_HEADER + row)

    town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY)

    with open_instance(town.settings) as instance:
        delivered = instance.get_latest_materialization_event(
            dg.AssetKey(["source", "parks", "visits"])
        )
    assert delivered is not None


def test_a_run_says_what_it_was_asked_for(tmp_path: Path) -> None:
    town = parks_town(tmp_path)
    row = f"V1;ZZ001ZZ;DUCOS;{AT};1;\n"
    (town.sources / "town" / f"visits_{FIRST_DAY}.csv").write_text(VISITS_HEADER + row)

    town.run("bronze/parks/visits", first=FIRST_DAY, last=FIRST_DAY)

    with open_instance(town.settings) as instance:
        asked = [run.tags["gemello/asked_for"] for run in instance.get_runs()]
    assert sorted(asked) == [
        'deliveries of key:"bronze/parks/visits"',
        'freshness of key:"bronze/parks/visits"',
    ]
