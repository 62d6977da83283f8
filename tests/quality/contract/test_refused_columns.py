from pathlib import Path

import pytest

from tests.quality.contract.writing import changed, refusal

CAR_PARK = "car_park_id: {from: parcheggio, type: string}"
PAID = "paid_eur: {from: importo, type: float}"
TRUNCATE = "{truncate: 15m}"
REASON = "  intestatario: Per contare le auto non serve sapere di chi sono."
TYPES = "string, integer, float, decimal, boolean, timestamp, date or geometry"
TREATMENTS = (
    "keep, pseudonymise, redact, {truncate: 15m}, {round_to: 10}, {bands: [0, 18, 65]}, {h3: 9} or "
    "{census_section: istat_2021}"
)


WRONG = [
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
]


@pytest.mark.parametrize(
    ("right", "wrong", "message"), WRONG, ids=[message.partition("; ")[0] for *_, message in WRONG]
)
def test_a_wrong_column_is_refused_with_what_to_write(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    lines = refusal(tmp_path, changed(right, wrong))

    assert lines == [f"brescia_mobilita/parking_sessions: {message}"]
