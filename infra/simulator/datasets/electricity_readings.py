"""A2A's quarter-hour electricity readings: the history comes as one file of several days."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from infra.simulator.city import City
from infra.simulator.days import ROME, is_free_day, midnight, quarters_of_local_day
from infra.simulator.identifiers import supply_points
from infra.simulator.publication import Publication
from infra.simulator.sky import Series
from infra.simulator.spoil import Sheet, Spoiled, rows_count, spoiled_parts

KEY: Final = "a2a/electricity_readings"
PLACE: Final = "a2a_files"
_SHEET: Final = Sheet(separator=",", decimals=3)
_QUARTERS: Final = 96
# Ten days of the small city in one file, and never more than one day of the full one.
_ROWS_A_FILE: Final = 3_000_000
# Readings that are in memory at once.
_ROWS_AT_ONCE: Final = 1_000_000
# Too few meters to be shown: the last four sections.
_METERS_IN_SMALL_SECTIONS: Final = (4, 6, 8, 9)
_DOMINANT_WH: Final = 9_000


@dataclass(frozen=True)
class _Meters:
    """The meters in the order of the file, and what decides how much each draws."""

    frame: pl.DataFrame  # pod, matricola, sezione
    watt_hours: Series  # mean of a quarter hour
    shop_share: Series
    heating_share: Series
    dominant: int


def publish(city: City, publication: Publication) -> None:
    """Deliver files of as many days as fit; a day in Rome has 96 quarter hours, or 92 or 100."""
    meters = _meters(city)
    publication.leaves_traces(meters.frame["pod"])
    publication.leaves_traces(meters.frame["matricola"])
    days_a_file = max(1, _ROWS_A_FILE // (meters.frame.height * _QUARTERS))
    truths: list[pl.DataFrame] = []
    for first in range(0, city.days, days_a_file):
        days = city.dates[first : first + days_a_file]
        delivery = _Delivery(city, publication, meters, days, truths)
        publication.deliver(
            f"letture_{days[0]:%Y%m%d}_{days[-1]:%Y%m%d}.csv",
            delivery.parts(),
            at=midnight(days[-1]) + timedelta(hours=30),
        )
    publication.tell("electricity_by_section", pl.concat(truths))
    by_section = meters.frame.group_by(section_id="sezione").len("meters_count")
    for section, count in by_section.filter(pl.col("meters_count") < 10).sort("section_id").rows():
        publication.planted("section with few meters", section_id=section, meters_count=count)
    section = meters.frame["sezione"][meters.dominant]
    publication.planted("section with a dominant meter", section_id=section)


@dataclass(frozen=True)
class _Delivery:
    """One file: written some quarter hours at a time, so that a full city fits in memory."""

    city: City
    publication: Publication
    meters: _Meters
    days: list[date]
    truths: list[pl.DataFrame]

    def parts(self) -> Iterator[bytes]:
        for place, day in enumerate(self.days):
            meters, quarters = self.meters.frame.height, quarters_of_local_day(day)
            spoiled = _spoiled(self.city, day, meters * len(quarters))
            truth = _Truth(meters)
            noise = self.city.chance(KEY, day)
            at_once = max(1, _ROWS_AT_ONCE // meters)
            for first in range(0, len(quarters), at_once):
                watt_hours = _watt_hours(
                    self.city, day, self.meters, quarters[first : first + at_once], noise
                )
                before = first * meters
                here = [
                    replace(bad, at=bad.at - before)
                    for bad in spoiled
                    if before <= bad.at < before + watt_hours.size
                ]
                frame = _rows(self.meters, quarters[first : first + at_once], watt_hours)
                yield from spoiled_parts(_SHEET, frame, here, header=place == 0 and first == 0)
                truth.add(watt_hours, [bad.at for bad in here if not bad.is_extra])
                self.publication.holds(rows_count(frame, here))
            for bad in spoiled:
                self.publication.spoiled(bad.kind, day)
                self.publication.leaves_traces([bad.cells.get("pod")])
            self.truths.append(truth.by_section(day, self.meters.frame["sezione"]))


def _meters(city: City) -> _Meters:
    chance, sections = city.chance(KEY, "meters"), city.sections["section_id"]
    count = city.sized(3_000, 100_000)
    few = len(_METERS_IN_SMALL_SECTIONS)
    others = len(sections) - few
    rest = count - sum(_METERS_IN_SMALL_SECTIONS)
    sizes = [rest // others + (place < rest % others) for place in range(others)]
    home = np.repeat(np.arange(len(sections)), [*sizes, *_METERS_IN_SMALL_SECTIONS])
    watt_hours = np.clip(chance.lognormal(np.log(68), 0.55, count), 8, 900)
    dominant = int(np.flatnonzero(home == 7)[0])
    watt_hours[dominant] = _DOMINANT_WH
    serials = chance.choice(9_000_000, count, replace=False) + 1_000_000
    return _Meters(
        frame=pl.DataFrame(
            {
                "pod": supply_points(chance, count),
                "matricola": [f"M{serial}" for serial in serials],
                "sezione": sections[home],
            }
        ),
        watt_hours=watt_hours,
        shop_share=np.where(chance.random(count) < 0.15, 1.0, 0.0),
        heating_share=chance.beta(1.2, 4, count),
        dominant=dominant,
    )


def _watt_hours(
    city: City,
    day: date,
    meters: _Meters,
    quarters: Sequence[datetime],
    noise: np.random.Generator,
) -> NDArray[np.int64]:
    """Whole watt hours of every meter in these quarter hours, shape (quarters, meters).

    `noise` is that of the day: a day drawn piece by piece is the day drawn at once.
    """
    load = _load(city, day, meters, quarters)
    load *= noise.gamma(6, 1 / 6, size=load.shape)
    return np.rint(np.clip(load * meters.watt_hours, 0, 20_000)).astype(np.int64)


def _load(city: City, day: date, meters: _Meters, quarters: Sequence[datetime]) -> Series:
    """What each meter is to draw of its own mean, shape (quarters, meters)."""
    hours = np.array([at.astimezone(ROME).hour + at.minute / 60 for at in quarters])
    is_free = is_free_day(day) or day.weekday() == 5
    home, shop = _home_profile(hours, is_free), _shop_profile(hours, is_free)
    temp = city.sky.at(city.sky.temp_c, list(quarters))
    weather = 0.06 * np.clip(16 - temp, 0, None) + 0.09 * np.clip(temp - 24, 0, None)
    profile = home[:, None] * (1 - meters.shop_share) + shop[:, None] * meters.shop_share
    return np.asarray(profile + weather[:, None] * meters.heating_share)


def readings_of(city: City, day: date) -> pl.DataFrame:
    """Every reading of a day before anything is spoiled, and what was to be expected of it.

    Watt hours: `drawn_wh`, and without the chance of a single reading `expected_wh`.
    """
    meters, quarters = _meters(city), quarters_of_local_day(day)
    drawn = _watt_hours(city, day, meters, quarters, city.chance(KEY, day))
    expected = _load(city, day, meters, quarters) * meters.watt_hours
    count = meters.frame.height
    return meters.frame[np.tile(np.arange(count), len(quarters))].select(
        "pod",
        section_id="sezione",
        read_at=pl.Series(quarters, dtype=pl.Datetime("us", "UTC"))[
            np.repeat(np.arange(len(quarters)), count)
        ],
        drawn_wh=pl.Series(drawn.ravel()),
        expected_wh=pl.Series(expected.ravel()),
    )


def _rows(
    meters: _Meters, quarters: Sequence[datetime], watt_hours: NDArray[np.int64]
) -> pl.DataFrame:
    """The readings of some quarter hours as the publisher writes them."""
    texts = pl.Series([at.astimezone(ROME).isoformat() for at in quarters])
    count = meters.frame.height
    return meters.frame[np.tile(np.arange(count), len(quarters))].with_columns(
        istante=texts[np.repeat(np.arange(len(quarters)), count)],
        energia=pl.Series(watt_hours.ravel() / 1000),
    )


def _home_profile(hours: Series, is_free: bool) -> Series:
    morning = 0.5 * np.exp(-((hours - (9.5 if is_free else 7.5)) ** 2) / 4)
    noon = (0.6 if is_free else 0.35) * np.exp(-((hours - 13) ** 2) / 5)
    return 0.55 + morning + noon + 0.9 * np.exp(-((hours - 20) ** 2) / 7)


def _shop_profile(hours: Series, is_free: bool) -> Series:
    opening = 1 / (1 + np.exp(-3 * (hours - 8))) - 1 / (1 + np.exp(-3 * (hours - 19)))
    return 0.35 + (0.4 if is_free else 1.9) * opening


def _spoiled(city: City, day: date, count: int) -> list[Spoiled]:
    chance = city.chance(KEY, "bad", day)
    rows = chance.choice(count, 10, replace=False)
    a, b, c, d, e, f, g, h, i, j = (int(row) for row in rows)
    strange_pod = f"IT9X1E{chance.integers(10_000_000, 100_000_000)}"
    return [
        Spoiled("unparsable number", a, {"energia": "ERR#7"}),
        Spoiled("impossible date", b, {"istante": f"{day.year}-02-30T10:00:00+01:00"}),
        Spoiled("negative value", c, {"energia": "-0.250"}),
        Spoiled("value out of range", d, {"energia": "99999.000"}),
        Spoiled("invalid identifier", e, {"pod": strange_pod}),
        Spoiled("missing value", f, {"energia": ""}),
        Spoiled("missing value", g, {"pod": ""}),
        Spoiled("value of the wrong form", h, {"sezione": "17029"}),
        Spoiled("ragged row", i, cut=2),
        Spoiled("duplicate key", j, is_extra=True),
    ]


class _Truth:
    """What the good readings of a day add up to, meter by meter."""

    def __init__(self, meters: int) -> None:
        self._watt_hours = np.zeros(meters, dtype=np.int64)
        self._readings = np.zeros(meters, dtype=np.int64)

    def add(self, watt_hours: NDArray[np.int64], gone: Sequence[int]) -> None:
        """Count these quarter hours, but for the readings at the places that are `gone`."""
        is_kept = np.ones(watt_hours.shape, dtype=bool)
        is_kept.ravel()[list(gone)] = False
        self._watt_hours += (watt_hours * is_kept).sum(axis=0)
        self._readings += is_kept.sum(axis=0)

    def by_section(self, day: date, sections: pl.Series) -> pl.DataFrame:
        """Exact sums by section and day in Rome."""
        meters = pl.DataFrame(
            {"section_id": sections, "readings": self._readings, "wh": self._watt_hours}
        )
        sums = meters.filter(pl.col("readings") > 0).group_by(
            "section_id", consumed_on=pl.lit(day)
        ).agg(
            meters_count=pl.len(), readings_count=pl.col("readings").sum(),
            energy_wh=pl.col("wh").sum(),
        )  # fmt: skip
        return sums.sort("section_id", "consumed_on")
