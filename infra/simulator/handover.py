"""How a simulated publisher hands a data set over, where it does not leave files: by its web API.

A module of `datasets` without a `HANDOVER` leaves files. With one, what it writes lies where its
publisher's server (`infra.simulator.serving`) reads it, in `<PLACE>/<data set>/`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

Days: TypeAlias = tuple[date, date]  # the first and the last


@dataclass(frozen=True)
class Records:
    """JSON records in pages: `/api/<style>/<data set>[/<day>]`; a file of lines for each day."""


@dataclass(frozen=True)
class Soda:
    """Rows of an open data portal: `/resource/<id>.json`; a file of lines for each day.

    `parts` are the portal's data sets by id, each with the days that it holds. To the columns of
    the rows it adds `giorno`, the day of the file.
    """

    parts: Mapping[str, Days]


@dataclass(frozen=True)
class Package:
    """Files of a catalogue: the package of a CKAN portal, named as the data set."""


Handover: TypeAlias = Records | Soda | Package
