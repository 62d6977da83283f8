import csv
import io
import json
import zipfile
from collections import Counter
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from infra.simulator import Simulation, truth_table
from infra.simulator.city import City
from infra.simulator.run import found_datasets

CITY = City("small", 7, 1, date(2025, 3, 24))


def _planted(week: Simulation, what: str) -> list[dict[str, str | int | float]]:
    facts = json.loads((week.truth / "planted.json").read_text())
    return [fact for fact in facts if fact["what"] == what]


def _csv(path: Path, separator: str = ";", encoding: str = "utf-8") -> pl.DataFrame:
    text = path.read_bytes().decode(encoding)
    rows = list(csv.DictReader(io.StringIO(text), delimiter=separator))
    return pl.DataFrame(
        [{k: v for k, v in row.items() if k} for row in rows], infer_schema_length=None
    )


def _lines(paths: list[Path]) -> pl.DataFrame:
    found = []
    for path in sorted(paths):
        for line in path.read_text().splitlines():
            if line.endswith("}"):
                found.append(json.loads(line))
    return pl.DataFrame(found, strict=False, infer_schema_length=None)


def _timetables(week: Simulation) -> list[dict[str, pl.DataFrame]]:
    feeds = []
    for path in sorted((week.out / "brescia_mobilita_files/gtfs").iterdir()):
        with zipfile.ZipFile(path) as archive:
            feeds.append(
                {n: pl.read_csv(archive.read(n), infer_schema=False) for n in archive.namelist()}
            )
    return feeds


def test_the_city_has_many_data_sets_of_seven_publishers() -> None:
    keys = [dataset.KEY for dataset in found_datasets()]

    assert len(keys) >= 40
    assert {key.partition("/")[0] for key in keys} == {
        "a2a",
        "arpa_lombardia",
        "brescia_mobilita",
        "camera_commercio",
        "comune_brescia",
        "istat",
        "regione_lombardia",
    }


def test_the_small_city_stays_small(week: Simulation) -> None:
    rows = {key: of.delivered_count for key, of in week.rows.items()}

    # The timetable counts both editions; the readings are a load of their own.
    rest = [
        count
        for key, count in rows.items()
        if key not in ("a2a/electricity_readings", "brescia_mobilita/gtfs")
    ]
    assert sum(rest) < 410_000


def test_every_table_of_a_timetable_refers_to_the_others(week: Simulation) -> None:
    first, second = _timetables(week)

    for feed in (first, second):
        times, trips = feed["stop_times.txt"], feed["trips.txt"]
        assert set(times["trip_id"]) == set(trips["trip_id"])
        assert set(times["stop_id"]) <= set(feed["stops.txt"]["stop_id"])
        assert set(trips["route_id"]) == set(feed["routes.txt"]["route_id"])
        assert set(trips["service_id"]) == set(feed["calendar.txt"]["service_id"])
        assert times["departure_time"].max() > "24:30:00"  # type: ignore[operator] # texts


def test_from_the_planted_day_on_one_line_runs_more_often(week: Simulation) -> None:
    (fact,) = _planted(week, "bus headway")
    trips = [
        feed["trips.txt"].filter(pl.col("service_id") == "FER").group_by("route_id").len()
        for feed in _timetables(week)
    ]

    before, after = (dict(table.iter_rows()) for table in trips)

    assert {line for line in before if before[line] != after[line]} == {fact["line_id"]}
    assert after["L03"] > 1.3 * before["L03"]


def test_vehicles_run_on_trips_of_the_timetable(week: Simulation) -> None:
    first, second = _timetables(week)
    known = set(first["trips.txt"]["trip_id"]) | set(second["trips.txt"]["trip_id"])
    files = list((week.out / "brescia_mobilita_files/avm").iterdir())

    trips = _lines(files)["trip"].struct.field("trip_id")

    assert set(trips) <= known


def test_the_free_places_are_what_the_sessions_leave(week: Simulation) -> None:
    lines = _lines(list((week.out / "brescia_mobilita_files/sosta").glob("posti_*")))
    seen = lines.select(
        car_park_id="codice",
        at=pl.col("ora").str.to_datetime("%Y-%m-%dT%H:%M:%S%:z", strict=False),
        occupied=pl.col("capienza") - pl.col("liberi").cast(pl.Int64, strict=False),
    ).drop_nulls()
    told = truth_table(week, "parking_occupancy").rename({"occupied_count": "told"})

    # The truth holds the ends of quarter hours: what is inside then, stands in the feed.
    both = seen.join(told, on=["car_park_id", "at"])

    is_same = both["occupied"] == both["told"]
    assert both.height > 1_000
    assert is_same.mean() > 0.9  # type: ignore[operator] # late sessions are told a day later


def test_the_signature_of_a_substation_can_be_found_again(week: Simulation) -> None:
    heat = _lines(list((week.out / "a2a_files/calore").iterdir())).with_columns(
        kwh=pl.col("energia_mwh").cast(pl.Float64, strict=False) * 1000
    )
    truth = truth_table(week, "heat_signatures").filter(
        (pl.col("use") == "terziario") & (pl.col("retrofit_ratio") == 1.0)
    )
    meter, base, slope, balance = truth.select(
        "meter", "base_kwh", "slope_kwh_a_degree", "balance_c"
    ).row(0)
    night = heat.filter(
        pl.col("sottocentrale") == meter, pl.col("ts").str.slice(11, 2).is_in(["00", "01", "02"])
    )
    at = [datetime.fromisoformat(text) for text in night["ts"]]
    cold = np.clip(balance - CITY.sky.at(CITY.sky.temp_c, at), 0, None)

    found_slope, found_base = np.polyfit(cold * 0.55, night["kwh"].to_numpy(), 1)

    assert found_slope == pytest.approx(slope, rel=0.25)
    assert found_base == pytest.approx(base, abs=8)


def test_a_leaking_meter_never_stands_still(week: Simulation) -> None:
    import fastexcel

    (fact,) = _planted(week, "leak")
    sheets = [
        fastexcel.read_excel(path).load_sheet(0, header_row=2, dtypes="string").to_polars()
        for path in (week.out / "a2a_files/acqua").glob("*.xlsx")
    ]
    shown = (
        pl.concat(sheets)
        .filter(pl.col("Matricola") == fact["meter"])
        .select(
            day=pl.col("Data").str.to_date("%d/%m/%Y"),
            index=pl.col("Lettura (m³)").cast(pl.Float64),
        )
    )

    used = shown.sort("day").with_columns(used=pl.col("index").diff())

    from_on = date.fromisoformat(str(fact["from_on"]))
    assert used.filter(pl.col("day") >= from_on)["used"].min() >= 4.8  # type: ignore[operator]
    assert used.filter(pl.col("day") < from_on)["used"].max() < 4.8  # type: ignore[operator]


def test_one_soil_probe_drifts_away_from_its_neighbours(week: Simulation) -> None:
    (fact,) = _planted(week, "drifting sensor")
    records = [
        record
        for path in sorted((week.out / "arpa_api/soil_moisture").iterdir())
        for record in map(json.loads, path.read_text().splitlines())
        if record["valore"] not in ("-9999", "21,4 ?", "250.0")
    ]
    soil = pl.DataFrame(records).with_columns(pl.col("valore").cast(pl.Float64))
    ends = [f"2025-03-{day}" for day in (24, 30)]

    first, last = (
        dict(
            soil.filter(pl.col("data").str.starts_with(day))
            .group_by("idsensore")
            .agg(pl.col("valore").mean())
            .iter_rows()
        )
        for day in ends
    )

    probe = str(fact["sensor_id"])
    same_depth = [name for name in first if int(name) % 3 == int(probe) % 3 and name != probe]
    others = np.median([last[name] - first[name] for name in same_depth])
    assert last[probe] - first[probe] - others == pytest.approx(6 * 0.8, abs=0.6)


def test_rain_wets_the_ground_from_above(week: Simulation) -> None:
    soil = truth_table(week, "soil_by_hour")
    storm = datetime.fromisoformat("2025-03-28T12:00:00+00:00")

    before = soil.filter(measured_at=storm).row(0, named=True)
    after = soil.filter(measured_at=storm + timedelta(hours=12)).row(0, named=True)

    rise = {depth: after[f"at_{depth}_cm_pct"] - before[f"at_{depth}_cm_pct"] for depth in (10, 60)}
    assert rise[10] > 5
    assert abs(rise[60]) < rise[10]


def test_the_zone_30_cuts_the_crashes_inside_it_by_a_quarter() -> None:
    from infra.simulator.datasets import crashes

    city = City("full", 1, 1, date(2025, 3, 24))
    action = city.actions["AZ-01"]
    inside = action.covers(*city.streets.middles)
    years = {True: 2.0, False: 3.0}

    counts = Counter(
        (bool(inside[edge]), day >= action.finished_on) for day, edge in crashes.occurred(city)
    )

    rate = {key: counts[key] / years[key[1]] for key in counts}
    effect = rate[True, True] / rate[True, False] / (rate[False, True] / rate[False, False])
    assert effect == pytest.approx(0.75, abs=0.15)


def test_the_new_cycle_lane_brings_more_bicycles_past_its_counter() -> None:
    from infra.simulator.datasets import bike_counts

    city = City("full", 7, 1, date(2025, 3, 24))
    rows = pl.concat([batch.rows for batch in bike_counts.batches(city)])
    action = city.actions["AZ-02"]
    daily = rows.select(
        "contatore",
        after=pl.col("giorno").str.to_date("%d/%m/%Y") >= action.finished_on,
        winter=pl.col("giorno").str.slice(3, 2).is_in(["01", "02", "03"]),
        bikes=pl.sum_horizontal(pl.col("^h[0-9]{2}$")),
    ).filter("winter")

    mean = {
        (counter, after): bikes
        for counter, after, bikes in daily.group_by("contatore", "after")
        .agg(pl.col("bikes").mean())
        .iter_rows()
    }

    ratio = {c: mean[c, True] / mean[c, False] for c, after in mean if after}
    assert ratio["CB05"] / ratio["CB01"] == pytest.approx(1.35, abs=0.1)


def test_an_event_fills_the_beds(week: Simulation) -> None:
    (fair,) = [fact for fact in _planted(week, "event") if fact["first_on"] == "2025-03-28"]
    nights = {
        datetime.strptime(day, "%d/%m/%Y").date(): count  # noqa: DTZ007 # a date
        for day, count in truth_table(week, "nights_by_day").iter_rows()
    }

    during = nights[date(2025, 3, 28)]
    a_week_before = nights[date(2025, 3, 21)]

    assert during / a_week_before == pytest.approx(float(fair["guests_ratio"]), abs=0.3)


def test_the_last_summer_had_two_heat_waves(week: Simulation) -> None:
    waves = sorted(str(fact["day"]) for fact in _planted(week, "heat wave"))
    hot = CITY.climate.filter(pl.col("on").cast(pl.String).is_in(waves))["tmean_c"].mean()
    usual = CITY.climate.filter(
        pl.col("on").dt.year() == 2023, pl.col("on").dt.month().is_in([7, 8])
    )["tmean_c"].mean()

    assert len(waves) == 15
    assert hot > usual + 4  # type: ignore[operator] # means of numbers


def test_quarters_and_sections_cover_the_city_once() -> None:
    quarters, sections = CITY.quarters

    def area(geometry: str) -> float:
        ring = json.loads(geometry)["coordinates"][0]
        return abs((ring[2][0] - ring[0][0]) * (ring[2][1] - ring[0][1]))

    whole = sum(map(area, quarters["geometry"]))
    assert sum(map(area, sections["geometry"])) == pytest.approx(whole, rel=1e-3)
    assert set(sections["quarter_id"]) == set(quarters["quarter_id"])
    assert quarters.height == 33


def test_census_and_register_count_the_same_people(week: Simulation) -> None:
    census = truth_table(week, "population_by_section")
    path = week.out / "comune_files/anagrafe/residenti.csv"
    register = _csv(path, encoding="windows-1252")

    ages = census.select(pl.sum_horizontal(pl.col("^from_.*_count$"))).to_series()

    assert census["residents_count"].sum() == 5_000
    assert ages.to_list() == census["residents_count"].to_list()
    by_section = dict(register.group_by("sezione").len().iter_rows())
    told = dict(census.select("section_id", "residents_count").iter_rows())
    assert all(
        abs(told[section] - count) <= 4 for section, count in by_section.items() if section in told
    )


def test_every_personal_word_of_a_report_is_where_the_truth_says(week: Simulation) -> None:
    texts = {
        record["id"]: record["testo"]
        for path in (week.out / "comune_api/citizen_reports").iterdir()
        for record in map(json.loads, path.read_text().splitlines())
    }
    spans = truth_table(week, "citizen_text_spans")

    for report, start, end, _, text in spans.iter_rows():
        assert texts[report][start:end] == text

    assert len(texts) > 250
    assert {
        "PERSON", "PHONE_NUMBER", "EMAIL_ADDRESS", "IT_FISCAL_CODE", "IT_PLATE", "ADDRESS",
        "DATE_OF_BIRTH",
    } <= set(spans["label"])  # fmt: skip


def test_no_name_of_an_inhabitant_stands_in_a_report_outside_the_told_places(
    week: Simulation,
) -> None:
    surnames = {person.surname.lower() for person in CITY.people}
    spans = truth_table(week, "citizen_text_spans")
    told = {report: [] for report in spans["report_id"]}  # type: dict[str, list[tuple[int, int]]]
    for report, start, end, *_ in spans.iter_rows():
        told[report].append((start, end))

    for path in (week.out / "comune_api/citizen_reports").iterdir():
        for record in map(json.loads, path.read_text().splitlines()):
            text = record["testo"]
            for start, end in reversed(told.get(record["id"], [])):
                text = text[:start] + "#" + text[end:]
            words = {word.strip(".,!?()").lower() for word in text.split()}
            assert words & surnames == set()


def test_households_share_a_section_and_cards_are_those_that_travel(week: Simulation) -> None:
    register = _csv(week.out / "comune_files/anagrafe/residenti.csv", encoding="windows-1252")
    holders = {
        row["Tessera"]: row["Titolare"]
        for path in (week.out / "brescia_mobilita_files/tpl").iterdir()
        for row in _csv(path, encoding="windows-1252").iter_rows(named=True)
        if row["Titolare"]
    }

    whole = register.drop_nulls("email")
    households = whole.group_by("nucleo").agg(pl.len(), pl.col("sezione").n_unique())
    names = {
        row["tessera"]: f"{row['cognome']} {row['nome']}".upper()
        for row in whole.iter_rows(named=True)
        if row["tessera"]
    }

    assert households["sezione"].max() == 1
    assert 1.8 < households["len"].mean() < 2.6  # type: ignore[operator] # a mean of numbers
    both = holders.keys() & names.keys()
    assert len(both) > 1_000
    assert {card for card in both if holders[card] != names[card]} == set()


def test_the_deeper_the_ground_the_steadier_its_temperature(week: Simulation) -> None:
    soil = truth_table(week, "soil_by_hour")
    spans = [
        soil.select(pl.col(f"at_{depth}_cm_c").max() - pl.col(f"at_{depth}_cm_c").min())
        for depth in (10, 30, 60)
    ]

    swings = [float(span.item()) for span in spans]

    assert swings == sorted(swings, reverse=True)
    assert swings[0] > 3 * swings[2]


def test_a_house_without_foreign_guests_names_no_country(week: Simulation) -> None:
    text = (week.out / "regione_files/turismo/movimento_giornaliero.csv").read_text()
    stays = [one for one in csv.DictReader(io.StringIO(text), delimiter=";") if one["PAESE"]]
    foreign = [one for one in stays if one["PRESENZE_ESTERE"] not in ("", "0")]
    by_country = Counter(one["PAESE"] for one in foreign)

    assert len(foreign) == len(stays)
    assert len(by_country) == 10
    assert by_country.most_common(1)[0][0] == "DE"
