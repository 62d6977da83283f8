from datetime import date
from importlib import import_module

import polars as pl
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.indicators.separate_collection import separate_collection
from assets.indicators.water_losses import water_losses
from assets.indicators.water_use import water_use
from assets.measured import check_trust
from assets.silver.waste_by_day import waste_by_day
from assets.silver.waste_container import waste_container
from assets.silver.water_consumption_observed import water_consumption_observed
from assets.silver.water_inflow_observed import water_inflow_observed
from infra.simulator.city import City
from infra.simulator.datasets import (
    waste_collection,
    waste_containers,
    water_inflow,
    water_readings,
)
from infra.simulator.spoil import clean_rows
from tests.assets.indicators.defined import COMPLETENESS, DISCLOSURE

DAYS = 7
LIMITS = pl.read_csv("assets/definitions/disclosure_limits.csv", try_parse_dates=True)
LEAKS = pl.read_csv("assets/definitions/leak_rules.csv", try_parse_dates=True)
TARGETS = pl.read_csv("assets/definitions/waste_targets.csv", try_parse_dates=True)


def borders(geojson: pl.Series) -> pl.Series:
    shapes = shapely.to_wkb(shapely.from_geojson(geojson.to_list()))
    return pl.Series(list(shapes), dtype=pl.Binary)


@pytest.fixture(scope="module")
def city() -> City:
    return City(profile="small", days=DAYS, seed=7, start=date(2025, 3, 24))


@pytest.fixture(scope="module")
def quarters(city: City) -> pl.DataFrame:
    places, _ = city.quarters
    return places.select("quarter_id", zone_name="zone").with_columns(
        border_geom=borders(places["geometry"])
    )


@pytest.fixture(scope="module")
def sections(city: City) -> pl.DataFrame:
    _, places = city.quarters
    return places.select(
        "section_id", "quarter_id", municipality_code=pl.lit("017029"), residents_count=pl.lit(33)
    )


@pytest.fixture(scope="module")
def used(city: City, sections: pl.DataFrame, quarters: pl.DataFrame) -> pl.DataFrame:
    readings = pl.concat(
        batch.rows.select(
            meter_pid="Matricola",
            section_id="Sezione",
            read_on=pl.lit(batch.day),
            index_m3="Lettura (m³)",
            reading_code="Stato",
            window_on=pl.lit(batch.day),
        )
        for batch in water_readings.batches(city)
    )
    return water_consumption_observed(readings, sections, quarters, LIMITS)


@pytest.fixture(scope="module")
def losses(city: City, used: pl.DataFrame) -> pl.DataFrame:
    measured = pl.concat(
        clean_rows(batch.rows, batch.spoiled).select(
            district_id="DISTRETTO",
            zone_name="ZONA",
            measured_at=pl.col("ORA_UTC").str.to_datetime("%d/%m/%Y %H.%M", time_zone="UTC"),
            inflow_m3=pl.col("VOLUME_MC").cast(pl.Float64),
            window_on=pl.lit(batch.day),
        )
        for batch in water_inflow.batches(city)
    )
    return water_losses(water_inflow_observed(measured), used, LEAKS, COMPLETENESS)


@pytest.mark.shows("planted", "gold/water/daily_losses_by_zone")
def test_the_planted_leak_is_found_in_its_zone_from_its_day_on_and_no_other(city, losses):
    meters = water_readings.meters_of(city)
    section = meters["section_id"][water_readings.LEAK_METER]
    places, of_section = city.quarters
    (zone,) = of_section.join(places, on="quarter_id").filter(section_id=section)["zone"]

    found = losses.filter(pl.col("is_rising")).select("zone_name", "day_on")

    leak = city.planted_day(water_readings.LEAK_DAY)
    assert found.rows() == [(zone, day) for day in city.dates if day >= leak]


def test_the_share_that_the_pipes_lose_is_found_again(losses):
    shares = losses.filter(pl.col("losses_ratio").is_not_null())

    assert shares.height == 5 * (DAYS - 1)
    assert shares["losses_ratio"].mean() == pytest.approx(water_inflow.LOSSES_RATIO, abs=0.02)


def test_a_zone_that_meters_may_not_be_told_of_has_a_night_flow_and_no_losses(losses, used):
    assert losses.filter(day_on=date(2025, 3, 24))["losses_ratio"].null_count() == 5
    assert losses["night_flow_m3h"].null_count() == 0


def test_without_rules_there_are_no_nights(used):
    flows = pl.DataFrame(
        {
            "district_id": "D", "zone_name": "Nord", "inflow_m3": [1.0],
            "observed_at": [date(2025, 3, 24)],
        }
    ).with_columns(pl.col("observed_at").cast(pl.Datetime("us", "UTC")))  # fmt: skip

    row = water_losses(flows, used, LEAKS.clear(), COMPLETENESS).row(0, named=True)

    assert (row["usual_flow_m3h"], row["is_rising"], row["quality_code"]) == (None, None, "no_data")


def test_nothing_is_told_a_head_of_quarters_with_fewer_residents_than_the_limit(
    used, waste, sections, quarters
):
    crowded = DISCLOSURE.with_columns(least_count=pl.lit(10**6))

    litres = water_use(used, sections, quarters, COMPLETENESS, limits=crowded)
    kilograms = separate_collection(
        waste, sections, quarters, TARGETS, COMPLETENESS, limits=crowded
    )

    assert litres["litres_per_resident_l"].null_count() == litres.height > 0
    assert kilograms["waste_per_resident_kg"].null_count() == kilograms.height > 0
    assert kilograms["separate_ratio"].null_count() == 0


@pytest.mark.shows("property", "gold/water/monthly_use_by_quarter")
def test_litres_of_all_quarters_add_up_to_the_water_that_was_told(used, sections, quarters):
    found = water_use(used, sections, quarters, COMPLETENESS, limits=DISCLOSURE)

    litres = found["litres_per_resident_l"] * found["residents_count"] * (DAYS - 1)
    assert litres.sum() == pytest.approx(1000 * used["water_m3"].sum(), rel=1e-4)
    assert set(found["told_code"]) <= {"quarter", "zone"}


@pytest.fixture(scope="module")
def openings(city: City) -> pl.DataFrame:
    return pl.concat(
        batch.rows.select(
            opening_pid="ID",
            user_pid="TAG",
            bin_id="CASSONETTO",
            opened_at=pl.col("DATA_ORA")
            .str.to_datetime("%d/%m/%Y %H.%M", time_zone="Europe/Rome")
            .dt.convert_time_zone("UTC"),
            fraction_code="FRAZIONE",
            weight_kg="PESO_KG",
            window_on=pl.lit(batch.day),
        )
        for batch in waste_collection.batches(city)
    )


@pytest.fixture(scope="module")
def bins(city: City, quarters: pl.DataFrame) -> pl.DataFrame:
    listed = waste_containers.containers(city)
    points = listed.select(bin_id="codice").with_columns(place_geom=borders(listed["geometry"]))
    return waste_container(points, quarters)


@pytest.fixture(scope="module")
def waste(openings: pl.DataFrame, bins: pl.DataFrame) -> pl.DataFrame:
    return waste_by_day(openings, bins, LIMITS)


def test_waste_of_all_places_is_all_that_was_thrown_and_each_is_of_ten_tags(waste, openings):
    kilograms = waste["residual_kg"].sum() + waste["separate_kg"].sum()

    # When the clock is put forward, a few of the last evening's are of the day after: too few.
    last = pl.col("opened_at").dt.convert_time_zone("Europe/Rome").dt.date() <= date(2025, 3, 30)
    assert kilograms == pytest.approx(openings.filter(last)["weight_kg"].sum(), abs=0.1)
    assert waste["contributors_count"].min() >= 10
    assert waste.group_by("thrown_on").len()["len"].min() >= 5


@pytest.mark.shows("planted", "gold/waste/monthly_separate_collection_by_quarter")
def test_the_share_of_the_simulated_city_is_found_again(waste, openings, sections, quarters):
    by_fraction = dict(openings.group_by("fraction_code").agg(pl.col("weight_kg").sum()).rows())
    planted = 1 - by_fraction["indifferenziato"] / sum(by_fraction.values())

    found = separate_collection(waste, sections, quarters, TARGETS, COMPLETENESS, limits=DISCLOSURE)

    assert found["separate_ratio"].mean() == pytest.approx(planted, abs=0.03)
    assert found["is_below_target"].all()
    assert found["definition_from_on"].unique().to_list() == [date(2012, 12, 31)]


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 14), st.integers(0, 14), st.integers(0, 14))
def test_a_place_needs_ten_tags_of_each_kind_of_waste(residual, separate, both):
    names = [f"r{n}" for n in range(residual)] + [f"b{n}" for n in range(both)]
    others = [f"s{n}" for n in range(separate)] + [f"b{n}" for n in range(both)]
    frame = pl.DataFrame(
        [(tag, "indifferenziato") for tag in names] + [(tag, "vetro") for tag in others],
        schema={"user_pid": pl.String, "fraction_code": pl.String}, orient="row",
    ).with_columns(
        opening_pid=pl.int_range(pl.len()).cast(pl.String), bin_id=pl.lit("C1"),
        opened_at=pl.lit(date(2025, 3, 24)).cast(pl.Datetime("us", "UTC")),
        weight_kg=pl.lit(2.0), window_on=pl.lit(date(2025, 3, 24)),
    )  # fmt: skip
    place = pl.DataFrame({"bin_id": ["C1"], "quarter_id": ["Q"], "zone_name": ["Nord"]})

    found = waste_by_day(frame, place, LIMITS)

    counts = [residual + both, separate + both]
    is_enough = any(counts) and all(count == 0 or count >= 10 for count in counts)
    assert found.height == (1 if is_enough else 0)
    if is_enough:
        assert found["contributors_count"].to_list() == [residual + separate + both]


def test_who_opens_bins_of_two_quarters_is_one(bins):
    frame = pl.DataFrame(
        [
            (f"{bin_id}{fraction}{tag}", f"t{tag}", bin_id, fraction)
            for tag in range(6)
            for bin_id in ("A", "B")
            for fraction in ("carta", "indifferenziato")
        ],
        schema=["opening_pid", "user_pid", "bin_id", "fraction_code"],
        orient="row",
    ).with_columns(
        opened_at=pl.lit(date(2025, 3, 24)).cast(pl.Datetime("us", "UTC")),
        weight_kg=pl.lit(2.0), window_on=pl.lit(date(2025, 3, 24)),
    )  # fmt: skip
    places = pl.DataFrame(
        {"bin_id": ["A", "B"], "quarter_id": ["Q1", "Q2"], "zone_name": ["Nord", "Nord"]}
    )

    assert waste_by_day(frame, places, LIMITS).is_empty()


def test_what_says_how_sure_a_number_is_can_be_true(losses, used, waste, sections, quarters):
    frames = {
        "water_losses": losses,
        "water_use": water_use(used, sections, quarters, COMPLETENESS, limits=DISCLOSURE),
        "separate_collection": separate_collection(
            waste, sections, quarters, TARGETS, COMPLETENESS, limits=DISCLOSURE
        ),
    }

    for name, frame in frames.items():
        declaration = import_module(f"assets.indicators.{name}").declaration
        check_trust(declaration.key, frame, declaration.measured)


@pytest.mark.shows("planted", "gold/water/monthly_use_by_quarter")
def test_the_litres_that_the_simulated_city_was_made_to_use_are_found(
    city, used, sections, quarters
):
    meters = water_readings.meters_of(city)

    found = water_use(used, sections, quarters, COMPLETENESS, limits=DISCLOSURE)

    litres = (found["litres_per_resident_l"] * found["residents_count"]).sum()
    assert litres == pytest.approx(1000 * meters["mean_m3"].sum(), rel=0.1)
