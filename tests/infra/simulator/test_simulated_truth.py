import json
from datetime import datetime
from pathlib import Path

import polars as pl

from infra.simulator import Simulation, truth_table


def _planted(week: Simulation, what: str) -> list[dict[str, str | int | float]]:
    facts = json.loads((week.truth / "planted.json").read_text())
    return [fact for fact in facts if fact["what"] == what]


def _texts(paths: list[Path], separator: str) -> pl.DataFrame:
    read = [
        pl.read_csv(path, separator=separator, infer_schema=False, truncate_ragged_lines=True)
        for path in sorted(paths)
    ]
    return pl.concat(read, how="diagonal")


def test_the_storm_is_in_the_rain_gauges_and_on_no_other_day(week: Simulation) -> None:
    files = list((week.out / "arpa_files/meteo").glob("meteo_*.csv"))

    rain = _texts(files, ",").with_columns(
        on=pl.col("data_ora").str.slice(0, 10), mm=pl.col("pioggia_mm").cast(pl.Float64)
    )

    by_day = rain.group_by("on", "idstazione").agg(pl.col("mm").sum().round(1))
    wettest = by_day.filter(pl.col("mm") > 30).sort("idstazione")
    planted = [(s["day"], s["station_id"], s["rain_mm"]) for s in _planted(week, "storm")]
    assert wettest.rows() == planted
    assert all(amount == 68.0 for *_, amount in planted)


def test_rain_washes_dust_out_of_the_air(week: Simulation) -> None:
    air = truth_table(week, "air_by_hour").filter(pl.col("pollutant_code") == "PM10")
    means = air.group_by("measured_at").agg(pl.col("value_ugm3").mean())
    levels = dict(means.iter_rows())

    before = levels[_instant("2025-03-28T12:00")]
    after = levels[_instant("2025-03-28T20:00")]

    assert after < 0.5 * before


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(f"{text}:00+00:00")


def test_only_one_station_and_day_is_poor_by_the_european_index(week: Simulation) -> None:
    poor = {"PM10": 120, "PM2.5": 50, "NO2": 60, "O3": 120, "SO2": 125}
    air = truth_table(week, "air_by_hour").with_columns(
        limit=pl.col("pollutant_code").replace_strict(poor, return_dtype=pl.Float64),
        on=pl.col("measured_at").dt.offset_by("1h").dt.date(),
    )

    hours = air.filter(pl.col("value_ugm3") > pl.col("limit")).group_by("station_id", "on").len()

    (episode,) = _planted(week, "dust episode")
    whole_days = hours.filter(pl.col("len") >= 24)
    assert [(s, f"{day}") for s, day, _ in whole_days.rows()] == [
        (episode["station_id"], episode["day"])
    ]


def test_the_stuck_sensor_says_the_same_for_two_days(week: Simulation) -> None:
    for fact in _planted(week, "stuck sensor"):
        values = truth_table(week, "air_by_hour").filter(
            pl.col("station_id") == fact["station_id"],
            pl.col("pollutant_code") == fact["pollutant_code"],
            pl.col("measured_at").dt.offset_by("1h").dt.date().cast(pl.String) == fact["day"],
        )["value_ugm3"]

        assert values.to_list() == [fact["value_ugm3"]] * 24


def test_the_car_park_is_full_all_afternoon_and_never_more_than_full(week: Simulation) -> None:
    (fact,) = _planted(week, "full car park")
    inside = truth_table(week, "parking_occupancy").filter(
        pl.col("car_park_id") == fact["car_park_id"]
    )
    start, end = (datetime.fromisoformat(str(fact[key])) for key in ("from_at", "to_at"))

    afternoon = inside.filter(pl.col("at").is_between(start, end))

    assert afternoon.height == 13
    assert afternoon["occupied_count"].unique().to_list() == [fact["capacity_count"]]
    assert inside["occupied_count"].max() == fact["capacity_count"]


def test_parking_entries_are_those_of_the_files_but_for_the_defects(week: Simulation) -> None:
    files = list((week.out / "brescia_mobilita_files/sosta").glob("soste_*.csv"))

    delivered = _texts(files, ";")

    told = truth_table(week, "parking_entries")["entries_count"].sum()
    rows = week.rows["brescia_mobilita/parking_sessions"]
    assert delivered.height == rows.delivered_count
    assert told == rows.kept_count


def test_energy_by_section_is_exactly_the_sum_of_the_good_readings(week: Simulation) -> None:
    (history,) = (week.out / "a2a_files").glob("letture_*")
    texts = _texts([history], ",").filter(
        pl.col("pod").str.contains("^IT901E[0-9]{8}$"), pl.col("istante").str.slice(5, 2) == "03"
    )
    wh = (pl.col("energia").cast(pl.Float64, strict=False) * 1000).round().cast(pl.Int64)
    good = texts.with_columns(wh=wh).filter(pl.col("wh").is_between(0, 25_000)).unique()

    sums = good.group_by(section_id="sezione").agg(pl.col("wh").sum())

    told = truth_table(week, "electricity_by_section")
    of_sections = told.group_by("section_id").agg(wh=pl.col("energy_wh").sum()).sort("section_id")
    is_section = pl.col("section_id").str.len_chars() == 13
    assert sums.filter(is_section).sort("section_id").equals(of_sections)


def test_four_sections_have_fewer_than_ten_meters_and_the_others_about_twenty(
    week: Simulation,
) -> None:
    meters = (
        truth_table(week, "electricity_by_section")
        .group_by("section_id")
        .agg(pl.col("meters_count").max())
    )["meters_count"]

    assert sorted(meters.filter(meters < 10)) == [4, 6, 8, 9]
    assert meters.filter(meters >= 10).is_between(19, 22).all()
    assert len(meters) == 150


def test_clean_rows_and_defects_of_the_register_make_its_lines(week: Simulation) -> None:
    register = (week.out / "comune_files/anagrafe/residenti.csv").read_bytes()

    lines = register.decode("windows-1252").split("\r\n")

    assert len(lines) - 2 == week.rows["comune_brescia/residents"].delivered_count
    kept = truth_table(week, "residents_by_section")["residents_count"].sum()
    assert kept == week.rows["comune_brescia/residents"].kept_count


def test_air_is_delivered_as_texts_in_records(week: Simulation) -> None:
    for path in (week.out / "arpa_files/aria").iterdir():
        records = json.loads(path.read_text())

        assert {type(value) for record in records for value in record.values()} == {str}
        assert len(records) == 4 * 5 * 24 + 1
