"""The Comune's streets between crossings, as GeoJSON lines with traffic and ways for bicycles."""

import json
from collections.abc import Iterator
from typing import Final

import polars as pl

from infra.simulator.batches import Batch, put
from infra.simulator.city import City
from infra.simulator.days import midnight
from infra.simulator.forms import GeoJson
from infra.simulator.publication import Publication
from infra.simulator.spoil import Spoiled, strewn

KEY: Final = "comune_brescia/street_edges"
PLACE: Final = "comune_files"
FORM: Final = GeoJson("archi_stradali")
_ZONE_30: Final = "AZ-01"


def publish(city: City, publication: Publication) -> None:
    """Deliver one collection, valid from the first day on."""
    put(publication, FORM, batches(city))
    action = city.actions[_ZONE_30]
    inside = action.covers(*city.streets.middles)
    publication.planted("zone 30", action_id=action.action_id, edges_count=int(inside.sum()))


def batches(city: City) -> Iterator[Batch]:
    """The edges of the network, with the limits that hold on the first day."""
    rows = edges(city)
    bad = [
        Spoiled("value out of range", cells={"limite_kmh": "500"}),
        Spoiled("value outside the list", cells={"classe": "autostrada?"}),
        Spoiled("unparsable number", cells={"lunghezza_m": "~80"}),
        Spoiled("duplicate key", is_extra=True),
    ]
    yield Batch(
        name="strade/archi.geojson",
        at=midnight(city.start),
        day=city.start,
        rows=rows,
        spoiled=strewn(city.chance(KEY, "bad"), rows.height, bad),
    )


def edges(city: City) -> pl.DataFrame:
    """Each edge with what the city knows of it; in a zone 30 the limit is 30."""
    network = city.streets
    inside = pl.Series(city.actions[_ZONE_30].covers(*network.middles))
    lat, lng = network.nodes["lat"].to_list(), network.nodes["lng"].to_list()
    lines = [
        json.dumps({"type": "LineString", "coordinates": [[lng[u], lat[u]], [lng[v], lat[v]]]})
        for u, v in network.edges.select("u", "v").iter_rows()
    ]
    return network.edges.select(
        arco="edge_id",
        da_nodo="u",
        a_nodo="v",
        nome="name",
        classe="class",
        lunghezza_m="length_m",
        corsie="lanes",
        limite_kmh=pl.when(inside).then(30).otherwise("limit_kmh"),
        capacita_vph="capacity_vph",
        tgm="aadt",
        ciclabile="facility",
        larghezza_ciclabile_m="width_m",
        pendenza_pct="slope_pct",
        geometry=pl.Series(lines),
    )
