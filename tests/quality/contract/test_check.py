from pathlib import Path

import pytest

from quality.contract.check import check_contract, notes_on
from quality.contract.load import BUILT_IN, contract_folders, load_contract
from tests.quality.contract.writing import GOOD, changed, saved

HEADER = "id_sosta,parcheggio,targa,ingresso,importo,intestatario\n"
GOOD_ROWS = (
    "S1,P-STAZIONE,AB123CD,2025-03-01T08:10:00Z,2.50,Rossi Maria\n"
    "S2,P-ARNALDO,CD456EF,2025-03-01T09:20:00Z,0,Bianchi Ugo\n"
)


def with_sample(root: Path, rows: str, *, text: str = GOOD, header: str = HEADER) -> Path:
    folder = saved(root, text)
    (folder / "sample.csv").write_text(header + rows)
    return folder


@pytest.mark.parametrize("folder", contract_folders([BUILT_IN]), ids=lambda path: path.name)
def test_every_contract_of_the_twin_is_ready_for_deliveries(folder: Path) -> None:
    assert check_contract(folder) == []


def test_a_good_contract_with_a_good_sample_has_no_problems(tmp_path: Path) -> None:
    assert check_contract(with_sample(tmp_path, GOOD_ROWS)) == []


def test_a_citys_own_contract_needs_no_sample(tmp_path: Path) -> None:
    assert check_contract(saved(tmp_path)) == []


def test_a_contract_that_does_not_load_is_told_line_by_line(tmp_path: Path) -> None:
    text = changed("cadence: daily", "cadence: dayly").replace("team:brescia-mobilita", "nobody")

    found = check_contract(saved(tmp_path, text))

    assert [line.split(": ")[1] for line in found] == ["cadence", "owner"]


def test_every_rule_great_expectations_does_not_accept_is_named(tmp_path: Path) -> None:
    text = changed("{column: paid_eur, min_value: 0, max_value: 80}", "{column: paid_eur, mni: 0}")
    text = text.replace("expect_column_values_to_be_in_set", "expect_column_values_to_be_in_sett")

    found = check_contract(saved(tmp_path, text))

    key = "brescia_mobilita/parking_sessions: expectations"
    assert [line.split("_to_be")[0] for line in found] == [
        f"{key}.1.expect_column_values",
        f"{key}.2.expect_column_values",
    ]


def test_a_unit_of_another_quantity_is_named(tmp_path: Path) -> None:
    text = changed("importo, type: float}", "importo, type: float, sent_as: {unit: kwh}}")

    (line,) = check_contract(saved(tmp_path, text))

    assert line.startswith("brescia_mobilita/parking_sessions: columns.paid_eur.sent_as.unit: kwh ")


def test_a_sample_row_that_would_be_refused_is_named_by_line_and_without_its_values(
    tmp_path: Path,
) -> None:
    rows = GOOD_ROWS + "S3,P-STAZIONE,GH789LM,2025-03-01T10:00:00Z,812,Verdi Anna\n"

    (line,) = check_contract(with_sample(tmp_path, rows))

    assert "sample.csv: line 4: " in line
    assert "paid_eur" in line
    assert not any(value in line for value in ("812", "GH789LM", "Verdi"))


def test_a_sample_without_a_declared_column_is_refused(tmp_path: Path) -> None:
    header = HEADER.replace(",importo", "")
    row = "S1,P-STAZIONE,AB123CD,2025-03-01T08:10:00Z,Rossi Maria\n"

    found = check_contract(with_sample(tmp_path, row, header=header))

    assert len(found) == 1
    assert "sample.csv" in found[0]
    assert "importo" in found[0]


def test_a_sample_without_rows_is_refused(tmp_path: Path) -> None:
    (line,) = check_contract(with_sample(tmp_path, ""))

    assert "sample.csv" in line


def test_columns_that_are_not_stored_yet_are_a_note_and_no_problem(tmp_path: Path) -> None:
    paid = "paid_eur: {from: importo, type: float}"
    section = (
        "{from: [lat, lon], type: string, personal: indirect, "
        "treatment: {census_section: istat_2021}}"
    )
    folder = saved(tmp_path, changed(paid, f"{paid}\n  section_code: {section}"))

    assert notes_on(load_contract(folder)) == [
        "brescia_mobilita/parking_sessions: columns.section_code: is not stored yet: census "
        "sections are not available in this version"
    ]


def test_texts_that_are_kept_for_long_are_a_note_and_no_problem(tmp_path: Path) -> None:
    paid = "paid_eur: {from: importo, type: float}"
    text = changed(
        paid, paid + "\n  note: {from: nota, type: string, personal: indirect, treatment: redact}"
    )
    folder = saved(tmp_path, text)

    assert check_contract(folder) == []
    (said,) = notes_on(load_contract(folder))
    assert "retention_days: 730 days is long for free text (note)" in said
