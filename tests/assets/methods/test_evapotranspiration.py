import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from assets.methods.evapotranspiration import (
    Soil,
    balance,
    extraterrestrial_mjm2,
    net_radiation_mjm2,
    psychrometric_kpa_c,
    reference_mm,
    reference_of_days_mm,
    saturation_kpa,
    stress,
    vapour_pressure_kpa,
    vapour_slope_kpa_c,
    wind_at_2m_ms,
)

MEADOW = Soil(field_capacity=0.32, wilting_point=0.12, root_m=0.5)


@pytest.mark.shows(
    "published",
    "gold/soil/daily_soil_water_by_station",
    source="FAO-56, example 18: 3.88 mm at Uccle",
)
def test_a_july_day_at_uccle_evaporates_what_fao_56_says():
    # FAO-56, example 18: 6 July, 50°48'N, 100 m.
    extremes = {"least_c": 12.3, "greatest_c": 21.5}
    vapour = vapour_pressure_kpa(**extremes, least_rh_pct=63, greatest_rh_pct=84)
    above = extraterrestrial_mjm2(50.80, 187)
    net = net_radiation_mjm2(
        **extremes, solar_mjm2=22.07, extraterrestrial=above, elevation_m=100, vapour_kpa=vapour
    )
    et0 = reference_mm(
        **extremes,
        vapour_kpa=vapour,
        wind_ms=wind_at_2m_ms(2.778, 10),
        net_mjm2=net,
        elevation_m=100,
    )

    assert above == pytest.approx(41.09, abs=0.02)
    assert net == pytest.approx(13.28, abs=0.02)
    assert et0 == pytest.approx(3.88, abs=0.005)


@pytest.mark.parametrize(
    ("computed", "published"),
    [
        (saturation_kpa(24.5), 3.075),  # example 3
        (saturation_kpa(15.0), 1.705),
        (psychrometric_kpa_c(1800), 0.054),  # example 2
        (vapour_slope_kpa_c(16.9), 0.122),  # example 18
        (extraterrestrial_mjm2(-20, 246), 32.2),  # example 8: 3 September, 20°S
        (wind_at_2m_ms(3.2, 10), 2.4),  # example 14
        # example 5: 18 to 25 °C, 54 to 82 %
        (vapour_pressure_kpa(least_c=18, greatest_c=25, least_rh_pct=54, greatest_rh_pct=82), 1.70),
    ],
)
def test_the_parts_are_those_of_the_examples_of_fao_56(computed, published):
    digits = len(str(published).partition(".")[2])

    assert float(computed) == pytest.approx(published, abs=0.6 * 10**-digits)


def test_available_water_is_that_of_the_roots():
    # FAO-56, example 36, tomatoes in loam: TAW 140 mm/m over 0.8 m is 112, p 0.40 gives RAW 45.
    tomatoes = Soil(field_capacity=0.32, wilting_point=0.18, root_m=0.8, depletion_ratio=0.40)

    assert tomatoes.available_mm == pytest.approx(112)
    assert tomatoes.ready_mm == pytest.approx(45, abs=0.3)


def test_plants_are_stressed_once_the_ready_water_is_gone():
    assert stress([0, 50, 75, 100, 120], MEADOW).tolist() == [1, 1, 0.5, 0, 0]


days = st.lists(st.tuples(st.floats(0, 80), st.floats(0, 9)), min_size=1, max_size=40)


@given(days, st.floats(0, 100))
def test_no_water_comes_from_nowhere(weather, first_mm):
    rain, demand = (np.array(one) for one in zip(*weather, strict=True))

    result = balance(rain, 0 * rain, demand, MEADOW, first_mm=first_mm)

    kept = first_mm - result.depletion_mm[-1]
    assert rain.sum() == pytest.approx(
        kept + result.evapotranspiration_mm.sum() + result.drained_mm.sum(), abs=1e-6
    )
    assert (result.depletion_mm >= 0).all()
    assert (result.depletion_mm <= MEADOW.available_mm + 1e-9).all()


@pytest.mark.shows("property", "gold/soil/daily_soil_water_by_station")
@given(days, st.integers(0, 39), st.floats(0.1, 50))
def test_more_rain_never_leaves_the_soil_drier(weather, day, more_mm):
    rain, demand = (np.array(one) for one in zip(*weather, strict=True))
    wetter = rain.copy()
    wetter[day % len(rain)] += more_mm

    before, after = (
        balance(one, 0 * rain, demand, MEADOW, first_mm=50.0) for one in (rain, wetter)
    )

    assert (after.depletion_mm <= before.depletion_mm + 1e-9).all()


def test_places_are_computed_side_by_side():
    rain = np.array([[10.0, 0.0], [0.0, 0.0]])

    side = balance(rain, 0 * rain, np.full((2, 2), 4.0), MEADOW, first_mm=20.0)
    alone = balance(rain[:, 1], 0 * rain[:, 1], np.full(2, 4.0), MEADOW, first_mm=20.0)

    assert side.depletion_mm[:, 1].tolist() == alone.depletion_mm.tolist()
    assert side.depletion_mm[:, 0].tolist() == [14.0, 18.0]


def test_what_a_station_measures_gives_the_day_at_uccle_at_once():
    et0 = reference_of_days_mm(
        least_c=[12.3, 12.3], greatest_c=[21.5, 21.5], least_rh_pct=[63, 63],
        greatest_rh_pct=[84, np.nan], wind_ms=[2.078, 2.078], solar_mjm2=[22.07, 22.07],
        day_of_year=[187, 187], latitude_deg=50.80, elevation_m=100,
    )  # fmt: skip

    assert et0[0] == pytest.approx(3.88, abs=0.005)
    assert np.isnan(et0[1])
