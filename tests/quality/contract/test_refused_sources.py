from pathlib import Path

import pytest

from infra.errors import ContractError
from infra.simulator.run import TRUTH_FOLDER
from quality.contract.load import load_contract
from tests.quality.contract.writing import changed, saved

URL = 'url: "{parking}/sessions-{window:%Y-%m-%d}.csv"'
KEY = "brescia_mobilita/parking_sessions: "
ALL = "id_sosta, parcheggio, targa, ingresso, importo"


def refusals(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    (old, new), *others = changes
    text = changed(old, new)
    for before, after in others:
        assert before in text
        text = text.replace(before, after)
    with pytest.raises(ContractError) as caught:
        load_contract(saved(tmp_path, text))
    return [line.removeprefix(KEY) for line in str(caught.value).splitlines()]


WRONG = [
    (
        'url: "{parking}/s-{window:%Q}.csv"',
        "source.url: %Q is no part of a date; write {window:%Y-%m-%d} with %Y, %m, %d, or another "
        "of %y, %j, %b, %B, %G, %V, %u, %H, %M or %S",
    ),
    (
        'url: "{parking}/s-{window:YYYY-MM-DD}.csv"',
        "source.url: {window:YYYY-MM-DD} holds no part of a date; write {window:%Y-%m-%d}",
    ),
    (
        'url: "{parking}/s-{windows:%Y-%m-%d}.csv"',
        "source.url: {windows:%Y-%m-%d} is unknown; write {name}, for what GEMELLO_SOURCES fills, "
        "or {window:%Y-%m-%d}",
    ),
    (
        'url: "{parking}/s-{window:%Y-%m-%d.csv"',
        "source.url: a brace is not closed; write {name} or {window:%Y-%m-%d}",
    ),
    (
        'url: "{parking}/s-{window:%Y-%m}.csv"',
        "source.url: the cadence is daily, and {window} is written alike for several windows: each "
        "file would be read several times; write {window:%Y-%m-%d}, or another cadence",
    ),
    (
        'url: "{parking}/s-{window:%m-%d}.csv"',
        "source.url: the cadence is daily, and {window} is written alike for several windows: each "
        "file would be read several times; write {window:%Y-%m-%d}, or another cadence",
    ),
    (
        'url: "{parking}/{window:%Y-%m-%d}.csv", headers: {X-Day: "{window:%Y}"}',
        "source.headers.X-Day: {window:%Y} stands where no window is filled in; write it in "
        "source.url",
    ),
    (
        'url: "{parking}/{window:%Y-%m-%d}.csv", headers: {X-Key: "{parking key}"}',
        "source.headers.X-Key: {parking key} is unknown; write {name}, for what GEMELLO_SOURCES "
        "fills, or {window:%Y-%m-%d}",
    ),
    (
        'url: "{parking}/to-{window_end:%Y-%m}.csv"',
        "source.url: the cadence is daily, and {window} is written alike for several windows: each "
        "file would be read several times; write {window:%Y-%m-%d}, or another cadence",
    ),
    (
        'url: "x.csv", format: xlsx, separator: ";"',
        "source.separator: goes with format: csv, not xlsx; remove it, or correct the format",
    ),
    (
        'url: "x.csv", format: csv, sheet: Foglio1',
        "source.sheet: goes with format: xlsx, not csv; remove it, or correct the format",
    ),
    (
        f'url: "x.csv", header: [{ALL.replace("importo", "imposto")}]',
        "columns.paid_eur.from: 'importo' is not in source.header; write imposto",
    ),
    (
        f'url: "x.csv", header: [{ALL}, targa]',
        "source.header: 'targa' stands twice; give each its own name",
    ),
    (
        'url: "x.csv", melt: {columns: "h", name: ora, value: importo}',
        "source.melt.name: no column is read from 'ora'; write it as `from` of the column it "
        "fills, or under dropped",
    ),
]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"{{{TRUTH_FOLDER}}}/sessions-{{window:%Y-%m-%d}}.csv", "is unknown"),
        (f"{{parking}}/../{TRUTH_FOLDER}/{{window:%Y-%m-%d}}.csv", "leads out of its folder"),
    ],
)
def test_no_contract_can_name_what_a_simulated_city_knows_of_itself(
    tmp_path: Path, url: str, said: str
):
    (refusal,) = refusals(tmp_path, (URL, f'url: "{url}"'))

    assert refusal.startswith("source.url: ")
    assert said in refusal


@pytest.mark.parametrize(("url", "message"), WRONG)
def test_a_source_that_cannot_fill_its_columns_is_refused(
    tmp_path: Path, url: str, message: str
) -> None:
    assert refusals(tmp_path, (URL, url)) == [message]


def test_a_file_without_a_header_is_read_by_place(tmp_path: Path) -> None:
    lines = refusals(tmp_path, (URL, 'url: "x.csv", header: false'), ("from: targa", 'from: "3"'))

    assert [line.split(": ")[0] for line in lines] == [
        f"columns.{name}.from" for name in ("session_pid", "car_park_id", "entered_at", "paid_eur")
    ]


def test_a_static_list_names_no_window(tmp_path: Path) -> None:
    (line,) = refusals(tmp_path, ("cadence: daily", "cadence: static"))

    assert line == (
        "source.url: names a window, and a static data set has none; take {window} out, or write "
        "another cadence"
    )


@pytest.mark.parametrize(
    ("cadence", "url"),
    [
        ("daily", "{window}.csv"),
        ("daily", "{window:%y%m%d}.csv"),
        ("daily", "{window:%Y}/{window:%m}/{window:%d}.csv"),
        ("daily", "{window:%G-%V-%u}.csv"),
        ("daily", "sessions?from={window}&to={window_end}"),
        ("monthly", "{window_last:%Y-%m}.csv"),
        ("stream", "{window:%Y-%j}.csv"),
        ("monthly", "{window:%B_%Y}.csv"),
        ("yearly", "{window:%Y}.csv"),
    ],
)
def test_a_file_name_that_tells_its_windows_apart_is_accepted(
    tmp_path: Path, cadence: str, url: str
) -> None:
    text = changed(URL, f'url: "{url}"').replace("cadence: daily", f"cadence: {cadence}")

    assert load_contract(saved(tmp_path, text)).source.names_windows


def test_a_portal_is_asked_for_a_window_where_its_condition_says_so(tmp_path: Path) -> None:
    question = """url: "https://dati.example.org/{window}", datasets: abcd-0001, select: [id]"""
    text = changed(URL, question).replace("protocol: file", "protocol: socrata")

    with pytest.raises(ContractError) as caught:
        load_contract(saved(tmp_path, text))

    assert (
        f"{KEY}source.url: {{window}} stands where no window is filled in; write it in source.where"
    ) in str(caught.value).splitlines()


def test_a_key_for_each_day_needs_a_day(tmp_path: Path) -> None:
    lines = refusals(
        tmp_path,
        (URL, 'url: "x.csv"'),
        ("cadence: daily", "cadence: static"),
        ("event_time: entered_at\n", ""),
    )

    assert lines == [
        "columns.vehicle_pid.epoch: no row says its day; write event_time, or put "
        "{window:%Y-%m-%d} into source.url"
    ]


def test_a_format_no_text_could_match_is_refused(tmp_path: Path) -> None:
    lines = refusals(
        tmp_path,
        ("treatment: {truncate: 15m}", "treatment: {truncate: 15m}, sent_as: {format: '%d/%m'}"),
    )

    assert lines == [
        "columns.entered_at.sent_as.format: not a strptime format with a year; write one such as "
        "%d/%m/%Y %H:%M"
    ]


PARTS = [
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
]


@pytest.mark.parametrize(
    ("right", "wrong", "message"), PARTS, ids=[message.partition("; ")[0] for *_, message in PARTS]
)
def test_a_wrong_part_of_a_source_is_refused_with_what_to_write(
    tmp_path: Path, right: str, wrong: str, message: str
) -> None:
    assert refusals(tmp_path, (right, wrong)) == [message]
