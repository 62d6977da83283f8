from pathlib import Path

import pytest

from quality.contract.load import load_contract
from tests.quality.contract.writing import changed, refusal, saved

TITLE = "title: Soste nei parcheggi in struttura"
BASIS = "legal_basis: public_task"
CAR_PARK = "car_park_id: {from: parcheggio, type: string}"
PAID = "paid_eur: {from: importo, type: float}"
TRUNCATE = "{truncate: 15m}"
REASON = "  intestatario: Per contare le auto non serve sapere di chi sono."
RULE = "  - expect_column_values_to_be_between: {column: paid_eur, min_value: 0, max_value: 80}"
BASES = (
    "consent, contract, legal_obligation, vital_interests, public_task, legitimate_interests or "
    "not_personal"
)


WRONG = [
    # keys of the contract
    (TITLE + "\n", "", "title: is missing; write title: with what the table holds, in Italian"),
    (TITLE, "titel: Soste", "titel: unknown key; write title"),
    (
        TITLE,
        TITLE + "\ncolour: red",
        "colour: unknown key; remove it; docs/contract.md lists the keys",
    ),
    (TITLE, "title: 2025", "title: YAML reads it as a number, not as text; write it in quotes"),
    (
        TITLE,
        "title: true",
        "title: YAML reads it as a yes/no (true), not as text; write it in quotes",
    ),
    (TITLE, "title: 2025-01-01", "title: YAML reads it as a date, not as text; write it in quotes"),
    (TITLE, "title: ''", "title: is empty; write it for a reader who was not there"),
    (TITLE, "title:", "title: is empty; write text"),
    (TITLE, "title: [Soste]", "title: is a list; write text"),
    (
        "team:brescia-mobilita",
        "mobility",
        "owner: 'mobility' is neither a team nor an address; write team:name or an e-mail address",
    ),
    (
        BASIS,
        "legal_basis: public_tasks",
        f"legal_basis: 'public_tasks' is unknown (did you mean public_task?); write {BASES}",
    ),
    (
        BASIS,
        "legal_basis: not_personal",
        "legal_basis: not_personal, but session_pid is declared personal; write the basis of GDPR "
        "Art. 6(1), such as public_task",
    ),
    (
        "key_domain: parking\n",
        "",
        "key_domain: is missing, and session_pid is pseudonymised; write the domain within which "
        "it may be joined, such as mobility or energy",
    ),
    (
        "key_domain: parking",
        "key_domain: Car Parks",
        "key_domain: 'Car Parks' is not a name; write lower_case_with_underscores",
    ),
    (
        "retention_days: 730\n",
        "",
        "retention_days: is missing, and the data are personal; write for how many days the rows "
        "are kept",
    ),
    ("retention_days: 730", "retention: 730", "retention: unknown key; write retention_days"),
    (
        "retention_days: 730",
        "retention_days: 0",
        "retention_days: '0' is out of range; write a number greater than 0",
    ),
    (
        "retention_days: 730",
        "retention_days: '730'",
        "retention_days: is text, not a number; write a number, without quotes",
    ),
    (
        "retention_days: 730",
        "retention_days: true",
        "retention_days: is a yes/no (true), not a number; write a number, without quotes",
    ),
    (
        "retention_days: 730",
        "retention_days: 1.5",
        "retention_days: '1.5' is not a whole number; write one without a point",
    ),
    (
        "cadence: daily",
        "cadence: dayly",
        "cadence: 'dayly' is unknown (did you mean daily?); write stream, daily, monthly, yearly "
        "or static",
    ),
    (
        "cadence: daily",
        "cadence: monthly\nrefresh: hourly",
        "refresh: hourly goes with cadence: daily, not monthly; remove it, or write cadence: daily",
    ),
    (
        "since: 2025-01-01\n",
        "",
        "since: is missing, and the cadence is daily; write the first day of the series, such as "
        "2025-01-01",
    ),
    (
        "since: 2025-01-01",
        "since: 2025",
        "since: is a number; write the first day of the series, such as 2025-01-01",
    ),
    (
        "since: 2025-01-01",
        "since: 2025-13-01",
        "since: '2025-13-01' is not a date; write a date such as 2025-01-01",
    ),
    (
        "since: 2025-01-01",
        "since: 2025-01-01 10:00:00",
        "since: has a time of day; write the first day of the series, such as 2025-01-01",
    ),
    (
        BASIS,
        BASIS + "\narchive_days: forever",
        "archive_days: forever is for legal_basis: not_personal; write a number of days",
    ),
    (
        BASIS,
        BASIS + "\narchive_days: -1",
        "archive_days: is not a number of days; write such as 14, or 0 for no sealed copy, or "
        "forever",
    ),
    (
        BASIS,
        BASIS + "\nmax_quarantined_ratio: 5",
        "max_quarantined_ratio: '5' is out of range; write a number at most 1",
    ),
    (
        BASIS,
        BASIS + "\nrecipients: [1]",
        "recipients: YAML reads it as a number, not as text; write it in quotes",
    ),
    (BASIS, BASIS + "\npublisher: x", "publisher: is said by the folder; remove the key"),
    (
        BASIS,
        BASIS + "\nlegal_basis: consent",
        "contract.yaml line 5, column 1: is not valid YAML (the key 'legal_basis' stands twice); "
        "correct the line",
    ),
    # keys and times
    (
        "primary_key: [session_pid]",
        "primary_key: [session_id]",
        "primary_key: session_id is not a stored column; write a column that is kept",
    ),
    (
        "primary_key: [session_pid]",
        "primary_key: [session_pid, session_pid]",
        "primary_key: session_pid stands twice; write it once",
    ),
    (
        "primary_key: [session_pid]",
        "primary_key: {session_pid: 1}",
        "primary_key: is a mapping; write a column's name, or a list",
    ),
    (
        "event_time: entered_at\n",
        "event_time: car_park_id\n",
        "event_time: car_park_id is of type string; write the name of a stored column of type "
        "timestamp or date",
    ),
    # expectations
    (RULE, "  - 3", "expectations.1: is not one expectation; write `- expect_…: {column: …}`"),
    (
        RULE,
        "  - expect_column_values_to_not_be_null: [paid_eur]",
        "expectations.1: the argument of expect_column_values_to_not_be_null is a list; write "
        "`- expect_column_values_to_not_be_null: {column: …}`",
    ),
    (
        RULE,
        "  - expect_column_values_to_not_be_null: {column: paid_euro}",
        "expectations.1.expect_column_values_to_not_be_null: paid_euro is not a stored column "
        "(did you mean paid_eur?); write the name of a column that is kept",
    ),
    (
        "max_value: 80",
        "severity: error",
        "expectations.1.severity: 'error' is unknown; write critical or warning",
    ),
]


@pytest.mark.parametrize(
    ("right", "wrong", "message"), WRONG, ids=[message.partition("; ")[0] for *_, message in WRONG]
)
def test_a_wrong_contract_is_refused_with_what_to_write(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    lines = refusal(tmp_path, changed(right, wrong))

    assert lines == [f"brescia_mobilita/parking_sessions: {message}"]


def test_all_mistakes_of_a_contract_are_listed_together(tmp_path: Path) -> None:
    text = changed(TITLE, "titel: Soste")
    for right, wrong in [
        ("team:brescia-mobilita", "nobody"),
        ("since: 2025-01-01", "since: soon"),
        (TRUNCATE, "{trunc: 15m}"),
        (CAR_PARK, "CarPark: string"),
        (PAID, "paid: {from: importo, type: float, colour: red}"),
        (RULE, "  - 3"),
    ]:
        text = text.replace(right, wrong)

    lines = refusal(tmp_path, text)

    places = [line.split(": ")[1] for line in lines]
    assert sorted(places) == [
        "columns.CarPark",
        "columns.entered_at.treatment",
        "columns.paid",
        "columns.paid.colour",
        "expectations.1",
        "expectations.2.expect_column_values_to_be_in_set",
        "owner",
        "since",
        "titel",
    ]


def test_an_unread_column_is_reported_once_and_not_as_its_consequences(tmp_path: Path) -> None:
    lines = refusal(
        tmp_path,
        changed("event_time: entered_at", "event_time: entered_at\ncolor: x").replace(
            "{from: ingresso, type: timestamp,", "{from: ingresso, type: time,"
        ),
    )

    assert [line.split(": ")[1] for line in lines] == ["columns.entered_at.type", "color"]


@pytest.mark.parametrize("word", ["no", "on", "off", "NO", "017029", "12:30", "2024"])
def test_a_column_may_be_called_by_any_word_the_publisher_chose(tmp_path: Path, word: str) -> None:
    folder = saved(tmp_path, changed(REASON, f"  {word}: Non serve."))

    contract = load_contract(folder)

    assert list(contract.dropped) == [word]


def test_words_and_codes_in_rules_stay_as_written(tmp_path: Path) -> None:
    folder = saved(tmp_path, changed("[P-STAZIONE, P-ARNALDO]", "[NO, on, 017029, 12:30, 3, true]"))

    contract = load_contract(folder)

    values = contract.expectations[1].arguments["value_set"]
    assert values == ["NO", "on", "017029", "12:30", 3, True]
