import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import polars as pl
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from assets.derive import derive
from assets.derived_assets import find_declarations
from assets.twin import Twin, utc_now
from infra.windows import Window
from quality.by_window import land_by_window
from tests.promises.town import Town, assert_same_rows, rows_of

FIRST: Final = date(2025, 3, 28)  # the clock is put forward on the 30th
DAYS: Final = [FIRST + timedelta(days=number) for number in range(4)]
HEADER: Final = "id_sosta;parcheggio;targa;intestatario;ingresso;uscita;importo;nota\n"

# A session: its number, the day before its file's on which it began, from which hour to which.
Session = tuple[int, int, int, int]
# A measure: the day before its file's, the hour, and what was measured.
Measure = tuple[int, int, int]


@dataclass(frozen=True)
class Works:
    """A town of which only one publisher matters; landed and computed without Dagster."""

    town: Town
    twin: Twin

    def deliver(self, name: str, content: str) -> None:
        path = self.town.sources / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def land(self, dataset: str, first: date, last: date) -> None:
        # These publishers take rows back, if it be all of a day.
        contract = self.twin.contracts[dataset].model_copy(update={"shrinking": "replace"})
        land_by_window(
            contract,
            Window.between(first, last, contract.cadence),
            at=self.twin.workplace,
            adapter=self.twin.adapter(contract),
            notes={},
            now=utc_now(),
        )

    def compute(self, *tables: str) -> None:
        declarations = find_declarations()
        for table in tables:
            requested = None
            derive(declarations[table], declarations, twin=self.twin, requested=requested, notes={})


def sessions_file(day: date, sessions: Sequence[Session]) -> str:
    rows = {}
    for number, back, begins, ends in sessions:
        on = f"{day - timedelta(days=back):%d/%m/%Y}"
        # A dozen cars: of fewer than ten nothing is shown.
        rows[number] = "".join(
            f"{number}-{car};P-ARNALDO;ZZ{number}{car:02}ZZ;;{on} {begins:02}:10;"
            f"{on} {ends:02}:40;1,60;\n"
            for car in range(12)
        )
    return HEADER + "".join(rows.values())


def car_parks_file() -> str:
    park = {"codice": "P-ARNALDO", "nome": "Arnaldo", "posti": 8, "referente": ""}
    park |= {"latitudine": 45.54, "longitudine": 10.22}
    return json.dumps({"dati": {"parcheggi": [park]}})


def measures_file(day: date, measures: Sequence[Measure]) -> str:
    records = {}
    for back, hour, value in measures:
        at = f"{day - timedelta(days=back)}T{hour:02}:00:00.000"
        records[at] = {
            "idsensore": "1", "data": at, "valore": str(value), "stato": "VA", "idoperatore": "1",
            "nometiposensore": "PM10", "unitamisura": "µg/m³", "idstazione": "9",
            "nomestazione": "Broletto", "lat": "45.5", "lng": "10.2",
        }  # fmt: skip
    return json.dumps(list(records.values()))


@dataclass(frozen=True)
class Chain:
    """A data set, where its files lie, the lists it is read with, and what is made of them."""

    dataset: str
    file: str
    lists: tuple[str, ...]
    tables: tuple[str, ...]


PARKING: Final = Chain(
    "brescia_mobilita/parking_sessions",
    "brescia_mobilita_files/sosta/soste_{}.csv",
    (
        "brescia_mobilita/car_parks",
        "definitions/completeness_rules",
        "definitions/disclosure_limits",
    ),
    ("silver/mobility/off_street_parking", "gold/mobility/hourly_parking_pressure"),
)
AIR: Final = Chain(
    "arpa_lombardia/air_quality",
    "arpa_files/aria/aria_{}.json",
    (
        "definitions/air_quality_index_bands",
        "definitions/sensor_limits",
        "definitions/completeness_rules",
    ),
    (
        "silver/air/air_quality_observed",
        "silver/sensors/air_sensor_health_by_day",
        "gold/air/hourly_european_air_quality_index",
    ),
)


def in_turn(chain: Chain, deliveries: Sequence[tuple[date, str]]) -> dict[str, pl.DataFrame]:
    """What is in the tables after these came one by one, and all was computed after each."""
    with TemporaryDirectory() as folder:
        made = begun(Path(folder), chain)
        for day, content in deliveries:
            made.deliver(chain.file.format(day), content)
            made.land(chain.dataset, day, day)
            made.compute(*chain.tables)
        return comparable(made.town)


def at_once(chain: Chain, files: Mapping[date, str]) -> dict[str, pl.DataFrame]:
    """What is in the tables after all files came together."""
    with TemporaryDirectory() as folder:
        made = begun(Path(folder), chain)
        for day, content in files.items():
            made.deliver(chain.file.format(day), content)
        made.land(chain.dataset, DAYS[0], DAYS[-1])
        made.compute(*chain.tables)
        return comparable(made.town)


def begun(folder: Path, chain: Chain) -> Works:
    town = Town(home=folder / "home", sources=folder / "sources")
    made = Works(town, town.twin())
    made.deliver("brescia_mobilita_files/sosta/parcheggi.json", car_parks_file())
    for dataset in chain.lists:
        made.land(dataset, FIRST, FIRST)
    return made


def comparable(town: Town) -> dict[str, pl.DataFrame]:
    """Silver and gold: their rows do not depend on the keys of the installation.

    The list of car parks is written anew for each town, and holds since then.
    """
    return {
        name: rows.drop("valid_from", "valid_to", strict=False)
        for name, rows in rows_of(town).items()
        if name[:4] in ("silv", "gold")
    }


session = st.tuples(st.integers(1, 6), st.integers(0, 2), st.integers(8, 12), st.integers(13, 20))
measure = st.tuples(st.integers(0, 2), st.integers(0, 23), st.integers(1, 120))
few = settings(
    max_examples=5,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.generate],  # an example takes a second: making it small would take minutes
    suppress_health_check=[HealthCheck.too_slow],
)


@pytest.mark.slow
@few
@given(
    final=st.lists(st.lists(session, max_size=5), min_size=4, max_size=4),
    earlier=st.lists(st.tuples(st.sampled_from(DAYS), st.lists(session, max_size=4)), max_size=2),
    order=st.permutations(DAYS),
)
def test_in_whatever_order_and_however_often_sessions_are_delivered_the_hours_are_the_same(
    final, earlier, order
):
    files = {day: sessions_file(day, of) for day, of in zip(DAYS, final, strict=True)}
    drafts = [(day, sessions_file(day, of)) for day, of in earlier]
    shuffled = [(day, files[day]) for day in order]

    disturbed = in_turn(PARKING, [*drafts, *shuffled, *shuffled[:1]])

    assert_same_rows(disturbed, at_once(PARKING, files))


@pytest.mark.slow
@few
@given(
    final=st.lists(st.lists(measure, max_size=20), min_size=4, max_size=4),
    earlier=st.lists(st.tuples(st.sampled_from(DAYS), st.lists(measure, max_size=9)), max_size=2),
    order=st.permutations(DAYS),
)
def test_in_whatever_order_and_however_often_measures_are_delivered_the_index_is_the_same(
    final, earlier, order
):
    files = {day: measures_file(day, of) for day, of in zip(DAYS, final, strict=True)}
    drafts = [(day, measures_file(day, of)) for day, of in earlier]
    shuffled = [(day, files[day]) for day in order]

    disturbed = in_turn(AIR, [*drafts, *shuffled, *shuffled[:1]])

    assert_same_rows(disturbed, at_once(AIR, files))


def test_a_session_that_moves_to_another_day_leaves_the_day_it_was_on():
    on_friday = (DAYS[0], sessions_file(DAYS[0], [(1, 0, 9, 14)]))
    elsewhere = (DAYS[2], sessions_file(DAYS[2], [(1, 0, 9, 14)]))

    rows = in_turn(PARKING, [on_friday, elsewhere])

    taken = rows[PARKING.tables[1]].filter(pl.col("occupied_ratio") > 0)
    assert taken["window_on"].unique().to_list() == [DAYS[2]]
    assert_same_rows(rows, in_turn(PARKING, [elsewhere, on_friday]))


def test_a_day_that_loses_its_last_session_has_no_hours():
    alone = (DAYS[0], sessions_file(DAYS[0], [(1, 0, 9, 14)]))
    full = (DAYS[2], sessions_file(DAYS[2], [(2, 0, 9, 14)]))
    empty = (DAYS[2], sessions_file(DAYS[2], []))

    rows = in_turn(PARKING, [alone, full, empty])

    assert rows[PARKING.tables[1]]["window_on"].unique().to_list() == [DAYS[0]]
