from pathlib import Path

import pytest

from infra.errors import ContractError
from quality.contract.load import load_contract
from tests.quality.contract.writing import changed, saved

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
TYPES = "string, integer, float, decimal, boolean, timestamp, date or geometry"
TREATMENTS = (
    "keep, pseudonymise, redact, {truncate: 15m}, {round_to: 10}, {bands: [0, 18, 65]}, {h3: 9} or "
    "{census_section: istat_2021}"
)


def refusal(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ContractError) as caught:
        load_contract(saved(tmp_path, text))
    return str(caught.value).replace(str(tmp_path), "").splitlines()


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
    # the source
    (
        "protocol: file, ",
        "",
        "source.protocol: is missing; write protocol: file, or another protocol of "
        "docs/contract.md",
    ),
    (
        "protocol: file",
        "protocol: gtsf",
        "source.protocol: 'gtsf' is not a protocol (did you mean gtfs?); write file, "
        "http_json, socrata, ckan, sftp or gtfs",
    ),
    (
        "{protocol: file, url",
        "{protocol: gtfs, table: stops, separator: ';', url",
        "source.separator: unknown key; remove it; docs/contract.md lists the keys",
    ),
    (
        "{protocol: file, url",
        "{protocol: sftp, url",
        'source.access: is missing; write access: "{place}", the folder with password or key',
    ),
    (
        "{protocol: file, url",
        "{protocol: sftp, access: x, ready: {suffix: ok}, url",
        "source.ready.suffix: is no ending of a name; write such as .ok",
    ),
    (
        "{protocol: file, url",
        "{protocol: sftp, access: x, ready: {sufix: .ok}, url",
        "source.ready.sufix: unknown key; write suffix",
    ),
    (
        "{protocol: file, url",
        "{protocol: gtfs, table: stop, url",
        "source.table: 'stop' is unknown (did you mean stops?); write agency, stops, routes, "
        "trips, stop_times, calendar, calendar_dates, frequencies, shapes, feed_info or transfers",
    ),
    (
        "{protocol: file, url",
        "{protocol: gtfs, url",
        "source.table: is missing; write table: stop_times, or another table of the feed",
    ),
    (
        'source: {protocol: file, url: "{parking}/sessions-{window:%Y-%m-%d}.csv"}',
        "source: sessions.csv",
        "source: is text, not a mapping; write {protocol: file, url: …}",
    ),
    ('.csv"}', '.csv", seperator: ";"}', "source.seperator: unknown key; write separator"),
    ('.csv"}', '.csv", decimal: ";"}', "source.decimal: ';' is unknown; write '.' or ','"),
    (
        '.csv"}',
        '.csv", skip_rows: -1}',
        "source.skip_rows: '-1' is out of range; write a number at least 0",
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
    # treatments
    (
        TRUNCATE,
        "{truncate: 15 min}",
        "columns.entered_at.treatment.truncate: '15 min' is not a duration; write one such as 15m, "
        "1h, 1d, 1w, 1mo or 1y",
    ),
    (
        TRUNCATE,
        "{trunc: 15m}",
        "columns.entered_at.treatment: 'trunc' is not a treatment (did you mean truncate?); write "
        "{truncate: 15m}",
    ),
    (
        TRUNCATE,
        "{truncate: 15m, h3: 9}",
        "columns.entered_at.treatment: a column has one treatment, here stands truncate and h3; "
        "write one key, as {truncate: 15m}",
    ),
    (
        TRUNCATE,
        "truncate",
        "columns.entered_at.treatment: 'truncate' needs its argument; write {truncate: 15m}",
    ),
    (
        TRUNCATE,
        "{keep: 1}",
        "columns.entered_at.treatment: keep takes no argument; write treatment: keep",
    ),
    (TRUNCATE, "17", f"columns.entered_at.treatment: is a number; write {TREATMENTS}"),
    (
        TRUNCATE,
        "{h3: 20}",
        "columns.entered_at.treatment.h3: '20' is out of range; write a number at most 15",
    ),
    (
        TRUNCATE,
        "{bands: [18, 0]}",
        "columns.entered_at.treatment.bands: the edges do not ascend; write the lower edge of each "
        "band once, smallest first",
    ),
    (
        TRUNCATE,
        "{bands: [a, 1]}",
        "columns.entered_at.treatment.bands.1: is text, not a number; write a number, without "
        "quotes",
    ),
    (
        TRUNCATE,
        "{round_to: 10}",
        "columns.entered_at.treatment: round_to goes with a number, not timestamp; write type: "
        "float, decimal or integer, or another treatment",
    ),
    (
        TRUNCATE,
        "{census_section: istat_2001}",
        "columns.entered_at.treatment.census_section: 'istat_2001' is unknown (did you mean "
        "istat_2021?); write istat_2021 or istat_2011",
    ),
    (
        "treatment: pseudonymise}\n  car",
        "treatment: pseudonimise}\n  car",
        "columns.session_pid.treatment: 'pseudonimise' is not a treatment (did you mean "
        "pseudonymise?); write pseudonymise",
    ),
    (
        "treatment: pseudonymise}\n  car",
        "tretment: pseudonymise}\n  car",
        "columns.session_pid.tretment: unknown key; write treatment",
    ),
    ("epoch: day", "epoch: week", "columns.vehicle_pid.epoch: 'week' is unknown; write day"),
    (
        TRUNCATE,
        TRUNCATE + ", optional: true",
        "columns.entered_at.optional: the column is event_time: no row can be without it; remove "
        "optional",
    ),
    # columns
    (CAR_PARK, "car_park_id: string", "columns.car_park_id: is text; write {type: string}"),
    (CAR_PARK, "car_park_id: [string]", "columns.car_park_id: is a list; write {type: string}"),
    (
        CAR_PARK,
        "car_park_id: {from: parcheggio}",
        "columns.car_park_id.type: is missing; write type: string, or another type of "
        "docs/contract.md",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: parcheggio, type: strnig}",
        "columns.car_park_id.type: 'strnig' is unknown (did you mean string?); write " + TYPES,
    ),
    (
        CAR_PARK,
        "car_park_id: {from: 12, type: string}",
        "columns.car_park_id.from: YAML reads it as a number, not as text; write it in quotes",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: {a: b}, type: string}",
        "columns.car_park_id.from: is a mapping; write the publisher's name of the column, or a "
        "list",
    ),
    (
        CAR_PARK,
        "car_park_id: {source: parcheggio, type: string}",
        "columns.car_park_id.source: unknown key; write from",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: parcheggio, type: string, optional: maybe}",
        "columns.car_park_id.optional: 'maybe' is not true or false; write true or false",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: parcheggio, type: string, sent_as: {timezone: Europe/Roma}}",
        "columns.car_park_id.sent_as.timezone: 'Europe/Roma' is not a time zone (did you mean "
        "Europe/Rome?); write an IANA zone such as Europe/Rome or UTC, or solar (UTC+1)",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: targa, type: string}",
        "columns.car_park_id.personal: targa is personal by vehicle_pid and not by car_park_id; "
        "write the same for both",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: targa, type: string, personal: indirect}",
        "columns.car_park_id.treatment: keeps what vehicle_pid pseudonymises; generalise it, or "
        "remove the column",
    ),
    (
        CAR_PARK,
        "car_park_id: {from: parcheggio, type: string, entity: IT_FISCAL_CODE}",
        "columns.car_park_id.treatment: IT_FISCAL_CODE is the number or name of one person and "
        "cannot be kept; write pseudonymise, or move the column to dropped",
    ),
    (
        CAR_PARK,
        CAR_PARK + "\n  day_code: {type: date, entity: IT_POD}",
        "columns.day_code.type: an identifier is text, not date; write type: string",
    ),
    (
        PAID,
        "paid_eur: {from: [euro, cent], type: float}",
        "columns.paid_eur.from: a number stands in one column; write one name",
    ),
    (
        PAID,
        "paid_eur: {from: importo, type: float, sent_as: {format: '%d'}}",
        "columns.paid_eur.sent_as.format: goes with type: timestamp or date, not float; remove it",
    ),
    (
        "{from: importo, type: float}",
        "{from: importo, type: integer, sent_as: {format: gtfs_time}}",
        "columns.paid_eur.sent_as.format: gtfs_time gives whole seconds; write type: integer, no "
        "unit, and a name that ends in _s",
    ),
    (
        TRUNCATE + "}",
        TRUNCATE + "}\n  paid_on: {type: date, treatment: {truncate: 6h}}",
        "columns.paid_on.treatment: a date has no hours to truncate; write 1w, 1mo or 1y",
    ),
    (
        CAR_PARK,
        CAR_PARK + "\n  window_on: {type: date}",
        "columns.window_on: the name is gemello's own; choose another",
    ),
    (
        CAR_PARK,
        CAR_PARK + "\n  CarPark: {type: string}",
        "columns.CarPark: is not a column name; write lower_case_with_underscores",
    ),
    (
        PAID,
        PAID + "\n  fine: {type: integer}",
        "columns.fine: a number ends in its unit; write fine_count, fine_eur, … (units: "
        "quality/units.py), or type: string for a code",
    ),
    (
        "treatment: pseudonymise}\n  car",
        "treatment: pseudonymise}\n  driver: {type: string, personal: direct, "
        "treatment: pseudonymise}\n  car",
        "columns.driver: a pseudonym ends in _pid; write driver_pid",
    ),
    (
        CAR_PARK,
        CAR_PARK + "\n  driver_code: {type: string, personal: direct}",
        "columns.driver_code.treatment: a direct identifier cannot be kept; write pseudonymise, "
        "redact or a generalisation, or move the column to dropped",
    ),
    (
        CAR_PARK,
        CAR_PARK + "\n  note_text: {type: boolean, personal: direct, treatment: redact}",
        "columns.note_text.type: free text is text, not boolean; write type: string",
    ),
    (
        CAR_PARK,
        CAR_PARK
        + "\n  note_text: {type: string, personal: direct, entity: PERSON, treatment: redact}",
        "columns.note_text.entity: goes with one identifier a cell, and free text may hold any; "
        "remove it, or write treatment: pseudonymise",
    ),
    # dropped
    (
        REASON,
        "  intestatario: true",
        "dropped.intestatario: YAML reads it as a yes/no (true), not as text; write it in quotes",
    ),
    (
        REASON,
        "  - intestatario",
        "dropped: is a list, not a mapping; write `column: why it is not kept`",
    ),
    (
        REASON,
        "  importo: Non serve.",
        "dropped.importo: the column is also read, by paid_eur; keep one of the two",
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
