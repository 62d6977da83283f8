"""Water that plants and soil give to the air: FAO-56 reference evapotranspiration and soil bucket.

Allen, Pereira, Raes & Smith (1998), FAO Irrigation and Drainage Paper 56; equation numbers are
theirs. Energies are MJ/m² and day, temperatures °C, pressures kPa, wind m/s at 2 m, water mm.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]


def saturation_kpa(temperature_c: ArrayLike) -> Array:
    """Saturation vapour pressure (kPa) of air of that temperature (°C): eq. 11."""
    t = np.asarray(temperature_c, dtype=float)
    return np.asarray(0.6108 * np.exp(17.27 * t / (t + 237.3)))


def vapour_slope_kpa_c(temperature_c: ArrayLike) -> Array:
    """How fast saturation pressure rises with temperature (kPa/°C): eq. 13."""
    t = np.asarray(temperature_c, dtype=float)
    return np.asarray(4098 * saturation_kpa(t) / (t + 237.3) ** 2)


def psychrometric_kpa_c(elevation_m: ArrayLike) -> Array:
    """The psychrometric constant (kPa/°C) at an elevation (m): eq. 7 and 8."""
    z = np.asarray(elevation_m, dtype=float)
    pressure = 101.3 * ((293 - 0.0065 * z) / 293) ** 5.26
    return np.asarray(0.665e-3 * pressure)


def extraterrestrial_mjm2(latitude_deg: ArrayLike, day_of_year: ArrayLike) -> Array:
    """Radiation (MJ/m² a day) above the atmosphere: eq. 21 to 25, between the polar circles."""
    latitude = np.radians(np.asarray(latitude_deg, dtype=float))
    turn = 2 * np.pi * np.asarray(day_of_year, dtype=float) / 365
    distance = 1 + 0.033 * np.cos(turn)
    declination = 0.409 * np.sin(turn - 1.39)
    sunset = np.arccos(-np.tan(latitude) * np.tan(declination))
    height = sunset * np.sin(latitude) * np.sin(declination)
    height = height + np.cos(latitude) * np.cos(declination) * np.sin(sunset)
    return np.asarray(24 * 60 / np.pi * 0.0820 * distance * height)


def wind_at_2m_ms(wind_ms: ArrayLike, height_m: ArrayLike) -> Array:
    """Wind speed (m/s) at 2 m from that measured at another height (m): eq. 47."""
    height = np.asarray(height_m, dtype=float)
    return np.asarray(np.asarray(wind_ms, dtype=float) * 4.87 / np.log(67.8 * height - 5.42))


def vapour_pressure_kpa(
    *,
    least_c: ArrayLike,
    greatest_c: ArrayLike,
    least_rh_pct: ArrayLike,
    greatest_rh_pct: ArrayLike,
) -> Array:
    """Actual vapour pressure (kPa) of a day from its extremes of temperature and humidity: eq. 17.

    The air is dampest when it is coldest: `greatest_rh_pct` goes with `least_c`.
    """
    damp = saturation_kpa(least_c) * np.asarray(greatest_rh_pct, dtype=float)
    dry = saturation_kpa(greatest_c) * np.asarray(least_rh_pct, dtype=float)
    return np.asarray((damp + dry) / 200)


def net_radiation_mjm2(
    *,
    solar_mjm2: ArrayLike,
    extraterrestrial: ArrayLike,
    elevation_m: ArrayLike,
    least_c: ArrayLike,
    greatest_c: ArrayLike,
    vapour_kpa: ArrayLike,
    albedo: float = 0.23,
) -> Array:
    """Net radiation (MJ/m² a day) of the grass reference: eq. 37 to 40."""
    solar = np.asarray(solar_mjm2, dtype=float)
    clear = (0.75 + 2e-5 * np.asarray(elevation_m, dtype=float)) * np.asarray(extraterrestrial)
    kelvin = [np.asarray(one, dtype=float) + 273.16 for one in (least_c, greatest_c)]
    stefan = 4.903e-9 * (kelvin[0] ** 4 + kelvin[1] ** 4) / 2
    damp = 0.34 - 0.14 * np.sqrt(np.asarray(vapour_kpa, dtype=float))
    cloud = 1.35 * np.minimum(solar / clear, 1.0) - 0.35
    return np.asarray((1 - albedo) * solar - stefan * damp * cloud)


def reference_mm(
    *,
    least_c: ArrayLike,
    greatest_c: ArrayLike,
    vapour_kpa: ArrayLike,
    wind_ms: ArrayLike,
    net_mjm2: ArrayLike,
    elevation_m: ArrayLike,
    soil_heat_mjm2: ArrayLike = 0.0,
) -> Array:
    """Reference evapotranspiration ET0 of a day (mm), FAO Penman-Monteith: eq. 6.

    `wind_ms` is at 2 m; `soil_heat_mjm2` is about nought for a day. Never below nought.
    """
    low, high = (np.asarray(one, dtype=float) for one in (least_c, greatest_c))
    mean = (low + high) / 2
    saturation = (saturation_kpa(low) + saturation_kpa(high)) / 2
    slope, gamma = vapour_slope_kpa_c(mean), psychrometric_kpa_c(elevation_m)
    wind = np.asarray(wind_ms, dtype=float)
    available = np.asarray(net_mjm2, dtype=float) - np.asarray(soil_heat_mjm2, dtype=float)
    energy = 0.408 * slope * available
    drying = gamma * 900 / (mean + 273) * wind * (saturation - np.asarray(vapour_kpa, dtype=float))
    return np.asarray(np.maximum((energy + drying) / (slope + gamma * (1 + 0.34 * wind)), 0.0))


def reference_of_days_mm(
    *,
    least_c: ArrayLike,
    greatest_c: ArrayLike,
    least_rh_pct: ArrayLike,
    greatest_rh_pct: ArrayLike,
    wind_ms: ArrayLike,
    solar_mjm2: ArrayLike,
    day_of_year: ArrayLike,
    latitude_deg: float,
    elevation_m: float,
) -> Array:
    """ET0 (mm) of days from what a weather station measures, wind at 2 m; nan where one is nan."""
    vapour = vapour_pressure_kpa(
        least_c=least_c,
        greatest_c=greatest_c,
        least_rh_pct=least_rh_pct,
        greatest_rh_pct=greatest_rh_pct,
    )
    net = net_radiation_mjm2(
        solar_mjm2=solar_mjm2,
        extraterrestrial=extraterrestrial_mjm2(latitude_deg, day_of_year),
        elevation_m=elevation_m,
        least_c=least_c,
        greatest_c=greatest_c,
        vapour_kpa=vapour,
    )
    return reference_mm(
        least_c=least_c,
        greatest_c=greatest_c,
        vapour_kpa=vapour,
        wind_ms=wind_ms,
        net_mjm2=net,
        elevation_m=elevation_m,
    )


@dataclass(frozen=True)
class Soil:
    """A soil and its plants: water (m³/m³) at field capacity and wilting point, root depth (m).

    `depletion_ratio` is the share of the available water that plants take without stress
    (table 22), `crop` the crop coefficient Kc of the season (table 12).
    """

    field_capacity: float
    wilting_point: float
    root_m: float
    depletion_ratio: float = 0.5
    crop: float = 1.0

    @property
    def available_mm(self) -> float:
        """Total available water in the root zone (mm): eq. 82."""
        return 1000 * (self.field_capacity - self.wilting_point) * self.root_m

    @property
    def ready_mm(self) -> float:
        """The part of it that plants take without stress (mm): eq. 83."""
        return self.depletion_ratio * self.available_mm


@dataclass(frozen=True)
class Balance:
    """The root zone day by day, each an array of mm over (days,) or (days, places).

    `depletion_mm` is what is missing to field capacity at the end of the day.
    """

    depletion_mm: Array
    evapotranspiration_mm: Array
    drained_mm: Array


def stress(depletion_mm: ArrayLike, soil: Soil) -> Array:
    """The stress coefficient Ks, from 1 (none) to 0 (wilted): eq. 84."""
    room = soil.available_mm - np.asarray(depletion_mm, dtype=float)
    return np.asarray(np.clip(room / (soil.available_mm - soil.ready_mm), 0.0, 1.0))


def balance(
    rain_mm: ArrayLike,
    runoff_mm: ArrayLike,
    reference_et_mm: ArrayLike,
    soil: Soil,
    *,
    first_mm: float,
) -> Balance:
    """The water of the root zone day by day: eq. 85 to 88, without irrigation or capillary rise.

    Arrays are (days,) or (days, places); `first_mm` is the depletion before the first day. What the
    soil cannot hold drains on the same day; depletion stays between nought and all available water.
    """
    rain, runoff, demand = (
        np.asarray(one, dtype=float) for one in (rain_mm, runoff_mm, reference_et_mm)
    )
    depletion, used, drained = (np.empty_like(rain) for _ in range(3))
    before = np.full(rain.shape[1:], first_mm, dtype=float)
    for day in range(len(rain)):
        soaked = before - (rain[day] - runoff[day])
        drained[day] = np.maximum(-soaked, 0.0)
        wet = np.maximum(soaked, 0.0)
        # FAO-56, example 38: stress is that of the depletion once the day's rain has come.
        wanted = stress(wet, soil) * soil.crop * demand[day]
        used[day] = np.minimum(wanted, soil.available_mm - np.minimum(wet, soil.available_mm))
        before = np.minimum(wet + used[day], soil.available_mm)
        depletion[day] = before
    return Balance(depletion, used, drained)
