"""The city that all publishers share: its days, people, places and weather."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Final, Literal

import numpy as np
import polars as pl

from infra.simulator.identifiers import plates
from infra.simulator.people import Person, people
from infra.simulator.places import CAR_PARKS, CarPark, census_sections
from infra.simulator.sky import Sky, sky_over

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

    @property
    def car_parks(self) -> Sequence[CarPark]:
        """The car parks of the city."""
        return CAR_PARKS[: self.sized(6, 15)]
