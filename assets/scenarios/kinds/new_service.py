"""A new service: a school, a surgery, a library that opens somewhere."""

from typing import Annotated, Final, Literal

import polars as pl
from pydantic import Field

from assets.scenarios.kind import Edit, EditProblem, Frames, Kind
from assets.scenarios.places import among

_CLOCK: Final = r"^([01]\d|2[0-4]):[0-5]\d$"
_DAY_S: Final = 86_400


class NewService(Edit):
    """What opens, where, for how many people at a time, and when."""

    kind: Literal["new_service"]
    id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,40}$")]
    category: str
    lat_deg: Annotated[float, Field(ge=-90, le=90)]
    lng_deg: Annotated[float, Field(ge=-180, le=180)]
    capacity: Annotated[int, Field(gt=0)]
    opens: Annotated[str, Field(pattern=_CLOCK)]
    closes: Annotated[str, Field(pattern=_CLOCK)]
    weekdays: Annotated[str, Field(pattern=r"^[01]{7}$")] = "1111100"


def new_service(edit: NewService, services: pl.DataFrame) -> Frames:
    """Add a service of a category that the city knows. It may be open past midnight."""
    among(
        "category", [edit.category], set(services["category_code"]),
        look_up='look it up with gemello sql "SELECT DISTINCT category_code '
        'FROM silver.services.point_of_interest"',
    )  # fmt: skip
    if edit.id in set(services["service_id"]):
        raise EditProblem("id", f"there is a service {edit.id} already; give it another id")
    opens_s, closes_s = _seconds(edit.opens), _seconds(edit.closes)
    row = {
        "entity_id": f"urn:ngsi-ld:PointOfInterest:brescia:scenario:{edit.id}",
        "service_id": edit.id,
        "category_code": edit.category,
        "capacity_count": edit.capacity,
        "opens_s": opens_s,
        "closes_s": closes_s + _DAY_S if closes_s <= opens_s else closes_s,
        "weekdays_code": edit.weekdays,
        "lat_deg": edit.lat_deg,
        "lng_deg": edit.lng_deg,
    }
    added = pl.DataFrame([row], schema=services.schema)
    return {"services": pl.concat([services, added]).sort("service_id")}


def _seconds(clock: str) -> int:
    hours, _, minutes = clock.partition(":")
    return int(hours) * 3600 + int(minutes) * 60


kind = Kind(
    model=NewService,
    function=new_service,
    reads={"services": "silver/services/point_of_interest"},
    title="Aprire un nuovo servizio",
    template="""\
  - kind: new_service       # un nuovo servizio
    id: farmacia_nord       # codice; un nome breve, senza spazi
    category: farmacia      # categoria; una già in uso
    lat_deg: 45.56          # latitudine
    lng_deg: 10.22          # longitudine
    capacity: 40            # persone alla volta
    opens: "08:00"          # apre alle
    closes: "19:00"         # chiude alle
    weekdays: "1111100"     # giorni da lunedì a domenica; 1 aperto, 0 chiuso
""",
    source="i tempi di viaggio seguono da rete, orari e aperture, come nell'indicatore",
)
