"""The city that all publishers share: its days, people, places and weather."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

from infra.simulator.actions import Action, actions
from infra.simulator.buildings import buildings
from infra.simulator.climate import climate_until
from infra.simulator.events import Event, events_between
from infra.simulator.identifiers import plates
from infra.simulator.people import Person, people
from infra.simulator.places import CAR_PARKS, CarPark, census_sections
from infra.simulator.quarters import quarters_and_sections
from infra.simulator.sky import Series, Sky, sky_over
from infra.simulator.streets import STREET_NAMES, Streets, streets
from infra.simulator.terrain import metres
from infra.simulator.transit import Network, network

Profile = Literal["small", "full"]

# Days after the start on which something is known to happen; a shorter simulation misses it.
EPISODE_DAY: Final = 1
STUCK_DAYS: Final = (2, 3)
STORM_DAY: Final = 4
FULL_CAR_PARK_DAY: Final = 5


@dataclass(frozen=True)
class City:
    """One simulated city: everything in it follows from these four values.

    Each part draws its chances from its own seed, and each day from its own: a new data set
    changes no other, and a longer simulation tells the same first days.
    """

    profile: Profile
    days: int
    seed: int
    start: date

    def chance(self, *subject: str | date) -> np.random.Generator:
        """The random numbers of one subject, such as ("parking", day)."""
        text = "\x1f".join(str(part) for part in subject)
        digest = hashlib.sha256(text.encode()).digest()
        return np.random.default_rng([self.seed, int.from_bytes(digest[:8], "big")])

    def sized(self, small: int, full: int) -> int:
        """A count by profile."""
        return small if self.profile == "small" else full

    @property
    def dates(self) -> list[date]:
        """The simulated days, in order."""
        return [self.start + timedelta(days=step) for step in range(self.days)]

    def planted_day(self, offset: int) -> date | None:
        """The day so many days after the start, or None where the simulation ends before it."""
        return self.start + timedelta(days=offset) if offset < self.days else None

    @cached_property
    def sky(self) -> Sky:
        """The weather over the city, from a day before the start to a day after the end."""
        first = self.start - timedelta(days=1)
        storm = self.start + timedelta(days=STORM_DAY)
        return sky_over(first=first, days=self.days + 2, storm_on=storm, chance=self.chance)

    @cached_property
    def people(self) -> Sequence[Person]:
        """The inhabitants."""
        return people(self.chance("people"), self.sized(5_000, 199_187))

    @cached_property
    def plates(self) -> Sequence[str]:
        """One vehicle for each of the first inhabitants."""
        return plates(self.chance("plates"), self.sized(4_000, 100_000))

    @cached_property
    def sections(self) -> pl.DataFrame:
        """The census sections: see `places.census_sections`."""
        return census_sections(self.chance("sections"), self.sized(150, 1_900))

    @cached_property
    def homes(self) -> NDArray[np.int64]:
        """In which section, by place, each inhabitant lives; as the register says it."""
        return self.chance("residents").integers(self.sections.height, size=len(self.people))

    @cached_property
    def quarters(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The quarters, and the sections within them: see `quarters.quarters_and_sections`."""
        return quarters_and_sections(self.sections)

    @cached_property
    def section_metres(self) -> tuple[Series, Series]:
        """Metres east and north of the town hall of the middle of each section."""
        return metres(self.sections["lat"].to_numpy(), self.sections["lng"].to_numpy())

    @cached_property
    def streets(self) -> Streets:
        """The street network."""
        side, diagonals = self.sized(50, 122), self.sized(500, 3_500)
        return streets(self.chance("streets"), side=side, diagonals=diagonals)

    @cached_property
    def network(self) -> Network:
        """Buses and the metro."""
        lines = self.sized(8, 17)
        return network(self.chance("network"), bus_lines=lines, street_names=STREET_NAMES)

    @cached_property
    def buildings(self) -> pl.DataFrame:
        """The buildings: see `buildings.buildings`."""
        count = self.sized(1_500, 30_000)
        return buildings(self.chance("buildings"), self.section_metres, count)

    @cached_property
    def climate(self) -> pl.DataFrame:
        """Daily weather of forty years, up to the last day: see `climate.climate_until`."""
        last = self.dates[-1]
        return climate_until(last, start=self.start, sky=self.sky, chance=self.chance)

    @cached_property
    def events(self) -> list[Event]:
        """What happens in the city, from two years before the start to half a year after it."""
        first, last = self.start - timedelta(days=730), self.start + timedelta(days=183)
        return events_between(first, last, start=self.start)

    @cached_property
    def actions(self) -> dict[str, Action]:
        """What the city has decided to do, by id."""
        return actions(self.start)

    @property
    def car_parks(self) -> Sequence[CarPark]:
        """The car parks of the city."""
        return CAR_PARKS[: self.sized(6, 15)]
